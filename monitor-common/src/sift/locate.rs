//! Finds the TCP or UDP header: at once for the plain shapes nearly every packet has, by walking the headers for the rest.

use super::found::{Found, Kind, Place, Shape};
use super::walk::walk;
use super::{Link, Load, Out, Transport};

/// Ethernet.
const ETHERNET: usize = 14;
/// Ethernet, IPv4 without options, TCP without options; or UDP and twelve bytes.
pub(super) const PLAIN_V4: usize = ETHERNET + 20 + 20;
/// Ethernet, IPv6 without extension headers, TCP without options; or UDP and twelve bytes.
pub(super) const PLAIN_V6: usize = ETHERNET + 40 + 20;
/// Bytes of a UDP header.
pub(super) const UDP_HEADER: u32 = 8;

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMPV6: u8 = 58;
pub(super) const ETHERTYPE_V4: u16 = 0x0800;
pub(super) const ETHERTYPE_V6: u16 = 0x86dd;

/// Finds the TCP or UDP header of a packet.
#[inline(always)]
pub(super) fn locate<P: Load, O: Out<P>>(packet: &P, link: Link, out: &mut O) -> Found {
    if matches!(link, Link::Ip) {
        return walk_and_settle(packet, link, out);
    }
    if let Some(head) = packet.in_place::<PLAIN_V4>() {
        let ethertype = P::short(head, 12);
        if ethertype == ETHERTYPE_V4 && head[14] == 0x45 {
            match head[23] {
                TCP => return plain_v4::<P>(head, Transport::Tcp),
                UDP => return plain_v4::<P>(head, Transport::Udp),
                ICMP => {}
                _ => return Found::other(),
            }
        }
        if ethertype == ETHERTYPE_V6
            && (head[20] == TCP || head[20] == UDP)
            && let Some(head) = packet.in_place::<PLAIN_V6>()
        {
            return plain_v6::<P>(head);
        }
    }
    walk_and_settle(packet, link, out)
}

#[inline(always)]
fn walk_and_settle<P: Load, O: Out<P>>(packet: &P, link: Link, out: &mut O) -> Found {
    let found = walk(packet, link);
    if matches!(found.kind, Kind::Other) {
        return found;
    }
    out.settle(found.pack())
        .map_or(Found::other(), Found::unpack)
}

#[inline(always)]
fn plain_v4<P: Load>(head: &[u8; PLAIN_V4], transport: Transport) -> Found {
    let fragment = P::short(head, 20);
    let (source, destination) = (P::short(head, 34), P::short(head, 36));
    if fragmented(fragment) {
        return match transport {
            Transport::Tcp => Found::fragment(),
            Transport::Udp if is_first(fragment) => Found::datagram_fragment(source, destination),
            Transport::Udp => Found::other(),
        };
    }
    Found::packet(Place {
        shape: Shape::PlainV4,
        transport,
        network: 14,
        header: 34,
        source,
        destination,
        flags: match transport {
            Transport::Tcp => head[47],
            Transport::Udp => head[42],
        },
    })
}

#[inline(always)]
fn plain_v6<P: Load>(head: &[u8; PLAIN_V6]) -> Found {
    if head[14] >> 4 != 6 {
        return Found::other();
    }
    let transport = if head[20] == TCP {
        Transport::Tcp
    } else {
        Transport::Udp
    };
    Found::packet(Place {
        shape: Shape::PlainV6,
        transport,
        network: 14,
        header: 54,
        source: P::short(head, 54),
        destination: P::short(head, 56),
        flags: match transport {
            Transport::Tcp => head[67],
            Transport::Udp => head[62],
        },
    })
}

/// More fragments follow, or this is not the first (RFC 791 section 3.1; the number at offset 6 of the header).
#[inline(always)]
pub(super) const fn fragmented(flags_and_offset: u16) -> bool {
    flags_and_offset & 0x3fff != 0
}

/// Nothing of the packet comes before this fragment, which therefore holds the ports: behind the three flags is a zero.
#[inline(always)]
pub(super) const fn is_first(flags_and_offset: u16) -> bool {
    flags_and_offset << 3 == 0
}
