//! Link layers: where in a captured frame the IP header starts.

use super::{Unreadable, bytes, vlan};
use crate::frame::Direction;

/// The kinds of link header that can be read. A capture names them by number (<https://www.tcpdump.org/linktypes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// BSD loopback: the address family in the byte order of the capturing host.
    Null,
    /// Ethernet.
    Ethernet,
    /// PPP, with or without the address and control bytes of HDLC framing.
    Ppp,
    /// No link header at all.
    Raw,
    /// OpenBSD loopback: the address family in network byte order.
    Loop,
    /// Linux "cooked" capture, as on the device `any`.
    Cooked,
    /// The same with the index of the interface in each frame.
    Cooked2,
}

impl LinkType {
    /// The link type with this number in a capture file; `None` when it is none that can be read.
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::Null),
            1 => Some(Self::Ethernet),
            9 | 50 => Some(Self::Ppp),
            // 12 and 14 are raw IP where a program wrote its system's own number.
            12 | 14 | 101 | 228 | 229 => Some(Self::Raw),
            108 => Some(Self::Loop),
            113 => Some(Self::Cooked),
            276 => Some(Self::Cooked2),
            _ => None,
        }
    }
}

/// What a link header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where the IP header starts.
    pub offset: usize,
    /// Which way the frame went.
    pub direction: Direction,
    /// The kernel's index of the interface, where each frame carries it.
    pub interface: Option<u32>,
}

impl Link {
    const fn at(offset: usize) -> Self {
        Self {
            offset,
            direction: Direction::Unknown,
            interface: None,
        }
    }
}

/// Finds the IP header in a frame.
#[inline]
pub fn network(link_type: LinkType, frame: &[u8]) -> Result<Link, Unreadable> {
    match (link_type, bytes::u16(frame, 12)) {
        // Nearly all frames are so.
        (LinkType::Ethernet, Some(vlan::IPV4 | vlan::IPV6)) => Ok(Link::at(14)),
        _ => behind_header(link_type, frame),
    }
}

fn behind_header(link_type: LinkType, frame: &[u8]) -> Result<Link, Unreadable> {
    match link_type {
        LinkType::Ethernet => ethernet(frame),
        LinkType::Ppp => ppp(frame),
        LinkType::Raw => Ok(Link::at(0)),
        LinkType::Null | LinkType::Loop => loopback(frame),
        LinkType::Cooked => cooked(frame),
        LinkType::Cooked2 => cooked2(frame),
    }
}

fn ethernet(frame: &[u8]) -> Result<Link, Unreadable> {
    let tag = bytes::u16(frame, 12).ok_or(Unreadable::Truncated)?;
    vlan::ip_header(frame, tag, 14).map(Link::at)
}

/// RFC 1662, section 3.1: the address and control bytes, where they are, are `ff 03`.
fn ppp(frame: &[u8]) -> Result<Link, Unreadable> {
    let framing = if frame.starts_with(&[0xff, 0x03]) {
        2
    } else {
        0
    };
    vlan::behind_ppp(frame, framing).map(Link::at)
}

