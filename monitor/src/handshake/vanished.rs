//! Large segments that vanish on the way while small ones pass.
//!
//! ```text
//!  where the sender is                        where the receiver is
//!  C: [ 1448 ] [103]                          C:          [103]
//!                      S: ack 1  <- asks              ... S: ack 1
//!  C: [ 1448 ]  again, and again              the 1448 bytes before them never come
//! ```

use super::Conversation;
use crate::flow::{Head, Side};
use crate::frame::Timestamp;

/// Every path passes the packets of 1280 bytes that IPv6 asks for (RFC 8200 section 5): a segment of this many bytes with
/// its headers.
const SMALL: u32 = 1200;
/// Loss by chance seldom takes the same segment this often.
const OFTEN: u16 = 3;

/// Loss by chance does not, be it of two packets in three. A sender backs off: this often takes it three seconds.
pub const BEYOND_CHANCE: u16 = 6;

/// A segment, or several, that the other side does not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// Whose.
    pub from: Side,
    /// How many bytes.
    pub bytes: u32,
    /// What shows it.
    pub shown: Shown,
}

/// What shows that a segment vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It was sent again and again.
    Sent {
        /// How often.
        times: u16,
        /// What of the bytes behind it arrived: the receiver asks for what is missing.
        behind: Behind,
    },
    /// It never came by, and its receiver asks for it.
    NeverCame {
        /// Since when.
        since: Timestamp,
    },
}

/// What arrived of the bytes behind a segment that vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Nothing, as far as can be seen.
    Nothing,
    /// A small segment: there is no other.
    Small,
    /// Some of them; the small ones, if that is why.
    Some,
}

/// Bytes that came behind a hole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// When the first of them came.
    pub(super) since: Timestamp,
    /// The receiver has asked for those in the hole: it is not the capture that lost them.
    pub(super) asked: bool,
}

impl Conversation {
    /// The large segments that one side sends in vain, if small ones pass.
    pub fn vanished(&self) -> Option<Vanished> {
        [Side::Client, Side::Server]
            .into_iter()
            .find_map(|side| self.sent_in_vain(side).or_else(|| self.never_came(side)))
    }

    /// Bytes of this side did not reach the other, by its own acknowledgements: the capture saw what the receiver has.
    pub(super) fn is_missing_at_peer(&self, side: Side) -> bool {
        self.streams[side].has_hole() && self.held[side].as_ref().is_some_and(|held| held.asked)
    }

    /// Takes note of whether bytes of this side wait behind a hole, now that a segment of it was read.
    pub(super) fn note_hole(&mut self, side: Side, now: Timestamp) {
        if !self.streams[side].has_hole() {
            self.held[side] = None;
        } else if self.held[side].is_none() {
            self.held[side] = Some(Box::new(Held {
                since: now,
                asked: false,
            }));
        }
    }

    /// Takes note of an acknowledgement by this side.
    pub(super) fn note_asking(&mut self, by: Side, ack: u32) {
        let next = self.streams[by.other()].next_seq();
        if let Some(held) = &mut self.held[by.other()] {
            held.asked |= next == Some(ack);
        }
    }

    fn head(&self, side: Side) -> Option<&Head> {
        Some(&self.carrier.tcp()?.seen[side].head)
    }

    /// Whether a segment of this side was sent again, and is not acknowledged yet.
    pub(super) fn is_sent_again(&self, side: Side) -> bool {
        self.head(side).is_some_and(|head| head.sent() > 1)
    }

    fn sent_in_vain(&self, side: Side) -> Option<Vanished> {
        let head = self.head(side)?;
        let more = self.streams[side].next_seq()?.wrapping_sub(head.end());
        let behind = match more {
            _ if head.asked() == 0 => Behind::Nothing,
            1..=SMALL => Behind::Small,
            0 => Behind::Nothing,
            _ => Behind::Some,
        };
        let large = head.len() > SMALL && head.largest_taken() < head.len();
        let least = match behind {
            Behind::Small => OFTEN,
            Behind::Nothing | Behind::Some => OFTEN + 1,
        };
        (large && head.sent() >= least).then_some(Vanished {
            from: side,
            bytes: head.len(),
            shown: Shown::Sent {
                times: head.sent(),
                behind,
            },
        })
    }

    fn never_came(&self, side: Side) -> Option<Vanished> {
        let held = self.held[side].as_ref().filter(|held| held.asked)?;
        let bytes = self.streams[side].hole().filter(|bytes| *bytes > SMALL)?;
        let others_are_small = self.head(side)?.largest() <= SMALL;
        others_are_small.then_some(Vanished {
            from: side,
            bytes,
            shown: Shown::NeverCame { since: held.since },
        })
    }
}
