//! What the manifests say, as far as it bears on handshakes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::service::Service;
use crate::report::{Examined, Place};

/// A text and the line where it stands.
pub(super) type Lined = (String, u32);

/// Where an object comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// The file; none for a cluster.
    pub(super) file: Option<Arc<str>>,
    /// The line where the object begins.
    pub(super) line: u32,
    /// `Gateway istio-system/public`.
    pub(super) object: String,
}

impl Source {
    /// A field of the object.
    pub(super) fn field(&self, field: impl Into<String>, line: u32) -> Place {
        Place {
            line: Some(line).filter(|line| *line > 0 && self.file.is_some()),
            field: Some(field.into()),
            ..self.whole()
        }
    }

    /// The whole object.
    pub(super) fn whole(&self) -> Place {
        Place {
            file: self.file.as_deref().map(str::to_owned),
            line: Some(self.line).filter(|line| *line > 0 && self.file.is_some()),
            object: self.object.clone(),
            field: None,
        }
    }
}

/// What kind of object has a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A server of an Istio Gateway.
    Gateway,
    /// A port of an ApigeeRoute.
    Route,
    /// An entry of `virtualhosts`. Its hosts are those of the environment group, which no file tells.
    VirtualHost,
}

/// Something that answers handshakes.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub(super) source: Source,
    pub(super) kind: Kind,
    pub(super) namespace: String,
    /// The name of the object.
    pub(super) name: String,
    /// The field of the object: `spec.servers[0]`.
    pub(super) field: String,
    pub(super) line: u32,
    pub(super) selector: BTreeMap<String, String>,
    pub(super) port: Option<u32>,
    pub(super) protocol: String,
    /// Names without the namespace that Istio lets stand before them.
    pub(super) hosts: Vec<Lined>,
    pub(super) tls: Option<Tls>,
    /// The ApigeeRoute that this Gateway was made from.
    pub(super) made_from: Option<String>,
}

/// What a listener says about TLS.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    pub(super) line: u32,
    pub(super) mode: Option<Lined>,
    pub(super) credentials: Vec<Lined>,
    /// Files instead of secrets: certificate, key and authorities.
    pub(super) certificate_path: Option<Lined>,
    pub(super) key_path: Option<Lined>,
    pub(super) authorities_path: Option<Lined>,
    pub(super) min: Option<Lined>,
    pub(super) max: Option<Lined>,
    pub(super) suites: Vec<Lined>,
}

impl Listener {
    /// Whether it takes part in TLS at all.
    pub(super) fn is_tls(&self) -> bool {
        matches!(self.protocol.as_str(), "HTTPS" | "TLS")
            || self
                .tls
                .as_ref()
                .is_some_and(|tls| !tls.credentials.is_empty())
    }

    pub(super) fn mode(&self) -> &str {
        let tls = self.tls.as_ref();
        tls.and_then(|tls| tls.mode.as_ref())
            .map_or("SIMPLE", |(mode, _)| mode)
    }

    /// Whether it shows a certificate of its own.
    pub(super) fn terminates(&self) -> bool {
        matches!(self.mode(), "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL")
    }

    /// Whether a hello without a name finds it.
    pub(super) fn answers_without_name(&self) -> bool {
        self.is_tls() && self.hosts.iter().any(|(host, _)| host == "*")
    }

    /// A field below its own.
    pub(super) fn place(&self, field: &str, line: u32) -> Place {
        let field = match self.kind {
            _ if field.is_empty() => self.field.clone(),
            Kind::VirtualHost => format!("{}.{field}", self.field),
            _ => format!("{}.tls.{field}", self.field),
        };
        self.source.field(field, line)
    }

    /// `port 443 of Gateway istio-system/public`.
    pub(super) fn title(&self) -> String {
        match self.port {
            Some(port) => format!("port {port} of {}", self.source.object),
            None => self.source.object.clone(),
        }
    }
}

/// An ApigeeRoute as a whole.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) source: Source,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) hosts: Vec<Lined>,
    pub(super) non_sni: Option<(bool, u32)>,
    pub(super) selector: BTreeMap<String, String>,
    pub(super) state: Option<Lined>,
    /// The last of `status.errors`.
    pub(super) message: Option<String>,
    /// Which generation of it is in force, and which it is.
    pub(super) applied: Option<u64>,
    pub(super) generation: Option<u64>,
    /// Other gateways that its APIs are bound to.
    pub(super) additional: Vec<Lined>,
}

/// An overrides file.
#[derive(Clone, Debug)]
pub(super) struct Overrides {
    pub(super) source: Source,
    pub(super) namespace: String,
    /// The names of `ingressGateways`.
    pub(super) ingresses: Vec<Lined>,
    pub(super) hosts: Vec<VirtualHost>,
}

