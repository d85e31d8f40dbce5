//! Finds the TCP header: at once for the plain shapes nearly every packet has, by walking the headers for the rest.

use super::walk::walk;
use super::{Link, Load, Out};

/// Ethernet.
const ETHERNET: usize = 14;
/// Ethernet, IPv4 without options, TCP without options.
pub(super) const PLAIN_V4: usize = ETHERNET + 20 + 20;
/// Ethernet, IPv6 without extension headers, TCP without options.
pub(super) const PLAIN_V6: usize = ETHERNET + 40 + 20;

pub(super) const TCP: u8 = 6;
pub(super) const ETHERTYPE_V4: u16 = 0x0800;
pub(super) const ETHERTYPE_V6: u16 = 0x86dd;

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// TCP, and where.
    Tcp(Place),
    /// A fragment of an IP packet that carries TCP.
    Fragment,
    /// Anything else.
    Other,
}

/// How the headers lie, so that the addresses can be found again cheaply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// [`PLAIN_V4`] bytes can be read in place.
    PlainV4,
    /// [`PLAIN_V6`] bytes can be read in place.
    PlainV6,
    /// IPv4, to be loaded.
    V4,
    /// IPv6, to be loaded.
    V6,
}

/// A TCP packet: where its headers are, and what decides most packets' fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) shape: Shape,
    /// Where the IP header begins.
    pub(super) network: u32,
    /// Where the TCP header begins.
    pub(super) transport: u32,
    pub(super) source: u16,
    pub(super) destination: u16,
    /// The TCP flags (RFC 9293 section 3.1).
    pub(super) flags: u8,
}

impl Place {
    pub(super) const FIN: u8 = 0x01;
    pub(super) const SYN: u8 = 0x02;
    pub(super) const RST: u8 = 0x04;
    pub(super) const ACK: u8 = 0x10;

    #[inline(always)]
    pub(super) const fn is_syn(self) -> bool {
        self.flags & Self::SYN != 0
    }

    #[inline(always)]
    pub(super) const fn is_ack(self) -> bool {
        self.flags & Self::ACK != 0
    }

    /// SYN, FIN or RST: what TCP itself says, and user space always wants to hear.
    #[inline(always)]
    pub(super) const fn is_control(self) -> bool {
        self.flags & (Self::SYN | Self::FIN | Self::RST) != 0
    }

    /// Whether this packet can be left without reading more, where its flow is not followed.
    #[inline(always)]
    pub(super) const fn cannot_open(self, configured: bool) -> bool {
        self.flags & Self::RST != 0 || (self.is_syn() && !configured)
    }
}

/// Finds the TCP header of a packet.
#[inline(always)]
pub(super) fn locate<P: Load, O: Out<P>>(packet: &P, link: Link, out: &mut O) -> Found {
    if matches!(link, Link::Ip) {
        return walk_and_settle(packet, link, out);
    }
    if let Some(head) = packet.in_place::<PLAIN_V4>() {
        let ethertype = P::short(head, 12);
        if ethertype == ETHERTYPE_V4 && head[14] == 0x45 {
            return plain_v4::<P>(head);
        }
        if ethertype == ETHERTYPE_V6
            && head[20] == TCP
            && let Some(head) = packet.in_place::<PLAIN_V6>()
        {
            return plain_v6::<P>(head);
        }
    }
    walk_and_settle(packet, link, out)
}

#[inline(always)]
fn walk_and_settle<P: Load, O: Out<P>>(packet: &P, link: Link, out: &mut O) -> Found {
    match walk(packet, link) {
        Found::Tcp(place) => out.settle(place).map_or(Found::Other, Found::Tcp),
        found => found,
    }
}

#[inline(always)]
fn plain_v4<P: Load>(head: &[u8; PLAIN_V4]) -> Found {
    if head[23] != TCP {
        return Found::Other;
    }
    if fragmented(P::short(head, 20)) {
        return Found::Fragment;
    }
    Found::Tcp(Place {
        shape: Shape::PlainV4,
        network: 14,
        transport: 34,
        source: P::short(head, 34),
        destination: P::short(head, 36),
        flags: head[47],
    })
}

#[inline(always)]
fn plain_v6<P: Load>(head: &[u8; PLAIN_V6]) -> Found {
    if head[14] >> 4 != 6 {
        return Found::Other;
    }
    Found::Tcp(Place {
        shape: Shape::PlainV6,
        network: 14,
        transport: 54,
        source: P::short(head, 54),
        destination: P::short(head, 56),
        flags: head[67],
    })
}

/// More fragments follow, or this is not the first (RFC 791 section 3.1; the number at offset 6 of the header).
#[inline(always)]
pub(super) const fn fragmented(flags_and_offset: u16) -> bool {
    flags_and_offset & 0x3fff != 0
}
