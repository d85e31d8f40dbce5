//! From documents to the [`Inventory`]: which kinds are known, and which of their fields matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::inventory::{
    Datum, Inventory, Kind, Lined, Listener, Overrides, Route, Secret, Source, Tls, VirtualHost,
};
use super::node::Node;
use super::service::Service;
use super::yaml::{self, YamlError};

impl Inventory {
    /// Reads the documents of a file.
    pub(crate) fn read(&mut self, text: &str, file: &str) -> Result<(), YamlError> {
        let file: Arc<str> = file.into();
        for document in yaml::documents(text)? {
            self.take(&document, Some(&file));
        }
        Ok(())
    }

    /// Reads an answer of a cluster. Gives the token that asks for the rest of a list.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn read_answer(&mut self, text: &str) -> Result<Option<String>, YamlError> {
        let mut next = None;
        for answer in yaml::documents(text)? {
            self.take(&answer, None);
            next = answer.text_at(&["metadata", "continue"]).map(str::to_owned);
        }
        Ok(next)
    }

    /// Takes an object, or the objects of a list.
    fn take(&mut self, node: &Node, file: Option<&Arc<str>>) {
        let kind = node.text_at(&["kind"]).unwrap_or_default();
        let group = node.text_at(&["apiVersion"]).unwrap_or_default();
        let group = group.split('/').next().unwrap_or_default();
        if kind.ends_with("List") && node.get("items").is_some() {
            for item in node.items_at(&["items"]) {
                self.take_item(item, file, kind, group);
            }
            return;
        }
        self.take_one(node, file, kind, group);
    }

    /// Items of a typed list, as the API gives it, have no kind of their own.
    fn take_item(&mut self, item: &Node, file: Option<&Arc<str>>, list: &str, group: &str) {
        if item.get("kind").is_some() {
            return self.take(item, file);
        }
        let kind = list.strip_suffix("List").unwrap_or(list);
        self.take_one(item, file, kind, group);
    }

    fn take_one(&mut self, node: &Node, file: Option<&Arc<str>>, kind: &str, group: &str) {
        let counts = &mut self.counts;
        match (kind, group) {
            ("Gateway", "networking.istio.io") => {
                counts.gateways += 1;
                self.gateway(node, file);
            }
            ("ApigeeRoute", "apigee.cloud.google.com") => {
                counts.routes += 1;
                self.route(node, file);
            }
            ("Secret", "v1" | "") => {
                counts.secrets += 1;
                self.secret(node, file);
            }
            ("Service", "v1" | "") => self.service_of(node),
            ("", _)
                if node.get("virtualhosts").is_some() || node.get("ingressGateways").is_some() =>
            {
                self.overrides(node, file);
            }
            _ => counts.others += 1,
        }
    }

    fn gateway(&mut self, node: &Node, file: Option<&Arc<str>>) {
        let meta = Meta::of(node, "Gateway", file);
        let owners = node.items_at(&["metadata", "ownerReferences"]).iter();
        let mut owners = owners.filter(|owner| owner.text_at(&["kind"]) == Some("ApigeeRoute"));
        let made_from = owners.find_map(|owner| owner.text_at(&["name"]).map(str::to_owned));
        let selector = words(node.at(&["spec", "selector"]));
        for (number, server) in node.items_at(&["spec", "servers"]).iter().enumerate() {
            let listener = meta.listener(Kind::Gateway, format!("spec.servers[{number}]"), server);
            let hosts = server.texts_at(&["hosts"]).into_iter();
            self.listeners.push(Listener {
                selector: selector.clone(),
                hosts: hosts
                    .map(|(host, line)| (without_namespace(&host).to_owned(), line))
                    .collect(),
                made_from: made_from.clone(),
                ..listener
            });
        }
    }

    fn route(&mut self, node: &Node, file: Option<&Arc<str>>) {
        let meta = Meta::of(node, "ApigeeRoute", file);
        let hosts = node.texts_at(&["spec", "hostnames"]);
        let selector = words(node.at(&["spec", "selector"]));
        for (number, port) in node.items_at(&["spec", "ports"]).iter().enumerate() {
            let listener = meta.listener(Kind::Route, format!("spec.ports[{number}]"), port);
            self.listeners.push(Listener {
                selector: selector.clone(),
                hosts: route_hosts(&hosts, node),
                ..listener
            });
        }
        self.routes.push(Route {
            hosts,
            selector,
            non_sni: node
                .at(&["spec", "enableNonSniClient"])
                .and_then(|flag| Some((flag.flag()?, flag.line))),
            state: lined(node.at(&["status", "state"])),
            message: message(node),
            applied: node
                .text_at(&["status", "lastAppliedGeneration"])
                .and_then(number),
            generation: node.text_at(&["metadata", "generation"]).and_then(number),
            additional: node.texts_at(&["spec", "additionalGateways"]),
            name: meta.name,
            namespace: meta.namespace,
            source: meta.source,
        });
    }

    fn secret(&mut self, node: &Node, file: Option<&Arc<str>>) {
        let meta = Meta::of(node, "Secret", file);
        let mut data = BTreeMap::new();
        for (key, value) in node.get("data").map_or(&[][..], Node::entries) {
            let digits = value.text().unwrap_or_default();
            let digits = Zeroizing::new(digits.split_ascii_whitespace().collect::<String>());
            let bytes = STANDARD.decode(digits.as_bytes()).ok().map(Zeroizing::new);
            data.insert(
                key.clone(),
                Datum {
                    line: value.line,
                    bytes,
                },
            );
        }
        // As the API does, where both are there.
        for (key, value) in node.get("stringData").map_or(&[][..], Node::entries) {
            let bytes = value.text().unwrap_or_default().as_bytes().to_vec();
            let bytes = Some(Zeroizing::new(bytes));
            data.insert(
                key.clone(),
                Datum {
                    line: value.line,
                    bytes,
                },
            );
        }
        let kind = node.text_at(&["type"]).unwrap_or("Opaque").to_owned();
        let secret = Secret {
            source: meta.source,
            kind,
            data,
        };
        self.secrets.insert((meta.namespace, meta.name), secret);
    }

    /// One that chooses no pods leads to no gateway's.
    fn service_of(&mut self, node: &Node) {
        let meta = Meta::of(node, "Service", None);
        let selector = words(node.at(&["spec", "selector"]));
        if selector.is_empty() {
            return;
        }
        let lists = [&["spec", "clusterIPs"], &["spec", "externalIPs"]];
        let listed = lists.into_iter().flat_map(|list| node.texts_at(list));
        let balanced = node.items_at(&["status", "loadBalancer", "ingress"]).iter();
        let balanced = balanced.filter_map(|one| lined(one.get("ip")));
        let own = lined(node.at(&["spec", "clusterIP"]));
        let addresses = listed.chain(balanced).chain(own);
        self.services.push(Service {
            name: format!("{}/{}", meta.namespace, meta.name),
            selector,
            addresses: addresses.map(|(address, _)| address).collect(),
        });
    }

    fn overrides(&mut self, node: &Node, file: Option<&Arc<str>>) {
        let namespace = node.text_at(&["namespace"]).unwrap_or("apigee").to_owned();
        let source = Source {
            file: file.cloned(),
            line: node.line,
            object: "overrides".to_owned(),
        };
        let ingresses = node.items_at(&["ingressGateways"]).iter();
        let mut overrides = Overrides {
            ingresses: ingresses
                .filter_map(|ingress| lined(ingress.get("name")))
                .collect(),
            hosts: Vec::new(),
            namespace,
            source,
        };
        for (number, host) in node.items_at(&["virtualhosts"]).iter().enumerate() {
            self.counts.virtualhosts += 1;
            let listener = virtual_host(host, number, &overrides);
            overrides.hosts.push(VirtualHost {
                field: listener.field.clone(),
                name: listener.name.clone(),
                additional: host.texts_at(&["additionalGateways"]),
                ingress: lined(host.at(&["selector", "ingress_name"])),
            });
            self.listeners.push(listener);
        }
        self.overrides.push(overrides);
    }
}

