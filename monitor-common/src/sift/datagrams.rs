//! What of a followed QUIC connection is sent.
//!
//! 1. An Initial packet begins the budgets anew where both ends have sent 1-RTT packets, for then it is another
//!    connection on the same ports, or where they began [`RENEWED_AFTER`] ago.
//! 2. Datagrams that begin with a long header, whole, until the direction's byte budget is used up. The budget counts each
//!    as [`LEAST_CHARGE`] bytes at least, so that small ones are bounded too. Where it cuts one before both ends have sent
//!    1-RTT packets, that is counted once for the direction.
//! 3. Of the first [`SHORT_PACKETS`] datagrams of each end that begin with a 1-RTT packet, [`SHORT_BYTES`]: that there are
//!    some on both sides is what calls the connection established, and the connection ID in them says which one.
//! 4. Early data (0-RTT) and what is not QUIC is left.
//!
//! A packet that an offload made of several datagrams is judged by its first one.

use super::decision::Decision;
use super::segment::Segment;
use super::send::PIECES;
use super::shape::Start;
use crate::abi::{End, FlowState, PIECE_BYTES};

/// How many 1-RTT datagrams of a direction are sent.
pub(super) const SHORT_PACKETS: u16 = 4;
/// How much of each: the first byte, a connection ID of 20 bytes, and some.
pub(super) const SHORT_BYTES: u32 = 32;
/// What a datagram costs at least.
pub(super) const LEAST_CHARGE: u32 = 256;
/// In units of `FlowState::origin`: about eleven seconds, in which a client gives up or knocks a few times.
pub(super) const RENEWED_AFTER: u32 = 10;
/// How many answers of "unreachable" to a direction's packets are sent.
pub(super) const ANSWERS: u8 = 8;

/// The kernel's monotonic clock in units of `FlowState::origin`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "wraps in 146 years, and only differences matter"
)]
#[inline(always)]
pub(super) const fn units(nanoseconds: u64) -> u32 {
    (nanoseconds >> 30) as u32
}

/// An Initial packet passes at this time: begins anew where it is not of what the state is about.
#[inline(always)]
pub(super) fn note_opening(state: &mut FlowState, now: u32) {
    let both = state.low.protected_packets > 0 && state.high.protected_packets > 0;
    let age = now.wrapping_sub(state.origin);
    if state.opened == 0 || both || age >= RENEWED_AFTER {
        *state = FlowState {
            origin: now,
            opened: 1,
            ..FlowState::unseen()
        };
    }
}

/// Decides about a packet, and remembers it.
#[inline(always)]
pub(super) fn decide(
    state: &mut FlowState,
    from_high: bool,
    segment: &Segment,
    budget: u32,
) -> Decision {
    let (own, peer) = if from_high {
        (&mut state.high, &state.low)
    } else {
        (&mut state.low, &state.high)
    };
    match segment.start {
        Start::Initial | Start::Long => long(own, peer, segment, budget),
        Start::Short => short(own, segment),
        _ => Decision::LEAVE,
    }
}

#[inline(always)]
fn long(own: &mut End, peer: &End, segment: &Segment, budget: u32) -> Decision {
    let room = budget.saturating_sub(own.bytes);
    let sent = segment.payload_len.min(room).min(segment.step * PIECES);
    own.bytes = own.bytes.saturating_add(sent.max(LEAST_CHARGE));
    let is_whole = sent == segment.payload_len && segment.step <= PIECE_BYTES;
    let established = own.protected_packets > 0 && peer.protected_packets > 0;
    Decision {
        sends: sent > 0,
        payload: sent,
        snapped: !is_whole && !established && own.first_snap(),
        removes: false,
    }
}

#[inline(always)]
fn short(own: &mut End, segment: &Segment) -> Decision {
    if own.has(End::DONE) {
        return Decision::LEAVE;
    }
    own.protected_packets += 1;
    if own.protected_packets >= SHORT_PACKETS {
        own.flags |= End::DONE;
    }
    Decision {
        payload: segment.payload_len.min(SHORT_BYTES),
        ..Decision::HEADERS
    }
}

/// Whether another answer of "unreachable" to a packet of this end is sent. Of TCP they share the budget of acknowledgements.
#[inline(always)]
pub(super) fn wants_answer(state: &mut FlowState, from_high: bool) -> bool {
    let own = if from_high {
        &mut state.high
    } else {
        &mut state.low
    };
    let wanted = own.acks < ANSWERS;
    own.acks += u8::from(wanted);
    wanted
}
