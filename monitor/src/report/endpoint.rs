//! What handshakes with the same server have in common.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::Peer;
use crate::label::shown;

/// Which server: its workload where that is known, else the Service that it serves for, else its address and port. Metrics, groups and screens call it the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointName {
    /// Namespace and name of the workload or Service, whatever its addresses.
    Workload(Arc<str>, Arc<str>),
    /// An address of which no more is known.
    Address(IpAddr, u16),
}

impl EndpointName {
    /// That of this server.
    pub fn of(server: &Peer) -> Self {
        // Of pods on other nodes only the Service is known.
        let name = server.workload.as_ref().or(server.service.as_ref());
        match (&server.namespace, name) {
            (Some(namespace), Some(name)) => {
                Self::Workload(Arc::clone(namespace), Arc::clone(name))
            }
            _ => Self::Address(server.address, server.port),
        }
    }
}

impl fmt::Display for EndpointName {
    /// `namespace/workload`, `namespace/service` or `address:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload(namespace, workload) => write!(f, "{namespace}/{workload}"),
            Self::Address(address, port) => SocketAddr::new(*address, *port).fmt(f),
        }
    }
}

shown!(EndpointName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_is_called_by_its_service_and_one_of_nobody_by_its_address() {
        let mut server = Peer {
            namespace: Some("shop".into()),
            workload: Some("gateway-v2".into()),
            service: Some("gateway".into()),
            ..Peer::at(IpAddr::from([10, 4, 2, 7]), 443)
        };
        let name = |server: &Peer| EndpointName::of(server).to_string();
        assert_eq!(name(&server), "shop/gateway-v2");
        server.workload = None;
        assert_eq!(name(&server), "shop/gateway");
        server.service = None;
        assert_eq!(name(&server), "10.4.2.7:443");
    }
}