/// The error that the controller tells last of an ApigeeRoute: `status.errors` has one for each generation.
fn message(node: &Node) -> Option<String> {
    let errors = node.items_at(&["status", "errors"]).iter();
    let generation = |error: &&Node| error.text_at(&["generation"]).and_then(number);
    let last = errors.max_by_key(generation)?;
    last.text_at(&["message"]).map(str::to_owned)
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// Who an object is.
struct Meta {
    name: String,
    namespace: String,
    source: Source,
}

impl Meta {
    fn of(node: &Node, kind: &str, file: Option<&Arc<str>>) -> Self {
        let name = node.text_at(&["metadata", "name"]).unwrap_or("(no name)");
        let namespace = node
            .text_at(&["metadata", "namespace"])
            .unwrap_or("default");
        Self {
            source: Source {
                file: file.cloned(),
                line: node.line,
                object: format!("{kind} {namespace}/{name}"),
            },
            name: name.to_owned(),
            namespace: namespace.to_owned(),
        }
    }

    /// What a server of a Gateway and a port of an ApigeeRoute have in common.
    fn listener(&self, kind: Kind, field: String, node: &Node) -> Listener {
        let port = match kind {
            Kind::Gateway => node.get("port"),
            _ => Some(node),
        };
        let number = port.and_then(|port| port.text_at(&["number"])?.parse().ok());
        let protocol = port.and_then(|port| port.text_at(&["protocol"]));
        Listener {
            source: self.source.clone(),
            kind,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            line: node.line,
            field,
            selector: BTreeMap::new(),
            port: number,
            protocol: protocol.unwrap_or_default().to_ascii_uppercase(),
            hosts: Vec::new(),
            tls: node.get("tls").map(tls),
            made_from: None,
        }
    }
}

fn tls(node: &Node) -> Tls {
    let mut credentials: Vec<_> = lined(node.get("credentialName")).into_iter().collect();
    credentials.extend(node.texts_at(&["credentialNames"]));
    Tls {
        line: node.line,
        mode: lined(node.get("mode")),
        credentials,
        certificate_path: lined(node.get("serverCertificate")),
        key_path: lined(node.get("privateKey")),
        authorities_path: lined(node.get("caCertificates")),
        min: lined(node.get("minProtocolVersion")),
        max: lined(node.get("maxProtocolVersion")),
        suites: node.texts_at(&["cipherSuites"]),
    }
}

/// An ApigeeRoute that serves clients without SNI has `*` in the Gateway that is made from it.
fn route_hosts(hosts: &[Lined], node: &Node) -> Vec<Lined> {
    let non_sni = node
        .at(&["spec", "enableNonSniClient"])
        .and_then(Node::flag);
    let is_star = |(host, _): &&Lined| host == "*";
    match non_sni {
        Some(true) if !hosts.iter().any(|host| is_star(&host)) => hosts
            .iter()
            .cloned()
            .chain([("*".to_owned(), node.line)])
            .collect(),
        Some(true) => hosts.to_vec(),
        _ => hosts
            .iter()
            .filter(|host| !is_star(host))
            .cloned()
            .collect(),
    }
}

fn virtual_host(node: &Node, number: usize, overrides: &Overrides) -> Listener {
    let name = node.text_at(&["name"]).unwrap_or("(no name)").to_owned();
    let source = Source {
        object: format!("virtualhost {name}"),
        line: node.line,
        ..overrides.source.clone()
    };
    let version =
        |key: &str| lined(node.get(key)).map(|(version, line)| (istio_version(&version), line));
    let path = |key: &str| lined(node.get(key));
    let tls = Tls {
        line: node.line,
        mode: lined(node.get("tlsMode")),
        credentials: lined(node.get("sslSecret")).into_iter().collect(),
        certificate_path: path("sslCertPath"),
        key_path: path("sslKeyPath"),
        authorities_path: path("caCertPath"),
        min: version("minTLSProtocolVersion"),
        max: version("maxTLSProtocolVersion"),
        suites: node.texts_at(&["cipherSuites"]),
    };
    Listener {
        source,
        kind: Kind::VirtualHost,
        namespace: overrides.namespace.clone(),
        name,
        field: format!("virtualhosts[{number}]"),
        line: node.line,
        selector: words(node.get("selector")),
        port: Some(443),
        protocol: "HTTPS".to_owned(),
        hosts: node.texts_at(&["hostAliases"]),
        tls: Some(tls),
        made_from: None,
    }
}

/// `1.2` of overrides is `TLSV1_2` of Istio.
fn istio_version(version: &str) -> String {
    match version.split_once('.') {
        Some(("1", minor)) => format!("TLSV1_{minor}"),
        _ => version.to_owned(),
    }
}

fn lined(node: Option<&Node>) -> Option<Lined> {
    let node = node?;
    Some((node.text()?.to_owned(), node.line))
}

/// A map of text to text.
fn words(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let entries = entries.filter_map(|(key, value)| Some((key.clone(), value.text()?.to_owned())));
    entries.collect()
}

/// `namespace/host` names which VirtualServices may bind; on the wire the host alone counts.
fn without_namespace(host: &str) -> &str {
    host.rsplit_once('/').map_or(host, |(_, host)| host)
}