/// `AF_INET` is 2 everywhere; `AF_INET6` is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
fn loopback(frame: &[u8]) -> Result<Link, Unreadable> {
    let family = bytes::u32(frame, 0).ok_or(Unreadable::Truncated)?;
    // The host that captured may have either byte order, and no family needs more than one byte.
    match family.min(family.swap_bytes()) {
        2 | 10 | 24 | 28 | 30 => Ok(Link::at(4)),
        _ => Err(Unreadable::NotIp),
    }
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>
fn cooked(frame: &[u8]) -> Result<Link, Unreadable> {
    let protocol = bytes::u16(frame, 14).ok_or(Unreadable::Truncated)?;
    let packet_type = bytes::u16(frame, 0).ok_or(Unreadable::Truncated)?;
    Ok(Link {
        offset: vlan::ip_header(frame, protocol, 16)?,
        direction: direction(packet_type),
        interface: None,
    })
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>
fn cooked2(frame: &[u8]) -> Result<Link, Unreadable> {
    let header: [u8; 20] = bytes::array(frame, 0).ok_or(Unreadable::Truncated)?;
    let protocol = u16::from_be_bytes([header[0], header[1]]);
    let index = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    Ok(Link {
        offset: vlan::ip_header(frame, protocol, 20)?,
        direction: direction(u16::from(header[10])),
        interface: Some(index),
    })
}

/// `PACKET_HOST`, `PACKET_BROADCAST`, `PACKET_MULTICAST`, `PACKET_OTHERHOST`, `PACKET_OUTGOING` (linux/if_packet.h).
const fn direction(packet_type: u16) -> Direction {
    match packet_type {
        0..=2 => Direction::Ingress,
        4 => Direction::Egress,
        _ => Direction::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::wire::build::ethernet;

    #[test]
    fn ethernet_carries_ip_behind_fourteen_bytes() {
        let frame = ethernet(0x0800, b"packet");
        assert_eq!(network(LinkType::Ethernet, &frame), Ok(Link::at(14)));
    }

    #[test]
    fn ethernet_of_another_kind_is_not_ip() {
        for ethertype in [0x0806, 0x0026, 0x88cc] {
            let frame = ethernet(ethertype, b"packet");
            assert_eq!(network(LinkType::Ethernet, &frame), Err(Unreadable::NotIp));
        }
    }

    #[rstest]
    #[case::little_endian(&[2, 0, 0, 0], Ok(Link::at(4)))]
    #[case::big_endian(&[0, 0, 0, 2], Ok(Link::at(4)))]
    #[case::ipv6_of_macos(&[30, 0, 0, 0], Ok(Link::at(4)))]
    #[case::ipv6_of_freebsd(&[0, 0, 0, 28], Ok(Link::at(4)))]
    #[case::another_family(&[7, 0, 0, 0], Err(Unreadable::NotIp))]
    #[case::cut(&[2, 0, 0], Err(Unreadable::Truncated))]
    fn loopback_says_the_address_family_in_either_byte_order(
        #[case] frame: &[u8],
        #[case] expected: Result<Link, Unreadable>,
    ) {
        assert_eq!(network(LinkType::Null, frame), expected);
        assert_eq!(network(LinkType::Loop, frame), expected);
    }

    #[rstest]
    #[case::to_us(0, Direction::Ingress)]
    #[case::broadcast(1, Direction::Ingress)]
    #[case::multicast(2, Direction::Ingress)]
    #[case::to_another_host(3, Direction::Unknown)]
    #[case::from_us(4, Direction::Egress)]
    fn cooked_frames_say_their_direction(#[case] packet_type: u8, #[case] direction: Direction) {
        let mut frame = [0; 16];
        frame[1] = packet_type;
        frame[14..].copy_from_slice(&[0x08, 0x00]);
        let link = network(LinkType::Cooked, &frame).unwrap();
        assert_eq!(
            (link.offset, link.direction, link.interface),
            (16, direction, None)
        );

        let mut frame = [0; 20];
        frame[..2].copy_from_slice(&[0x86, 0xdd]);
        frame[7] = 3;
        frame[10] = packet_type;
        let link = network(LinkType::Cooked2, &frame).unwrap();
        assert_eq!(
            (link.offset, link.direction, link.interface),
            (20, direction, Some(3))
        );
    }

    #[rstest]
    #[case::bare(&[0x00, 0x57], Ok(Link::at(2)))]
    #[case::framed(&[0xff, 0x03, 0x00, 0x21], Ok(Link::at(4)))]
    #[case::control(&[0xff, 0x03, 0xc0, 0x21], Err(Unreadable::NotIp))]
    fn ppp_may_be_framed(#[case] frame: &[u8], #[case] expected: Result<Link, Unreadable>) {
        assert_eq!(network(LinkType::Ppp, frame), expected);
    }

    #[test]
    fn raw_ip_starts_at_once() {
        assert_eq!(network(LinkType::Raw, &[]), Ok(Link::at(0)));
    }

    #[test]
    fn a_cut_header_is_truncated_whatever_the_link_type() {
        use LinkType::{Cooked, Cooked2, Ethernet, Loop, Null, Ppp};
        for (link_type, length) in [
            (Ethernet, 14),
            (Cooked, 16),
            (Cooked2, 20),
            (Null, 4),
            (Ppp, 2),
            (Loop, 4),
        ] {
            for cut in 0..length {
                let cut = network(link_type, &vec![0; cut]);
                assert_eq!(cut, Err(Unreadable::Truncated), "{link_type:?}");
            }
        }
    }

    #[test]
    fn link_types_are_known_by_their_numbers() {
        let known: Vec<u16> = (0..=u16::MAX)
            .filter(|number| LinkType::from_number(*number).is_some())
            .collect();
        assert_eq!(known, [0, 1, 9, 12, 14, 50, 101, 108, 113, 228, 229, 276]);
    }
}
