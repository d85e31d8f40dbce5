//! The certificates that listeners name: in secrets, or in files beside the overrides.

use std::collections::BTreeMap;

use super::super::credential::{Credential, Part, authorities};
use super::super::draft::{About, Draft, some};
use super::super::inventory::{Beside, Inventory, Kind, Lined, Listener, Secret};
use super::listener::about;
use crate::frame::Timestamp;
use crate::report::{Cause, Place};
use crate::tls::Key;

/// Where Istio puts its gateway unless told otherwise.
const ISTIO: &str = "istio-system";
const CERTIFICATE: &[&str] = &["tls.crt", "cert"];
const KEY: &[&str] = &["tls.key", "key"];
const AUTHORITIES: &[&str] = &["ca.crt", "cacert"];

pub(super) fn judge(inventory: &Inventory, now: Timestamp, out: &mut Vec<Draft>) {
    for ((namespace, name), users) in users(inventory) {
        let asked = Asked::new(inventory, &users, now);
        asked.secret(namespace, name, out);
    }
    let with_files = inventory
        .listeners
        .iter()
        .filter(|one| one.kind == Kind::VirtualHost);
    for listener in with_files {
        Asked::new(inventory, &[listener], now).files(listener, out);
    }
}

/// Who names which secret. What was made from an ApigeeRoute that is there says nothing new.
fn users(inventory: &Inventory) -> BTreeMap<(&str, &str), Vec<&Listener>> {
    let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for listener in inventory.listeners.iter().filter(|one| one.terminates()) {
        let is_copy = listener
            .made_from
            .as_ref()
            .is_some_and(|route| inventory.routes.iter().any(|one| one.name == *route));
        for (name, _) in listener
            .tls
            .iter()
            .flat_map(|tls| &tls.credentials)
            .filter(|_| !is_copy)
        {
            let key = (listener.namespace.as_str(), name.as_str());
            users.entry(key).or_default().push(listener);
        }
    }
    users
}

/// A certificate, asked for by these listeners.
struct Asked<'a> {
    inventory: &'a Inventory,
    users: &'a [&'a Listener],
    hosts: Vec<String>,
    about: About,
    now: Timestamp,
}

