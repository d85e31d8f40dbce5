//! Builds packets for tests.
#![expect(
    clippy::cast_possible_truncation,
    reason = "packets of tests are short"
)]

use super::tcp::Flags;
use crate::frame::{Direction, Frame, InterfaceId, Timestamp};

/// A whole packet as a Frame.
pub(crate) fn frame(network: &[u8]) -> Frame<'_> {
    cut_frame(network, network.len())
}

/// A packet of `wire_len` bytes of which `network` was captured.
pub(crate) fn cut_frame(network: &[u8], wire_len: usize) -> Frame<'_> {
    Frame {
        time: Timestamp(0),
        interface: InterfaceId(0),
        direction: Direction::Unknown,
        wire_len: wire_len as u32,
        network,
    }
}

/// A segment from port 40000 to port 443, with `options` words of options.
pub(crate) fn tcp(flags: Flags, options: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(40_000_u16.to_be_bytes());
    segment.extend(443_u16.to_be_bytes());
    segment.extend(1_000_u32.to_be_bytes());
    segment.extend(2_000_u32.to_be_bytes());
    segment.extend([(5 + options) << 4, flags.0]);
    segment.extend(512_u16.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend(vec![1; usize::from(options) * 4]);
    segment.extend(payload);
    segment
}

/// A datagram from port 40000 to port 443.
pub(crate) fn udp(payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(40_000_u16.to_be_bytes());
    datagram.extend(443_u16.to_be_bytes());
    datagram.extend((payload.len() as u16 + 8).to_be_bytes());
    datagram.extend([0; 2]);
    datagram.extend(payload);
    datagram
}

/// An IPv4 packet from 10.0.0.1 to 10.0.0.2, with `options` words of options.
pub(crate) fn ipv4(protocol: u8, options: u8, payload: &[u8]) -> Vec<u8> {
    let header = usize::from(5 + options) * 4;
    let mut packet = vec![0x40 | (5 + options), 0];
    packet.extend(((header + payload.len()) as u16).to_be_bytes());
    packet.extend(0x1234_u16.to_be_bytes());
    packet.extend([0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    packet.resize(header, 1);
    packet.extend(payload);
    packet
}

/// An IPv6 packet from 2001:db8::1 to 2001:db8::2.
pub(crate) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let address = |last| {
        [
            0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last,
        ]
    };
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((payload.len() as u16).to_be_bytes());
    packet.extend([next, 63]);
    packet.extend(address(1));
    packet.extend(address(2));
    packet.extend(payload);
    packet
}

/// An extension header of `8 * (1 + units)` bytes.
pub(crate) fn extension(next: u8, units: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![next, units];
    bytes.resize(8 * (1 + usize::from(units)), 0);
    bytes.extend(payload);
    bytes
}

/// An IPv6 authentication header: its length counts words of four, less two (RFC 4302, section 2.2).
pub(crate) fn authentication(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![next, 4];
    bytes.resize(24, 0);
    bytes.extend(payload);
    bytes
}

/// An Ethernet frame.
pub(crate) fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// An IPv4 packet with a datagram; from 10.0.0.1 to 10.0.0.2 when the source port is the higher one, else back.
pub(crate) fn udp_between(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = udp(payload);
    datagram.splice(
        ..4,
        [source.to_be_bytes(), destination.to_be_bytes()].concat(),
    );
    let packet = ipv4(super::UDP, 0, &datagram);
    if source > destination {
        packet
    } else {
        turned(packet)
    }
}

/// The answer of 10.0.0.2 that nothing listens where this packet was sent to.
pub(crate) fn icmp_port_unreachable(packet: &[u8]) -> Vec<u8> {
    let repeated = packet.iter().take(28);
    let message: Vec<u8> = [3, 3, 0, 0, 0, 0, 0, 0]
        .iter()
        .chain(repeated)
        .copied()
        .collect();
    turned(ipv4(1, 0, &message))
}

/// The same from 10.0.0.2 to 10.0.0.1.
fn turned(mut packet: Vec<u8>) -> Vec<u8> {
    packet.splice(12..20, [10, 0, 0, 2, 10, 0, 0, 1]);
    packet
}
