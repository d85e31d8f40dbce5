//! ICMP port unreachable (RFC 792, RFC 4443 section 3.1): what a host answers to a datagram when nothing listens. The
//! answer repeats the datagram's headers, and they tell which flow it is about.

use super::found::{Found, Kind, Place, Shape};
use super::locate::{UDP, fragmented};
use super::{Load, Transport};

/// A host's answer to a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Where the IP header of the answer begins.
    pub(super) network: u32,
    /// Where its ICMP header begins.
    pub(super) message: u32,
}

impl Answer {
    /// No answer.
    pub(super) const NONE: Self = Self {
        network: 0,
        message: 0,
    };
}

/// Bytes of the ICMP header before what is repeated.
const HEADER: u32 = 8;

/// ICMP: destination unreachable, port unreachable.
#[inline(always)]
pub(super) fn v4<P: Load>(packet: &P, network: u32, message: u32) -> Found {
    let repeated = message + HEADER;
    let (Some(kind), Some(head)) = (packet.load::<2>(message), packet.load::<10>(repeated)) else {
        return Found::other();
    };
    let fragment = u16::from_be_bytes([head[6], head[7]]);
    if kind != [3, 3]
        || head[9] != UDP
        || head[0] >> 4 != 4
        || head[0] & 15 < 5
        || fragmented(fragment)
    {
        return Found::other();
    }
    let header = repeated + u32::from(head[0] & 15) * 4;
    about(packet, Answer { network, message }, Shape::V4, header)
}

/// ICMPv6: destination unreachable, port unreachable. Nobody puts extension headers before QUIC.
#[inline(always)]
pub(super) fn v6<P: Load>(packet: &P, network: u32, message: u32) -> Found {
    let repeated = message + HEADER;
    let (Some(kind), Some(head)) = (packet.load::<2>(message), packet.load::<8>(repeated)) else {
        return Found::other();
    };
    if kind != [1, 4] || head[0] >> 4 != 6 || head[6] != UDP {
        return Found::other();
    }
    about(
        packet,
        Answer { network, message },
        Shape::V6,
        repeated + 40,
    )
}

/// The answer, with the repeated datagram whose UDP header is at `header`.
#[inline(always)]
fn about<P: Load>(packet: &P, answer: Answer, shape: Shape, header: u32) -> Found {
    let Some([a, b, c, d]) = packet.load::<4>(header) else {
        return Found::other();
    };
    let place = Place {
        shape,
        transport: Transport::Udp,
        network: answer.message + HEADER,
        header,
        source: u16::from_be_bytes([a, b]),
        destination: u16::from_be_bytes([c, d]),
        flags: 0,
    };
    Found {
        kind: Kind::Answer,
        place,
        answer,
    }
}
