//! What of a followed TCP flow is sent.
//!
//! 1. SYN, FIN and RST always.
//! 2. A SYN with another sequence number is another connection on the same ports: the state begins anew.
//! 3. Payload until the direction's byte budget is used up, and at most [`PACKET_MOST`] bytes of one packet. Where that
//!    cuts what came before the first protected record, it is counted once for the direction.
//! 4. Once the direction has begun a segment with a ChangeCipherSpec or ApplicationData record, or the other one
//!    with ApplicationData, [`PROTECTED_PACKETS`] more payload packets of this direction, one record's worth of each:
//!    enough for the alert that refuses a client certificate, and nothing of the bulk.
//! 5. Pure acknowledgements while nothing protected was seen, at most [`ACKS`] of each direction: they tell whether a
//!    hello arrived.

use super::decision::Decision;
use super::found::Place;
use super::segment::Segment;
use super::send::PACKET_MOST;
use super::shape::Start;
use crate::abi::{End, FlowState, PIECE_BYTES};

/// How many payload packets of a direction are sent once protection has begun.
pub(super) const PROTECTED_PACKETS: u16 = 8;
/// How many pure acknowledgements of a direction are sent.
pub(super) const ACKS: u8 = 8;

/// Decides about a packet, and remembers it.
#[inline(always)]
pub(super) fn decide(
    state: &mut FlowState,
    from_high: bool,
    segment: &Segment,
    budget: u32,
) -> Decision {
    let place = segment.place;
    if place.is_syn() {
        note_opening(state, segment);
    }
    let (own, peer) = if from_high {
        (&mut state.high, &mut state.low)
    } else {
        (&mut state.low, &mut state.high)
    };
    let mut decision = if segment.payload_len > 0 {
        payload(own, peer, segment, budget)
    } else if place.is_control() {
        Decision::HEADERS
    } else {
        acknowledgement(own, peer)
    };
    decision.sends |= place.is_control();
    decision.removes = place.flags & Place::RST != 0;
    decision
}

/// Begins anew where this opening is not the one that the state is about.
#[inline(always)]
fn note_opening(state: &mut FlowState, segment: &Segment) {
    let isn = if segment.place.is_ack() {
        segment.acknowledgement.wrapping_sub(1)
    } else {
        segment.sequence
    };
    if state.opened == 0 || state.origin != isn {
        *state = FlowState {
            origin: isn,
            opened: 1,
            ..FlowState::unseen()
        };
    }
}

#[inline(always)]
fn payload(own: &mut End, peer: &End, segment: &Segment, budget: u32) -> Decision {
    match segment.start {
        Start::CipherChange => own.flags |= End::PROTECTED,
        Start::Sealed => own.flags |= End::PROTECTED | End::SEALED,
        _ => {}
    }
    let protected = own.has(End::PROTECTED) || peer.has(End::SEALED);
    if own.has(End::DONE) || (protected && own.protected_packets >= PROTECTED_PACKETS) {
        own.flags |= End::DONE;
        return Decision::LEAVE;
    }
    let most = if protected { PIECE_BYTES } else { u32::MAX };
    let wanted = segment.payload_len.min(most);
    let room = budget.saturating_sub(own.bytes);
    let sent = wanted.min(room).min(PACKET_MOST);
    own.bytes = own.bytes.saturating_add(sent);
    own.protected_packets += u16::from(protected);
    if sent == wanted {
        return Decision {
            payload: sent,
            ..Decision::HEADERS
        };
    }
    own.flags |= End::DONE;
    Decision {
        sends: sent > 0,
        payload: sent,
        snapped: !protected && own.first_snap(),
        removes: false,
    }
}

#[inline(always)]
fn acknowledgement(own: &mut End, peer: &End) -> Decision {
    if own.has(End::PROTECTED) || peer.has(End::PROTECTED) || own.acks >= ACKS {
        return Decision::LEAVE;
    }
    own.acks += 1;
    Decision::HEADERS
}
