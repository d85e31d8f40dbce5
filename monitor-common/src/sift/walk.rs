//! Finds the TCP, UDP or ICMP header behind whatever the plain shapes leave out: a VLAN tag in the bytes, IPv4 options, IPv6
//! extension headers, devices without a link header, and packets whose headers cannot be read in place.

use super::found::{Found, Place, Shape};
use super::locate::{
    ETHERTYPE_V4, ETHERTYPE_V6, ICMP, ICMPV6, TCP, UDP, UDP_HEADER, fragmented, is_first,
};
use super::{Link, Load, Transport, answer};

const ETHERTYPE_VLAN: u16 = 0x8100;
const ETHERTYPE_SERVICE_VLAN: u16 = 0x88a8;

/// How many IPv6 extension headers are walked over.
const EXTENSIONS: u32 = 6;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;

#[inline(always)]
pub(super) fn walk<P: Load>(packet: &P, link: Link) -> Found {
    match network(packet, link) {
        Some((network, 4)) => v4(packet, network),
        Some((network, 6)) => v6(packet, network),
        _ => Found::other(),
    }
}

/// Where the IP header begins, and its version.
#[inline(always)]
fn network<P: Load>(packet: &P, link: Link) -> Option<(u32, u8)> {
    if matches!(link, Link::Ip) {
        let [first] = packet.load::<1>(0)?;
        return Some((0, first >> 4));
    }
    let mut offset = 14;
    let mut ethertype = u16::from_be_bytes(packet.load::<2>(12)?);
    if ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_SERVICE_VLAN {
        ethertype = u16::from_be_bytes(packet.load::<2>(16)?);
        offset = 18;
    }
    match ethertype {
        ETHERTYPE_V4 => Some((offset, 4)),
        ETHERTYPE_V6 => Some((offset, 6)),
        _ => None,
    }
}

#[inline(always)]
fn v4<P: Load>(packet: &P, network: u32) -> Found {
    let Some(head) = packet.load::<10>(network) else {
        return Found::other();
    };
    if head[0] >> 4 != 4 || head[0] & 15 < 5 {
        return Found::other();
    }
    let header = network + u32::from(head[0] & 15) * 4;
    let fragment = u16::from_be_bytes([head[6], head[7]]);
    if fragmented(fragment) {
        return fragment_of(packet, head[9], header, is_first(fragment));
    }
    match head[9] {
        TCP => tcp(packet, Shape::V4, network, header),
        UDP => udp(packet, Shape::V4, network, header),
        ICMP => answer::v4(packet, network, header),
        _ => Found::other(),
    }
}

#[inline(always)]
fn v6<P: Load>(packet: &P, network: u32) -> Found {
    let Some([first]) = packet.load::<1>(network) else {
        return Found::other();
    };
    let Some([mut next]) = packet.load::<1>(network + 6) else {
        return Found::other();
    };
    if first >> 4 != 6 {
        return Found::other();
    }
    let mut offset = network + 40;
    for _ in 0..EXTENSIONS {
        if next == TCP || next == UDP || next == ICMPV6 {
            break;
        }
        let Some(extension) = packet.load::<4>(offset) else {
            return Found::other();
        };
        let Some(length) = extension_length(next, extension[1]) else {
            return Found::other();
        };
        // RFC 8200 section 4.5: thirteen bits of offset, two reserved, one "more"; all zero is a whole packet.
        let place = u16::from_be_bytes([extension[2], extension[3]]) & 0xfff9;
        offset += length;
        if next == FRAGMENT && place != 0 {
            return fragment_of(packet, extension[0], offset, place < 8);
        }
        next = extension[0];
    }
    match next {
        TCP => tcp(packet, Shape::V6, network, offset),
        UDP => udp(packet, Shape::V6, network, offset),
        ICMPV6 => answer::v6(packet, network, offset),
        _ => Found::other(),
    }
}

/// What a fragment says about what was cut; `header` is where the protocol's header is in the first one.
#[inline(always)]
fn fragment_of<P: Load>(packet: &P, protocol: u8, header: u32, is_first: bool) -> Found {
    match protocol {
        TCP => Found::fragment(),
        UDP if is_first => match packet.load::<4>(header) {
            Some([a, b, c, d]) => {
                Found::datagram_fragment(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
            }
            None => Found::other(),
        },
        _ => Found::other(),
    }
}

/// Bytes of an extension header with this length field; `None` for what is not one.
#[inline(always)]
fn extension_length(kind: u8, field: u8) -> Option<u32> {
    match kind {
        HOP_BY_HOP | ROUTING | DESTINATION => Some((u32::from(field) + 1) * 8),
        FRAGMENT => Some(8),
        AUTHENTICATION => Some((u32::from(field) + 2) * 4),
        _ => None,
    }
}

#[inline(always)]
fn tcp<P: Load>(packet: &P, shape: Shape, network: u32, header: u32) -> Found {
    let Some(head) = packet.load::<14>(header) else {
        return Found::other();
    };
    Found::packet(Place {
        shape,
        transport: Transport::Tcp,
        network,
        header,
        source: u16::from_be_bytes([head[0], head[1]]),
        destination: u16::from_be_bytes([head[2], head[3]]),
        flags: head[13],
    })
}

/// A datagram with nothing in it says nothing.
#[inline(always)]
fn udp<P: Load>(packet: &P, shape: Shape, network: u32, header: u32) -> Found {
    let Some(head) = packet.load::<{ UDP_HEADER as usize + 1 }>(header) else {
        return Found::other();
    };
    Found::packet(Place {
        shape,
        transport: Transport::Udp,
        network,
        header,
        source: u16::from_be_bytes([head[0], head[1]]),
        destination: u16::from_be_bytes([head[2], head[3]]),
        flags: head[8],
    })
}
