//! Who stood at one end of a connection.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

/// One end of a connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct End {
    /// Its address.
    pub(crate) address: Option<IpAddr>,
    /// Its port.
    pub(crate) port: u16,
    /// The pod.
    pub(crate) pod: Option<String>,
    /// Its namespace.
    pub(crate) namespace: Option<String>,
    /// The workload that it belongs to.
    pub(crate) workload: Option<String>,
    /// The Service that was asked for.
    pub(crate) service: Option<String>,
}

impl End {
    /// `address:port`.
    pub(crate) fn socket(&self) -> String {
        match self.address {
            Some(address) => SocketAddr::new(address, self.port).to_string(),
            None => format!("?:{}", self.port),
        }
    }

    /// The endpoint, as metrics call it: `namespace/workload` where pods are known, else `address:port`.
    pub(crate) fn label(&self) -> String {
        let name = self.workload.as_ref().or(self.pod.as_ref());
        match (&self.namespace, name.or(self.service.as_ref())) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
            (None, Some(name)) => name.clone(),
            _ => self.socket(),
        }
    }

    /// The same for a client, whose port says nothing.
    pub(crate) fn who(&self) -> String {
        let label = self.label();
        match self.address {
            Some(address) if label == self.socket() => address.to_string(),
            _ => label,
        }
    }
}
