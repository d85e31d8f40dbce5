//! What makes two packets part of one conversation.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    /// The addresses of the lower and the higher end; of IPv4, in the last four bytes.
    addresses: [[u64; 2]; 2],
    /// Their ports, the protocol, whether the addresses are those of IPv6, and the lane.
    rest: u64,
}

/// Which way a packet goes between the two ends of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the lower to the higher; or from an end to itself.
    Up,
    /// From the higher to the lower.
    Down,
}

impl Way {
    /// The other way.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    const fn from_lower(is_lower: bool) -> Self {
        if is_lower { Self::Up } else { Self::Down }
    }
}

impl Hash for FlowKey {
    #[expect(
        clippy::inline_always,
        reason = "each packet needs it, and it is a few instructions"
    )]
    #[inline(always)]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [[low_head, low], [high_head, high]] = self.addresses;
        // Two addresses of IPv4 go into one word: half the work.
        if low_head | high_head | (low | high) >> 32 == 0 {
            state.write_u64(low << 32 | high);
            state.write_u64(self.rest);
        } else {
            for word in [low_head, low, high_head, high, self.rest] {
                state.write_u64(word);
            }
        }
    }
}

impl FlowKey {
    /// The key of packets between two ends.
    pub fn new(protocol: Protocol, one: Endpoint, other: Endpoint) -> Self {
        let (addresses, ports) = ([&one.address, &other.address], [one.port, other.port]);
        Self::of(protocol, addresses, ports).0
    }

    /// The key of a packet, and which way it goes: its addresses and ports, the sender's first.
    #[inline]
    pub fn of(protocol: Protocol, addresses: [&IpAddr; 2], ports: [u16; 2]) -> (Self, Way) {
        let udp = u64::from(protocol == Protocol::Udp) << 32;
        match addresses {
            [IpAddr::V4(one), IpAddr::V4(other)] => Self::of_ipv4([*one, *other], ports, udp),
            _ => Self::of_ipv6(addresses, ports, udp),
        }
    }

    /// Of IPv4, whose address and port fit one word: no branch tells the lower from the higher.
    #[inline]
    fn of_ipv4(addresses: [Ipv4Addr; 2], ports: [u16; 2], udp: u64) -> (Self, Way) {
        let word =
            |(address, port): (Ipv4Addr, u16)| u64::from(address.to_bits()) << 16 | u64::from(port);
        let ([one, other], [from, to]) = (addresses, ports);
        let [one, other] = [(one, from), (other, to)].map(word);
        let (low, high) = (one.min(other), one.max(other));
        let key = Self {
            addresses: [[0, low >> 16], [0, high >> 16]],
            rest: (low & 0xffff) << 16 | high & 0xffff | udp,
        };
        (key, Way::from_lower(one <= other))
    }

    fn of_ipv6(addresses: [&IpAddr; 2], ports: [u16; 2], udp: u64) -> (Self, Way) {
        let ([one, other], [from, to]) = (addresses.map(words), ports);
        let [one, other] = [(one, from), (other, to)];
        let (low, high) = (one.min(other), one.max(other));
        let ports = u64::from(low.1) << 16 | u64::from(high.1);
        let ipv6 = u64::from(addresses.iter().any(|address| address.is_ipv6())) << 33;
        let key = Self {
            addresses: [low.0, high.0],
            rest: ports | udp | ipv6,
        };
        (key, Way::from_lower(one <= other))
    }

    /// The same, in a lane of its own. What comes through no tunnel is in the first, number 0.
    #[must_use]
    pub const fn in_lane(self, lane: u8) -> Self {
        const LANE: u32 = 40;
        Self {
            rest: self.rest & ((1 << LANE) - 1) | (lane as u64) << LANE,
            ..self
        }
    }
}

fn words(address: &IpAddr) -> [u64; 2] {
    match address {
        IpAddr::V4(address) => [0, address.to_bits().into()],
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let word = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
            [word(bits >> 64), word(bits)]
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

    #[test]
    fn the_two_directions_go_two_ways() {
        for addresses in [["10.0.0.1", "10.0.0.2"], ["2001:db8::1", "2001:db8::2"]] {
            let [a, b] = &addresses.map(|address| address.parse().unwrap());
            let way = |addresses, ports| FlowKey::of(Protocol::Tcp, addresses, ports).1;
            assert_eq!(way([a, b], [40_000, 443]), Way::Up);
            assert_eq!(way([b, a], [443, 40_000]), Way::Down);
            assert_eq!(way([a, a], [443, 40_000]), Way::Up);
            assert_eq!(way([a, a], [40_000, 443]), Way::Down);
            assert_eq!(way([a, a], [443, 443]), Way::Up);
        }
    }
}