/// What an entry of `virtualhosts` says beside its listener.
#[derive(Clone, Debug)]
pub(super) struct VirtualHost {
    pub(super) field: String,
    pub(super) name: String,
    pub(super) additional: Vec<Lined>,
    pub(super) ingress: Option<Lined>,
}

/// A secret. It has no `Debug`.
pub(super) struct Secret {
    pub(super) source: Source,
    pub(super) kind: String,
    pub(super) data: BTreeMap<String, Datum>,
}

/// The value of a key of a secret.
pub(super) struct Datum {
    pub(super) line: u32,
    /// None when it is not base64.
    pub(super) bytes: Option<Zeroizing<Vec<u8>>>,
}

/// A file that an overrides file names.
pub(super) enum Beside {
    Read(Zeroizing<Vec<u8>>),
    /// Why it cannot be read.
    Unreadable(String),
}

/// All that was read.
#[derive(Default)]
pub(crate) struct Inventory {
    pub(super) listeners: Vec<Listener>,
    pub(super) routes: Vec<Route>,
    pub(super) overrides: Vec<Overrides>,
    pub(super) services: Vec<Service>,
    /// By namespace and name.
    pub(super) secrets: HashMap<(String, String), Secret>,
    /// Whether every route that there is was asked for: a cluster was.
    pub(super) is_whole: bool,
    /// Secrets that a cluster does not have.
    pub(super) absent: HashSet<(String, String)>,
    /// Files that overrides name: by the file of the overrides, and the path in it.
    pub(super) beside: HashMap<(Option<Arc<str>>, String), Beside>,
    pub(super) counts: Examined,
}

impl Inventory {
    /// Nothing that bears on handshakes was found.
    pub(crate) const fn is_empty(&self) -> bool {
        let counts = &self.counts;
        counts.gateways + counts.routes + counts.virtualhosts + counts.secrets == 0
    }

    /// The files that overrides name: the file of the overrides, and the path in it.
    pub(crate) fn wanted_files(&self) -> Vec<(Option<Arc<str>>, String)> {
        let mut wanted = Vec::new();
        for listener in self
            .listeners
            .iter()
            .filter(|one| one.kind == Kind::VirtualHost)
        {
            let Some(tls) = &listener.tls else { continue };
            for (path, _) in [&tls.certificate_path, &tls.key_path, &tls.authorities_path]
                .into_iter()
                .flatten()
            {
                wanted.push((listener.source.file.clone(), path.clone()));
            }
        }
        wanted.sort();
        wanted.dedup();
        wanted
    }

    /// Takes a file that was wanted, or why it cannot be read.
    pub(crate) fn found_file(
        &mut self,
        wanted: (Option<Arc<str>>, String),
        found: Result<Vec<u8>, String>,
    ) {
        let beside = match found {
            Ok(bytes) => Beside::Read(Zeroizing::new(bytes)),
            Err(why) => Beside::Unreadable(why),
        };
        self.beside.insert(wanted, beside);
    }

    /// Secrets that listeners name and that were not given, with the namespace where they should be. For mutual TLS a secret
    /// of the authorities may be beside it.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn wanted_secrets(&self) -> Vec<(String, String)> {
        let mut wanted = Vec::new();
        for listener in self
            .listeners
            .iter()
            .filter(|listener| listener.terminates())
        {
            for (name, _) in listener.tls.iter().flat_map(|tls| &tls.credentials) {
                wanted.push((listener.namespace.clone(), name.clone()));
                if listener.kind == Kind::Gateway {
                    // A Gateway does not tell where its pods run; most run here.
                    wanted.push(("istio-system".to_owned(), name.clone()));
                }
                if listener.mode() != "SIMPLE" {
                    wanted.push((listener.namespace.clone(), format!("{name}-cacert")));
                }
            }
        }
        wanted.retain(|key| !self.secrets.contains_key(key));
        wanted.sort();
        wanted.dedup();
        wanted
    }

    /// The cluster has no such secret.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn is_absent(&mut self, namespace: String, name: String) {
        self.absent.insert((namespace, name));
    }

    /// All routes of a cluster were read.
    #[cfg(feature = "kubernetes")]
    pub(crate) const fn lists_are_whole(&mut self, are: bool) {
        self.is_whole = are;
    }

    /// What was there to check.
    pub(crate) const fn counts(&self) -> Examined {
        self.counts
    }
}

/// A path of overrides as a file may have it: beside the file, or in the folder of the chart that uses it.
pub(crate) fn candidates(overrides: Option<&str>, path: &str) -> Vec<PathBuf> {
    let folder = overrides
        .map(std::path::Path::new)
        .and_then(std::path::Path::parent);
    let folder = folder.unwrap_or_else(|| std::path::Path::new(""));
    // Helm reads it from the folder of the chart; apigeectl read it from the folder of the overrides.
    vec![
        folder.join(path),
        folder.join("apigee-virtualhost").join(path),
    ]
}
