//! What a packet carries: read only for packets that may be sent.

use super::Load;
use super::locate::{PLAIN_V4, PLAIN_V6, Place, Shape};
use super::shape::Start;
use crate::abi::HEADER_BYTES;

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) place: Place,
    pub(super) sequence: u32,
    pub(super) acknowledgement: u32,
    /// Where the payload begins in the packet.
    pub(super) payload: u32,
    /// Payload bytes that the packet has; padding after the IP packet is not payload.
    pub(super) payload_len: u32,
    /// Bytes from the IP header on, as the IP header tells.
    pub(super) wire_len: u32,
    /// What the payload begins with.
    pub(super) start: Start,
}

impl Segment {
    /// Reads the headers and the first payload bytes; `None` where they are cut, contradict each other, or are
    /// longer than a record has room for.
    #[inline(always)]
    pub(super) fn read<P: Load>(packet: &P, place: Place) -> Option<Self> {
        let numbers = Numbers::read(packet, place)?;
        let header_len = u32::from(numbers.offset >> 4) * 4;
        let wire_len = wire_len(packet, place, numbers.length);
        let payload = place.transport + header_len;
        let end = (place.network + wire_len).min(packet.length());
        if header_len < 20 || payload > end || payload - place.network > HEADER_BYTES {
            return None;
        }
        let payload_len = end - payload;
        Some(Self {
            place,
            sequence: numbers.sequence,
            acknowledgement: numbers.acknowledgement,
            payload,
            payload_len,
            wire_len,
            start: if payload_len >= 6 {
                Start::of(packet.load::<6>(payload)?)
            } else {
                Start::Other
            },
        })
    }
}

/// The header fields that a segment is made of.
struct Numbers {
    /// The length field of the IP header.
    length: u16,
    sequence: u32,
    acknowledgement: u32,
    /// The byte with the TCP data offset in its upper half.
    offset: u8,
}

impl Numbers {
    #[inline(always)]
    fn read<P: Load>(packet: &P, place: Place) -> Option<Self> {
        match place.shape {
            Shape::PlainV4 => Some(Self::plain::<P, _>(packet.in_place::<PLAIN_V4>()?, 16, 34)),
            Shape::PlainV6 => Some(Self::plain::<P, _>(packet.in_place::<PLAIN_V6>()?, 18, 54)),
            Shape::V4 => Self::loaded(packet, place.network + 2, place.transport),
            Shape::V6 => Self::loaded(packet, place.network + 4, place.transport),
        }
    }

    #[inline(always)]
    fn plain<P: Load, const N: usize>(head: &[u8; N], length: usize, transport: usize) -> Self {
        Self {
            length: P::short(head, length),
            sequence: P::long(head, transport + 4).swap_bytes(),
            acknowledgement: P::long(head, transport + 8).swap_bytes(),
            offset: P::short(head, transport + 12).to_be_bytes()[0],
        }
    }

    #[inline(always)]
    fn loaded<P: Load>(packet: &P, length: u32, transport: u32) -> Option<Self> {
        let head = packet.load::<14>(transport)?;
        Some(Self {
            length: u16::from_be_bytes(packet.load::<2>(length)?),
            sequence: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            acknowledgement: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            offset: head[12],
        })
    }
}

/// Bytes from the IP header on; a length of zero means more than the field can say (BIG TCP), so the packet tells.
#[inline(always)]
fn wire_len<P: Load>(packet: &P, place: Place, field: u16) -> u32 {
    if field == 0 {
        return packet.length().saturating_sub(place.network);
    }
    match place.shape {
        Shape::PlainV4 | Shape::V4 => u32::from(field),
        Shape::PlainV6 | Shape::V6 => u32::from(field) + 40,
    }
}
