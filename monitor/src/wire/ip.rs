//! What IPv4 and IPv6 headers have in common.

use std::net::IpAddr;

use super::{Unreadable, ipv4, ipv6};

/// What the IP header says, and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) hop_limit: u8,
    pub(super) ip_id: Option<u16>,
    /// The protocol of the payload, past all extension headers.
    pub(super) protocol: u8,
    /// The captured bytes of the payload, without link-layer padding.
    pub(super) payload: &'a [u8],
    /// How many bytes the payload has on the wire.
    pub(super) payload_len: u32,
}

/// Reads the header at the start of `network`, the captured part of a packet of `wire_len` bytes.
pub(super) fn decode(network: &[u8], wire_len: u32) -> Result<Header<'_>, Unreadable> {
    let first = network.first().ok_or(Unreadable::Truncated)?;
    match first >> 4 {
        4 => ipv4::decode(network, wire_len),
        6 => ipv6::decode(network, wire_len),
        _ => Err(Unreadable::NotIp),
    }
}
