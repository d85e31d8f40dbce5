//! Cuts a packet into records and sends them.

use super::segment::Segment;
use super::{Delivery, Hook, Load, Out, Piece, Plan};
use crate::abi::{Counter, PIECE_BYTES, RecordHead};

/// The most records for one packet: 64 KB, the longest that an IP length field can tell.
const PIECES: u32 = 16;

/// Sends the headers and the first `payload` bytes of a packet.
#[inline(always)]
pub(super) fn send<P: Load, O: Out<P>>(
    packet: &P,
    hook: Hook,
    segment: &Segment,
    payload: u32,
    out: &mut O,
) {
    let Some(plan) = out.settle(plan(segment, payload)) else {
        return;
    };
    let mut piece = first_piece(hook, &plan, out.now());
    let direction = piece.head.flags;
    for index in 0..PIECES {
        let offset = index * PIECE_BYTES;
        piece.head.piece_offset = offset;
        let more = plan.sent_len > offset + PIECE_BYTES && index + 1 < PIECES;
        piece.head.flags = direction | if more { RecordHead::MORE } else { 0 };
        piece.head.piece_len = plan.sent_len.saturating_sub(offset).min(PIECE_BYTES) as u16;
        piece.payload = plan.payload + offset;
        match out.send(packet, &piece) {
            Delivery::Sent => {}
            Delivery::Full => return out.count(Counter::RingFull),
            Delivery::Unreadable => return out.count(Counter::Unreadable),
        }
        if !more {
            break;
        }
    }
    out.count(Counter::Sent);
}

#[inline(always)]
fn plan(segment: &Segment, payload: u32) -> Plan {
    Plan {
        network: segment.place.network,
        payload: segment.payload,
        network_len: segment.place.transport - segment.place.network,
        payload_len: segment.payload_len,
        sent_len: payload,
        wire_len: segment.wire_len,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a segment's headers are at most `HEADER_BYTES`"
)]
#[inline(always)]
fn first_piece(hook: Hook, plan: &Plan, time: u64) -> Piece {
    Piece {
        head: RecordHead {
            time,
            interface: hook.interface,
            wire_len: plan.wire_len,
            payload_len: plan.payload_len,
            piece_offset: 0,
            piece_len: 0,
            header_len: (plan.payload - plan.network) as u16,
            network_len: plan.network_len as u16,
            flags: if hook.egress { RecordHead::EGRESS } else { 0 },
        },
        network: plan.network,
        payload: plan.payload,
    }
}
