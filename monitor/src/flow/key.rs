//! What makes two packets part of one conversation.

use std::fmt;
use std::net::IpAddr;

/// An address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// IP address.
    pub address: IpAddr,
    /// TCP or UDP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::net::SocketAddr::new(self.address, self.port).fmt(f)
    }
}

/// What the ports of two endpoints are ports of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// The protocol and both endpoints, in an order that does not depend on the packet's direction.
///
/// The interface is no part of the key: a conversation that passes two interfaces under the same addresses is one
/// conversation, and its second copy of each packet is what TCP calls a duplicate. Nor is the tunnel: see
/// [`Overlay`](super::Overlay). Where networks in tunnels use the same addresses, each conversation takes a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// The protocol in the lowest bit, above it the lane: one byte to hash.
    protocol_and_lane: u8,
    low: Endpoint,
    high: Endpoint,
}

impl FlowKey {
    /// The key of a packet from `source` to `destination`.
    pub fn new(protocol: Protocol, source: Endpoint, destination: Endpoint) -> Self {
        if source <= destination {
            Self {
                protocol_and_lane: protocol as u8,
                low: source,
                high: destination,
            }
        } else {
            Self {
                protocol_and_lane: protocol as u8,
                low: destination,
                high: source,
            }
        }
    }

    /// The same, in a lane of its own. What comes through no tunnel is in the first, number 0.
    #[must_use]
    pub const fn in_lane(self, lane: u8) -> Self {
        Self {
            protocol_and_lane: self.protocol_and_lane & 1 | lane << 1,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_share_one_key() {
        let a = Endpoint {
            address: "10.0.0.1".parse().unwrap(),
            port: 40_000,
        };
        let b = Endpoint {
            address: "10.0.0.2".parse().unwrap(),
            port: 443,
        };
        let [tcp, udp] = [Protocol::Tcp, Protocol::Udp];
        assert_eq!(FlowKey::new(tcp, a, b), FlowKey::new(tcp, b, a));
        assert_ne!(FlowKey::new(tcp, a, b), FlowKey::new(udp, a, b));
        assert_ne!(FlowKey::new(tcp, a, b), FlowKey::new(tcp, a, b).in_lane(1));
    }
}
