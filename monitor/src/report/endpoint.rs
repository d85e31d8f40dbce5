//! What handshakes with the same server have in common.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::Peer;
use crate::label::shown;

/// Which server: its workload where that is known, else its address and port. Metrics, groups and screens call it the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointName {
    /// Namespace and name of the workload, whatever its addresses.
    Workload(Arc<str>, Arc<str>),
    /// An address of which no more is known.
    Address(IpAddr, u16),
}

impl EndpointName {
    /// That of this server.
    pub fn of(server: &Peer) -> Self {
        match (&server.namespace, &server.workload) {
            (Some(namespace), Some(workload)) => {
                Self::Workload(Arc::clone(namespace), Arc::clone(workload))
            }
            _ => Self::Address(server.address, server.port),
        }
    }
}

impl fmt::Display for EndpointName {
    /// `namespace/workload` or `address:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload(namespace, workload) => write!(f, "{namespace}/{workload}"),
            Self::Address(address, port) => SocketAddr::new(*address, *port).fmt(f),
        }
    }
}

shown!(EndpointName);
