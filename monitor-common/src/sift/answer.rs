//! ICMP destination unreachable (RFC 792, RFC 4443 section 3.1): what a host answers to a datagram when nothing listens, and a
//! firewall or router to what it does not let through. The answer repeats the packet's headers, and they tell which flow it
//! is about.

use super::found::{Found, Kind, Place, Shape};
use super::locate::{TCP, UDP, fragmented};
use super::{Load, Transport};

/// A host's answer to a packet.
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
/// The code of a packet that is too large for the way (RFC 1191): no refusal.
const TOO_LARGE: u8 = 4;

/// ICMP: destination unreachable, but for what is only too large.
#[inline(always)]
pub(super) fn v4<P: Load>(packet: &P, network: u32, message: u32) -> Found {
    let repeated = message + HEADER;
    let (Some(kind), Some(head)) = (packet.load::<2>(message), packet.load::<10>(repeated)) else {
        return Found::other();
    };
    let fragment = u16::from_be_bytes([head[6], head[7]]);
    let Some(transport) = transport(head[9]) else {
        return Found::other();
    };
    if kind[0] != 3
        || kind[1] == TOO_LARGE
        || head[0] >> 4 != 4
        || head[0] & 15 < 5
        || fragmented(fragment)
    {
        return Found::other();
    }
    let header = repeated + u32::from(head[0] & 15) * 4;
    about(
        packet,
        Answer { network, message },
        Shape::V4,
        transport,
        header,
    )
}

/// ICMPv6: destination unreachable. Nobody puts extension headers before QUIC, or before what opens a TCP connection.
#[inline(always)]
pub(super) fn v6<P: Load>(packet: &P, network: u32, message: u32) -> Found {
    let repeated = message + HEADER;
    let (Some(kind), Some(head)) = (packet.load::<2>(message), packet.load::<8>(repeated)) else {
        return Found::other();
    };
    let Some(transport) = transport(head[6]) else {
        return Found::other();
    };
    if kind[0] != 1 || head[0] >> 4 != 6 {
        return Found::other();
    }
    let answer = Answer { network, message };
    about(packet, answer, Shape::V6, transport, repeated + 40)
}

#[inline(always)]
const fn transport(protocol: u8) -> Option<Transport> {
    match protocol {
        TCP => Some(Transport::Tcp),
        UDP => Some(Transport::Udp),
        _ => None,
    }
}

/// The answer, with the repeated packet whose TCP or UDP header is at `header`.
#[inline(always)]
fn about<P: Load>(
    packet: &P,
    answer: Answer,
    shape: Shape,
    transport: Transport,
    header: u32,
) -> Found {
    let Some([a, b, c, d]) = packet.load::<4>(header) else {
        return Found::other();
    };
    let place = Place {
        shape,
        transport,
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
