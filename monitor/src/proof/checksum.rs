//! Checksums of packets whose bytes were changed (RFC 1071).

use super::kept::Packet;
use crate::wire::Transport;

/// Makes the checksums of TCP, UDP and the IPv4 header anew. Where the capture cut the packet there is nothing to make them
/// of, and they are zero.
pub(super) fn renew(packet: &mut Packet) {
    let Some(layout) = Layout::of(packet) else {
        return;
    };
    renew_ipv4(&mut packet.network, layout);
    let Some(sum) = packet
        .network
        .get_mut(layout.checksum_at..layout.checksum_at + 2)
    else {
        return;
    };
    sum.fill(0);
    if layout.is_cut {
        return;
    }
    let made = transport(&packet.network, layout);
    if let Some(sum) = packet
        .network
        .get_mut(layout.checksum_at..layout.checksum_at + 2)
    {
        sum.copy_from_slice(&made.to_be_bytes());
    }
}

/// Where the parts of a packet lie.
#[derive(Clone, Copy, Debug)]
struct Layout {
    is_ipv4: bool,
    transport_at: usize,
    end: usize,
    checksum_at: usize,
    protocol: u8,
    is_cut: bool,
}

impl Layout {
    /// None of what has more than plain headers: the innermost packet of a tunnel, IPv6 with extension headers.
    fn of(packet: &Packet) -> Option<Self> {
        let decoded = packet.decode().filter(|it| it.tunnel.is_none())?;
        let (payload_len, captured, protocol) = match &decoded.transport {
            Transport::Tcp(segment) => (segment.payload_len, segment.payload.len(), 6),
            Transport::Udp(datagram) => (datagram.payload_len, datagram.payload.len(), 17),
            Transport::Unreachable(_) => return None,
        };
        let bytes = &packet.network;
        let is_ipv4 = decoded.source.is_ipv4();
        let transport_at = if is_ipv4 {
            usize::from(bytes.first()? & 15) * 4
        } else {
            (*bytes.get(6)? == protocol).then_some(40)?
        };
        let header = if protocol == 6 {
            usize::from(bytes.get(transport_at + 12)? >> 4) * 4
        } else {
            8
        };
        Some(Self {
            is_ipv4,
            transport_at,
            end: transport_at + header + captured,
            checksum_at: transport_at + if protocol == 6 { 16 } else { 6 },
            protocol,
            is_cut: captured < payload_len as usize,
        })
    }
}

fn renew_ipv4(packet: &mut [u8], layout: Layout) {
    if !layout.is_ipv4 {
        return;
    }
    let Some(header) = packet.get_mut(..layout.transport_at) else {
        return;
    };
    if let Some(sum) = header.get_mut(10..12) {
        sum.fill(0);
    }
    let made = fold(sum(header));
    if let Some(sum) = header.get_mut(10..12) {
        sum.copy_from_slice(&made.to_be_bytes());
    }
}

/// Over the addresses, the protocol and the length as well (RFC 9293 section 3.1, RFC 8200 section 8.1).
fn transport(packet: &[u8], layout: Layout) -> u16 {
    let addresses = if layout.is_ipv4 { 12..20 } else { 8..40 };
    let segment = packet
        .get(layout.transport_at..layout.end)
        .unwrap_or_default();
    let len = u64::try_from(segment.len()).unwrap_or_default();
    let total = sum(packet.get(addresses).unwrap_or_default())
        + u64::from(layout.protocol)
        + (len >> 16)
        + (len & 0xffff)
        + sum(segment);
    match fold(total) {
        // Zero in UDP says that there is none (RFC 768).
        0 if layout.protocol == 17 => u16::MAX,
        made => made,
    }
}

/// The words of these bytes, added up.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2);
    words
        .map(|pair| match pair {
            [high, low] => u64::from(u16::from_be_bytes([*high, *low])),
            [high] => u64::from(*high) << 8,
            _ => 0,
        })
        .sum()
}

/// The checksum that a sum comes to.
pub(super) fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}
