//! What a packet carries: read only for packets that may be sent.

use super::found::{Place, Shape};
use super::locate::{PLAIN_V4, PLAIN_V6, UDP_HEADER};
use super::shape::Start;
use super::{Load, Transport};
use crate::abi::{HEADER_BYTES, PIECE_BYTES};

/// A TCP segment or UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) place: Place,
    /// Zero for UDP, as the acknowledgement.
    pub(super) sequence: u32,
    pub(super) acknowledgement: u32,
    /// Where the payload begins in the packet.
    pub(super) payload: u32,
    /// Payload bytes that the packet has; padding after the IP packet is not payload.
    pub(super) payload_len: u32,
    /// Bytes from the IP header on, as the IP header tells.
    pub(super) wire_len: u32,
    /// How many payload bytes are sent as one: of UDP a datagram's.
    pub(super) step: u32,
    /// What the payload begins with.
    pub(super) start: Start,
}

impl Segment {
    /// Reads the headers and the first payload bytes; `None` where they are cut, contradict each other, or are
    /// longer than a record has room for.
    #[inline(always)]
    pub(super) fn read<P: Load>(packet: &P, place: Place) -> Option<Self> {
        let wire_len = wire_len(packet, place)?;
        let end = (place.network + wire_len).min(packet.length());
        match place.transport {
            Transport::Tcp => Self::tcp(packet, place, wire_len, end),
            Transport::Udp => Self::datagram(packet, place, wire_len, end),
        }
    }

    #[inline(always)]
    fn tcp<P: Load>(packet: &P, place: Place, wire_len: u32, end: u32) -> Option<Self> {
        let numbers = Numbers::read(packet, place)?;
        let header_len = u32::from(numbers.offset >> 4) * 4;
        let payload = place.header + header_len;
        if header_len < 20 || payload > end || payload - place.network > HEADER_BYTES {
            return None;
        }
        let payload_len = end - payload;
        let first = first_bytes(packet, payload, payload_len)?;
        Some(Self {
            place,
            sequence: numbers.sequence,
            acknowledgement: numbers.acknowledgement,
            payload,
            payload_len,
            wire_len,
            step: PIECE_BYTES,
            start: first.map_or(Start::Other, Start::of),
        })
    }

    /// The length of UDP's own header is zero past 64 KiB (RFC 2675 section 4).
    #[inline(always)]
    fn datagram<P: Load>(packet: &P, place: Place, wire_len: u32, end: u32) -> Option<Self> {
        let payload = place.header + UDP_HEADER;
        let length = u32::from(u16::from_be_bytes(packet.load::<2>(place.header + 4)?));
        if payload > end
            || payload - place.network > HEADER_BYTES
            || (length != 0 && length < UDP_HEADER)
            || length > end - place.header
        {
            return None;
        }
        let payload_len = if length == 0 {
            end - payload
        } else {
            length - UDP_HEADER
        };
        let first = first_bytes(packet, payload, payload_len)?;
        let each = packet.offload();
        Some(Self {
            place,
            sequence: 0,
            acknowledgement: 0,
            payload,
            payload_len,
            wire_len,
            step: if each > 0 && each < payload_len {
                each
            } else {
                payload_len
            },
            start: first.map_or(Start::Other, Start::of_datagram),
        })
    }
}

/// The first bytes of a payload, where it has so many; nothing at all where they cannot be read.
#[inline(always)]
#[expect(clippy::option_option, reason = "too short is not unreadable")]
fn first_bytes<P: Load>(packet: &P, payload: u32, payload_len: u32) -> Option<Option<[u8; 6]>> {
    if payload_len < 6 {
        return Some(None);
    }
    packet.load::<6>(payload).map(Some)
}

/// The fields of a TCP header that a segment is made of.
struct Numbers {
    sequence: u32,
    acknowledgement: u32,
    /// The byte with the data offset in its upper half.
    offset: u8,
}

impl Numbers {
    #[inline(always)]
    fn read<P: Load>(packet: &P, place: Place) -> Option<Self> {
        match place.shape {
            Shape::PlainV4 => Some(Self::plain::<P, _>(packet.in_place::<PLAIN_V4>()?, 34)),
            Shape::PlainV6 => Some(Self::plain::<P, _>(packet.in_place::<PLAIN_V6>()?, 54)),
            Shape::V4 | Shape::V6 => Self::loaded(packet, place.header),
        }
    }

    #[inline(always)]
    fn plain<P: Load, const N: usize>(head: &[u8; N], header: usize) -> Self {
        Self {
            sequence: P::long(head, header + 4).swap_bytes(),
            acknowledgement: P::long(head, header + 8).swap_bytes(),
            offset: P::short(head, header + 12).to_be_bytes()[0],
        }
    }

    #[inline(always)]
    fn loaded<P: Load>(packet: &P, header: u32) -> Option<Self> {
        let head = packet.load::<14>(header)?;
        Some(Self {
            sequence: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            acknowledgement: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            offset: head[12],
        })
    }
}

/// Bytes from the IP header on; a length of zero means more than the field can say (BIG TCP), so the packet tells.
#[inline(always)]
fn wire_len<P: Load>(packet: &P, place: Place) -> Option<u32> {
    let (field, more) = match place.shape {
        Shape::PlainV4 => (P::short(packet.in_place::<PLAIN_V4>()?, 16), 0),
        Shape::PlainV6 => (P::short(packet.in_place::<PLAIN_V6>()?, 18), 40),
        Shape::V4 => (u16::from_be_bytes(packet.load::<2>(place.network + 2)?), 0),
        Shape::V6 => (u16::from_be_bytes(packet.load::<2>(place.network + 4)?), 40),
    };
    Some(if field == 0 {
        packet.length().saturating_sub(place.network)
    } else {
        u32::from(field) + more
    })
}
