//! Headers: from the bytes of a frame to who sent what to whom.
//!
//! ```text
//!  link     vlan      ip                tcp | udp
//! +--------+---------+-----------------+--------------+---------------------+
//! | who    | tags,   | addresses, hop  | ports, seq,  | payload             | padding
//! | cares  | PPPoE   | limit, id       | flags        | (may be cut short)  |
//! +--------+---------+-----------------+--------------+---------------------+
//!                    ^ Frame::network; a tunnel starts over from here
//! ```
//!
//! A capture finds the network header with [`link::network`]; everything else starts with [`decode`]. Nothing here
//! allocates, nothing panics, and what cannot be read says why ([`Unreadable`]).

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use std::net::IpAddr;

use crate::frame::Frame;

mod bytes;
mod icmp;
mod ip;
mod ipv4;
mod ipv6;
pub mod link;
mod look;
mod plain;
pub mod quic;
pub mod tcp;
pub mod tunnel;
pub mod udp;
mod vlan;

#[cfg(test)]
pub(crate) mod build;
#[cfg(test)]
mod tests;

pub use icmp::{Unreachable, Unreached};
pub use look::Look;
pub use tcp::{Flags, Segment};
pub use tunnel::{Outer, TunnelKind};
pub use udp::Datagram;

/// A TCP segment or UDP datagram, and between whom it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Who sent it, by the IP header.
    pub source: IpAddr,
    /// Who is to receive it, by the IP header.
    pub destination: IpAddr,
    /// IPv4 time to live or IPv6 hop limit: how many more routers it may pass.
    pub hop_limit: u8,
    /// The IPv4 identification field; IPv6 has none.
    pub ip_id: Option<u16>,
    /// What it carries.
    pub transport: Transport<'a>,
    /// The tunnel that it came through; addresses and all else are of the packet inside.
    pub tunnel: Option<Outer>,
}

/// The transport protocols that can carry TLS, and the answer when they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport<'a> {
    /// TCP: TLS.
    Tcp(Segment<'a>),
    /// UDP: QUIC.
    Udp(Datagram<'a>),
    /// ICMP: a segment or datagram did not get there.
    Unreachable(Unreachable),
}

/// Why a packet says nothing about a TCP or UDP conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Unreadable {
    /// Neither IPv4 nor IPv6.
    #[error("not IP")]
    NotIp,
    /// The capture cut the packet before its headers end.
    #[error("cut before the headers end")]
    Truncated,
    /// A header contradicts itself or the packet's length.
    #[error("malformed header")]
    Malformed,
    /// A piece of a fragmented packet: pieces are counted, not put together.
    #[error("IP fragment")]
    Fragment,
    /// IP, but neither TCP nor UDP nor ICMP about one of them: the protocol number.
    #[error("IP protocol {0}")]
    OtherProtocol(u8),
}

impl Transport<'_> {
    /// Whether it is a TCP segment without a byte of its stream.
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Tcp(segment) if segment.payload_len == 0)
    }
}

impl Unreadable {
    /// The reason in one word, as metrics and counts of losses give it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotIp => "not_ip",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Fragment => "fragment",
            Self::OtherProtocol(_) => "other_protocol",
        }
    }
}

/// IP protocol number of TCP.
const TCP: u8 = 6;
/// IP protocol number of UDP.
const UDP: u8 = 17;

/// Reads the headers of a frame: of the innermost packet, where it is one that carries others.
#[inline]
pub fn decode<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Unreadable> {
    // Each returns by itself, so that a packet is written once, where it is wanted.
    if let Some(packet) = plain::ipv4(frame.network) {
        return Ok(packet);
    }
    if let Some(packet) = plain::ipv6(frame.network) {
        return Ok(packet);
    }
    decode_any(frame)
}

/// The long way.
#[cold]
fn decode_any<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, Unreadable> {
    let (mut network, mut wire_len, mut tunnel) = (frame.network, frame.wire_len, None);
    for _ in 0..=tunnel::MAX_NESTING {
        let ip = ip::decode(network, wire_len)?;
        match tunnel::inside(&ip)? {
            None => return packet(&ip, tunnel),
            Some(inner) => {
                (network, wire_len, tunnel) = (inner.network, inner.wire_len, Some(inner.outer));
            }
        }
    }
    Err(Unreadable::Malformed)
}

fn packet<'a>(ip: &ip::Header<'a>, tunnel: Option<Outer>) -> Result<Packet<'a>, Unreadable> {
    let transport = match ip.protocol {
        TCP => Transport::Tcp(tcp::decode(ip.payload, ip.payload_len)?),
        UDP => Transport::Udp(udp::decode(ip.payload, ip.payload_len)?),
        icmp::ICMP | icmp::ICMPV6 => Transport::Unreachable(icmp::decode(ip)?),
        other => return Err(Unreadable::OtherProtocol(other)),
    };
    Ok(Packet {
        source: ip.source,
        destination: ip.destination,
        hop_limit: ip.hop_limit,
        ip_id: ip.ip_id,
        transport,
        tunnel,
    })
}
