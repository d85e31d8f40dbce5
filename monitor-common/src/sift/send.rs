//! Cuts a packet into records and sends them.

use super::answer::Answer;
use super::segment::Segment;
use super::{Delivery, Hook, Load, Out, Piece, Plan, Transport};
use crate::abi::{Counter, PIECE_BYTES, RecordHead};

/// The most records for one packet.
pub(super) const PIECES: u32 = 16;
/// The most payload bytes of one TCP packet: 64 KB, the longest that an IP length field can tell.
pub(super) const PACKET_MOST: u32 = PIECES * PIECE_BYTES;
/// How much of an answer is sent: its own header, and the headers that it repeats.
const ANSWER_BYTES: u32 = 128;

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
    let first = first_piece(hook, &plan, out.now());
    for index in 0..PIECES {
        let rest = plan.sent_len.saturating_sub(index * plan.step);
        let more = rest > plan.step && index + 1 < PIECES;
        if !delivered(packet, &nth_piece(first, &plan, index, more), out) {
            return;
        }
        if !more {
            break;
        }
    }
    out.count(Counter::Sent);
}

/// Sends an ICMP answer to a packet.
#[inline(always)]
pub(super) fn send_answer<P: Load, O: Out<P>>(packet: &P, hook: Hook, answer: Answer, out: &mut O) {
    let length = packet.length();
    let payload_len = length.saturating_sub(answer.message);
    let plan = Plan {
        network: answer.network,
        payload: answer.message,
        network_len: answer.message - answer.network,
        payload_len,
        sent_len: payload_len.min(ANSWER_BYTES),
        wire_len: length.saturating_sub(answer.network),
        step: PIECE_BYTES,
        datagrams: 0,
    };
    let first = first_piece(hook, &plan, out.now());
    if delivered(packet, &nth_piece(first, &plan, 0, false), out) {
        out.count(Counter::Sent);
    }
}

#[inline(always)]
fn delivered<P: Load, O: Out<P>>(packet: &P, piece: &Piece, out: &mut O) -> bool {
    match out.send(packet, piece) {
        Delivery::Sent => return true,
        Delivery::Full => out.count(Counter::RingFull),
        Delivery::Unreadable => out.count(Counter::Unreadable),
    }
    false
}

#[inline(always)]
fn plan(segment: &Segment, payload: u32) -> Plan {
    let is_udp = matches!(segment.place.transport, Transport::Udp);
    Plan {
        network: segment.place.network,
        payload: segment.payload,
        network_len: segment.place.header - segment.place.network,
        payload_len: segment.payload_len,
        sent_len: payload,
        wire_len: segment.wire_len,
        step: segment.step,
        datagrams: u32::from(is_udp && segment.step < segment.payload_len),
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

#[expect(
    clippy::cast_possible_truncation,
    reason = "a piece is at most `PIECE_BYTES`, and its index at most `PIECES`"
)]
#[inline(always)]
fn nth_piece(first: Piece, plan: &Plan, index: u32, more: bool) -> Piece {
    let mut piece = first;
    let offset = index * plan.step;
    let head = &mut piece.head;
    head.piece_offset = offset;
    head.piece_len = plan
        .sent_len
        .saturating_sub(offset)
        .min(plan.step)
        .min(PIECE_BYTES) as u16;
    head.flags |= if more { RecordHead::MORE } else { 0 };
    if plan.datagrams != 0 {
        head.flags |= RecordHead::DATAGRAM | (index as u16) << RecordHead::ORDINAL_SHIFT;
        head.payload_len = plan.payload_len.saturating_sub(offset).min(plan.step);
        head.wire_len = u32::from(head.header_len) + head.payload_len;
    }
    piece.payload = plan.payload + offset;
    piece
}
