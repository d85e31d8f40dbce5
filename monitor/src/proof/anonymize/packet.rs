//! A packet made anew from what was read in its headers: nothing that was not understood is in it.

use std::net::IpAddr;

use super::Key;
use crate::proof::Packet;
use crate::proof::checksum;
use crate::wire::{self, Datagram, Segment, Transport, Unreachable, Unreached};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// The packet with other addresses and this payload. Where there is none, a segment has zeros, and a datagram is cut off: its
/// length is what is left. None of what cannot be read. Tunnels and options are not in it.
pub(super) fn rebuild(packet: &Packet, payload: Option<&[u8]>, key: &Key) -> Option<Packet> {
    let decoded = packet.decode()?;
    let (protocol, transport, left_out) = match &decoded.transport {
        Transport::Tcp(segment) => {
            let cut = segment.payload_len as usize - segment.payload.len();
            (TCP, tcp(segment, payload), cut)
        }
        Transport::Udp(datagram) => {
            let payload = payload.unwrap_or_default();
            let cut = (datagram.payload_len as usize).saturating_sub(payload.len());
            (UDP, udp(datagram, payload), cut)
        }
        Transport::Unreachable(about) => unreachable(about, &decoded, key),
    };
    let network = ip(&decoded, protocol, &transport, left_out, key);
    let wire_len = u32::try_from(network.len() + left_out).unwrap_or(u32::MAX);
    let mut made = Packet {
        network,
        wire_len,
        interface: super::words::replaced(&packet.interface, key).into(),
        ..*packet
    };
    checksum::renew(&mut made);
    Some(made)
}

fn tcp(segment: &Segment<'_>, payload: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20 + segment.payload.len());
    bytes.extend(segment.source_port.to_be_bytes());
    bytes.extend(segment.destination_port.to_be_bytes());
    bytes.extend(segment.seq.to_be_bytes());
    bytes.extend(segment.ack.to_be_bytes());
    bytes.extend([0x50, segment.flags.0]);
    bytes.extend(segment.window.to_be_bytes());
    bytes.extend([0; 4]);
    match payload.filter(|payload| payload.len() == segment.payload.len()) {
        Some(payload) => bytes.extend(payload),
        None => bytes.resize(20 + segment.payload.len(), 0),
    }
    bytes
}

fn udp(datagram: &Datagram<'_>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + payload.len());
    bytes.extend(datagram.source_port.to_be_bytes());
    bytes.extend(datagram.destination_port.to_be_bytes());
    let len = u16::try_from(datagram.payload_len + 8).unwrap_or_default();
    bytes.extend(len.to_be_bytes());
    bytes.extend([0; 2]);
    bytes.extend(payload);
    bytes
}

/// The message, and of the packet that it answers the addresses and ports.
fn unreachable(about: &Unreachable, packet: &wire::Packet<'_>, key: &Key) -> (u8, Vec<u8>, usize) {
    let is_ipv4 = about.source.is_ipv4();
    let (kind, code) = match (is_ipv4, about.why) {
        (true, Unreached::Network) => (3, 0),
        (true, Unreached::Host) => (3, 1),
        (true, Unreached::Protocol) => (3, 2),
        (true, Unreached::Port) => (3, 3),
        (true, Unreached::Prohibited) => (3, 13),
        (false, Unreached::Network) => (1, 0),
        (false, Unreached::Host) => (1, 3),
        (false, Unreached::Port | Unreached::Protocol) => (1, 4),
        (false, Unreached::Prohibited) => (1, 1),
    };
    let mut ports = Vec::new();
    ports.extend(about.source_port.to_be_bytes());
    ports.extend(about.destination_port.to_be_bytes());
    // TCP's sequence number, or the length of a datagram and no checksum.
    let next = about.seq.unwrap_or(8 << 16);
    ports.extend(next.to_be_bytes());
    let protocol = if about.seq.is_some() { TCP } else { UDP };
    let mut bytes = vec![kind, code, 0, 0, 0, 0, 0, 0];
    let ends = (about.source, about.destination);
    bytes.extend(header(ends, (protocol, 64, None), ports.len(), key));
    bytes.extend(ports);
    let pseudo = if is_ipv4 {
        0
    } else {
        pseudo_header(packet, &bytes, key)
    };
    let made = checksum::fold(pseudo + checksum::sum(&bytes));
    for (place, byte) in bytes.iter_mut().skip(2).zip(made.to_be_bytes()) {
        *place = byte;
    }
    (if is_ipv4 { 1 } else { 58 }, bytes, 0)
}

/// ICMPv6 counts the addresses, the length and the protocol in its checksum (RFC 4443 section 2.3).
fn pseudo_header(packet: &wire::Packet<'_>, message: &[u8], key: &Key) -> u64 {
    let sum_of = |address| match key.addresses.replace(address) {
        IpAddr::V4(address) => checksum::sum(&address.octets()),
        IpAddr::V6(address) => checksum::sum(&address.octets()),
    };
    sum_of(packet.source) + sum_of(packet.destination) + message.len() as u64 + 58
}

fn ip(
    decoded: &wire::Packet<'_>,
    protocol: u8,
    transport: &[u8],
    cut: usize,
    key: &Key,
) -> Vec<u8> {
    let ends = (decoded.source, decoded.destination);
    let what = (protocol, decoded.hop_limit, decoded.ip_id);
    let mut bytes = header(ends, what, transport.len() + cut, key);
    bytes.extend(transport);
    bytes
}

/// A header without options, before so many bytes.
fn header(
    (source, destination): (IpAddr, IpAddr),
    (protocol, hop_limit, id): (u8, u8, Option<u16>),
    len: usize,
    key: &Key,
) -> Vec<u8> {
    let replace = |address| key.addresses.replace(address);
    let mut bytes = Vec::with_capacity(40 + len);
    match (replace(source), replace(destination)) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            bytes.extend([0x45, 0]);
            bytes.extend(u16::try_from(20 + len).unwrap_or_default().to_be_bytes());
            bytes.extend(id.unwrap_or_default().to_be_bytes());
            bytes.extend([0x40, 0, hop_limit, protocol, 0, 0]);
            bytes.extend(source.octets());
            bytes.extend(destination.octets());
        }
        (source, destination) => {
            bytes.extend([0x60, 0, 0, 0]);
            bytes.extend(u16::try_from(len).unwrap_or_default().to_be_bytes());
            bytes.extend([protocol, hop_limit]);
            for address in [source, destination] {
                match address {
                    IpAddr::V4(address) => bytes.extend(address.to_ipv6_mapped().octets()),
                    IpAddr::V6(address) => bytes.extend(address.octets()),
                }
            }
        }
    }
    bytes
}