impl<'a> Asked<'a> {
    fn new(inventory: &'a Inventory, users: &'a [&'a Listener], now: Timestamp) -> Self {
        // Of a secret of several gateways it makes no difference to which of them a handshake came.
        let mut labels = users.iter().map(|listener| &listener.selector);
        let first = labels
            .next()
            .filter(|first| labels.all(|one| one == *first));
        let mut all = About {
            labels: first.cloned(),
            ..About::default()
        };
        for one in users.iter().map(|listener| about(listener)) {
            all.without_name |= one.without_name;
            all.any_name |= one.any_name;
            all.hosts.extend(one.hosts);
        }
        all.hosts.sort();
        all.hosts.dedup();
        Self {
            inventory,
            users,
            hosts: all.hosts.clone(),
            about: all,
            now,
        }
    }

    fn secret(&self, namespace: &str, name: &str, out: &mut Vec<Draft>) {
        let found = self
            .inventory
            .secrets
            .get(&(namespace.to_owned(), name.to_owned()));
        let Some(secret) = found.or_else(|| self.elsewhere(namespace, name, out)) else {
            return;
        };
        let title = &secret.source.object;
        if !matches!(
            secret.kind.as_str(),
            "kubernetes.io/tls" | "Opaque" | "generic" | "istio.io/key-and-cert"
        ) {
            let what = format!("{title} has type {}", secret.kind);
            out.push(Draft::note(secret.source.whole(), what).why("gateways read tls.crt and tls.key, or cert and key, whatever the type; this one is meant for something else").fix("make it one of type kubernetes.io/tls"));
        }
        let certificate = self.part(secret, CERTIFICATE, out);
        let key = self.part(secret, KEY, out);
        if let (Some(certificate), Some(key)) = (certificate, key) {
            let key = self.credential(certificate, key).judge(out);
            self.suites(key.as_ref(), out);
        }
        self.authorities(secret, namespace, name, out);
    }

    fn credential<'b>(&'b self, certificate: Part<'b>, key: Part<'b>) -> Credential<'b> {
        Credential {
            certificate,
            key,
            hosts: &self.hosts,
            about: &self.about,
            now: self.now,
        }
    }

    /// The secret is not where the gateway is. It reads it in the namespace of its pods, which the Gateway does not tell.
    fn elsewhere(&self, namespace: &str, name: &str, out: &mut Vec<Draft>) -> Option<&'a Secret> {
        let mut others: Vec<_> = self
            .inventory
            .secrets
            .iter()
            .filter(|((_, other), _)| other == name)
            .collect();
        others.sort_by_key(|(key, _)| *key);
        let place = self.named_by(name);
        if let Some(((other, _), secret)) = others.first() {
            let what = format!(
                "the secret {name} is in namespace {other}, and {} in {namespace}",
                self.who()
            );
            let draft = Draft::risk(Cause::EndpointWithoutCertificate, place, what);
            out.push(draft.why("a gateway reads secrets in the namespace of its own pods alone").fix(format!("right if the pods that the selector means run in {other}; else create the secret in their namespace")).about(&self.about));
            return Some(secret);
        }
        out.push(self.missing(namespace, name, place));
        None
    }

    fn missing(&self, namespace: &str, name: &str, place: Place) -> Draft {
        let key = (namespace.to_owned(), name.to_owned());
        let is_absent = self.inventory.absent.contains(&key);
        let mut others = self.inventory.secrets.keys();
        if !is_absent && !others.any(|(other, _)| other == namespace) {
            let what = format!(
                "the secret {name} of namespace {namespace} was not given, and not checked"
            );
            return Draft::note(place, what).fix(format!(
                "kubectl -n {namespace} get secret {name} -o yaml | tlsmon check - FILES"
            ));
        }
        let what = if is_absent {
            format!("there is no secret {name} in namespace {namespace}")
        } else {
            format!("no secret {name} is among those of namespace {namespace} that were given")
        };
        let cause = Cause::EndpointWithoutCertificate;
        let draft = if self.is_of_pods(namespace) {
            Draft::failure(cause, place, what).why(
                "the gateway has nothing to prove who it is: every hello for these hosts is reset",
            )
        } else {
            Draft::risk(cause, place, what).why(
                "a gateway reads secrets in the namespace of its own pods; unless these run elsewhere, every hello for these hosts is reset",
            )
        };
        let fix = format!(
            "kubectl -n {namespace} create secret tls {name} --cert=chain.pem --key=key.pem"
        );
        draft.fix(fix).about(&self.about)
    }

    /// Whether the pods of the gateway run there, as far as can be told: routes of Apigee are where they are, Istio's own
    /// gateway is in `istio-system`, and where another certificate is that a gateway of that namespace names, so are its pods.
    fn is_of_pods(&self, namespace: &str) -> bool {
        let is_named_there = |listener: &Listener| {
            let mut names = listener.tls.iter().flat_map(|tls| &tls.credentials);
            let key = |name: &str| (namespace.to_owned(), name.to_owned());
            listener.namespace == namespace
                && names.any(|(name, _)| self.inventory.secrets.contains_key(&key(name)))
        };
        namespace == ISTIO
            || self.users.iter().any(|user| user.kind != Kind::Gateway)
            || self.inventory.listeners.iter().any(is_named_there)
    }

    /// `2 gateways` or the one.
    fn who(&self) -> String {
        let mut names: Vec<_> = self
            .users
            .iter()
            .map(|one| one.source.object.as_str())
            .collect();
        names.dedup();
        some(&names)
    }

    fn named_by(&self, name: &str) -> Place {
        let listener = self.users.first();
        let field = match listener.map(|listener| listener.kind) {
            Some(Kind::VirtualHost) => "sslSecret",
            _ => "credentialName",
        };
        listener.map_or_else(Place::default, |listener| {
            let named = listener
                .tls
                .iter()
                .flat_map(|tls| &tls.credentials)
                .find(|(one, _)| one == name);
            listener.place(field, named.map_or(listener.line, |(_, line)| *line))
        })
    }

    /// The value of the first of the keys that the secret has.
    fn part<'b>(
        &self,
        secret: &'b Secret,
        keys: &[&str],
        out: &mut Vec<Draft>,
    ) -> Option<Part<'b>> {
        let title = &secret.source.object;
        let found = keys
            .iter()
            .find_map(|key| Some((*key, secret.data.get(*key)?)));
        let Some((key, datum)) = found else {
            let there: Vec<_> = secret.data.keys().map(String::as_str).collect();
            let there = if there.is_empty() {
                "nothing".to_owned()
            } else {
                some(&there)
            };
            let what = format!("{title} has no {}; it has {there}", keys.join(" or "));
            let draft = Draft::failure(
                Cause::EndpointWithoutCertificate,
                secret.source.field("data", secret.source.line),
                what,
            );
            out.push(draft.why("the gateway finds no certificate in it: every hello for these hosts is reset").fix("it needs tls.crt and tls.key, or cert and key").about(&self.about));
            return None;
        };
        let place = secret.source.field(format!("data[{key}]"), datum.line);
        let Some(bytes) = &datum.bytes else {
            let what = format!("{key} of {title} is not base64");
            let draft = Draft::failure(Cause::EndpointWithoutCertificate, place, what);
            out.push(draft.why("the API server refuses such a secret: what stood there before stays, or nothing").fix("use kubectl create secret tls, or put the text under stringData").about(&self.about));
            return None;
        };
        Some(Part {
            title: format!("{key} of {title}"),
            place,
            bytes,
        })
    }

    /// What client certificates are held against.
    fn authorities(&self, secret: &Secret, namespace: &str, name: &str, out: &mut Vec<Draft>) {
        let Some(mutual) = self
            .users
            .iter()
            .find(|listener| matches!(listener.mode(), "MUTUAL" | "OPTIONAL_MUTUAL"))
        else {
            return;
        };
        let has = |secret: &Secret| AUTHORITIES.iter().any(|key| secret.data.contains_key(*key));
        let separate = self
            .inventory
            .secrets
            .get(&(namespace.to_owned(), format!("{name}-cacert")));
        let holder = [Some(secret), separate]
            .into_iter()
            .flatten()
            .find(|secret| has(secret));
        if let Some(holder) = holder {
            if let Some(part) = self.part(holder, AUTHORITIES, out) {
                authorities(&part, &self.about, self.now, out);
            }
            return;
        }
        let what = format!(
            "{} is {}, and neither {name} nor {name}-cacert has ca.crt",
            mutual.title(),
            mutual.mode()
        );
        let draft = Draft::failure(Cause::EndpointWithoutCertificate, self.named_by(name), what);
        out.push(draft.why("without authorities to hold client certificates against, the gateway answers no handshake").fix(format!("kubectl -n {namespace} create secret generic {name}-cacert --from-file=ca.crt=ca.pem")).about(&self.about));
    }

    /// Cipher suites that this certificate's key cannot serve.
    fn suites(&self, key: Option<&Key>, out: &mut Vec<Draft>) {
        let unfit = match key.map(|key| key.algorithm.as_ref()) {
            Some("RSA") => "ECDSA",
            Some("P-256" | "P-384" | "P-521") => "RSA",
            _ => return,
        };
        for listener in self.users {
            let Some(tls) = &listener.tls else { continue };
            let fits = |(suite, _): &Lined| match unfit {
                "ECDSA" => !suite.contains("ECDSA"),
                // Suites that name no authentication are of RSA key exchange.
                _ => suite.contains("ECDSA") || suite.starts_with("TLS_"),
            };
            let Some((_, line)) = tls.suites.first() else {
                continue;
            };
            if tls.suites.iter().any(fits) {
                continue;
            }
            let what =
                format!("none of the cipher suites fits the certificate's key: all want {unfit}");
            let draft = Draft::risk(
                Cause::CipherMismatch,
                listener.place("cipherSuites", *line),
                what,
            );
            out.push(draft.why("clients of TLS 1.2 get alert handshake_failure; those of TLS 1.3 are served").fix("add the suites of the other kind, or a certificate for the other kind of key").about(&about(listener)));
        }
    }

    /// Files that a virtualhost names.
    fn files(&self, listener: &Listener, out: &mut Vec<Draft>) {
        let Some(tls) = &listener.tls else { return };
        let both = [
            (
                "sslCertPath",
                &tls.certificate_path,
                "sslKeyPath",
                &tls.key_path,
            ),
            (
                "sslKeyPath",
                &tls.key_path,
                "sslCertPath",
                &tls.certificate_path,
            ),
        ];
        for (there, one, missing, other) in both {
            if let (Some((_, line)), None) = (one, other) {
                let draft = Draft::failure(
                    Cause::EndpointWithoutCertificate,
                    listener.place(there, *line),
                    format!("{} has {there} and no {missing}", listener.source.object),
                );
                out.push(
                    draft
                        .why("the chart makes no whole secret of it")
                        .fix(format!("add {missing}"))
                        .about(&self.about),
                );
            }
        }
        let certificate = self.file(listener, "sslCertPath", tls.certificate_path.as_ref(), out);
        let key = self.file(listener, "sslKeyPath", tls.key_path.as_ref(), out);
        if let (Some(certificate), Some(key)) = (certificate, key) {
            let key = self.credential(certificate, key).judge(out);
            self.suites(key.as_ref(), out);
        }
        if let Some(part) = self.file(listener, "caCertPath", tls.authorities_path.as_ref(), out) {
            authorities(&part, &self.about, self.now, out);
        }
    }

    fn file(
        &self,
        listener: &Listener,
        field: &str,
        path: Option<&Lined>,
        out: &mut Vec<Draft>,
    ) -> Option<Part<'a>> {
        let (path, line) = path?;
        let place = listener.place(field, *line);
        match self
            .inventory
            .beside
            .get(&(listener.source.file.clone(), path.clone()))?
        {
            Beside::Read(bytes) => Some(Part {
                title: path.clone(),
                place,
                bytes,
            }),
            Beside::Unreadable(why) => {
                let draft = Draft::failure(
                    Cause::EndpointWithoutCertificate,
                    place,
                    format!("{path}: {why}"),
                );
                out.push(draft.why("the chart finds no certificate there: the virtualhost's secret is not made, or stays as it was").fix("correct the path; it counts from the folder of the overrides, with Helm from that of the chart").about(&self.about));
                None
            }
        }
    }
}
