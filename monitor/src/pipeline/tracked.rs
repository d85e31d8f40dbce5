//! A conversation in the table: watched, or decided and remembered for a while.

use super::{Passing, begin};
use crate::frame::Timestamp;
use crate::handshake::Conversation;

/// What the table holds.
#[derive(Debug)]
pub(super) enum Tracked {
    /// Not decided yet; with the time its timer is set to.
    Watched(Box<Conversation>, Timestamp),
    /// Decided and reported. Its last packets still come.
    Decided(Memory),
}

/// What must be remembered of a decided conversation to tell its last packets from the first of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    isn: Option<u32>,
    /// The client had said nothing, or nothing but cleartext that may lead to TLS, when time was up: it may yet begin.
    quiet: bool,
}

impl Tracked {
    /// Marks it decided; gives back the conversation if it was not before.
    pub(super) fn decided(&mut self) -> Option<Box<Conversation>> {
        let Self::Watched(talk, _) = self else {
            return None;
        };
        let memory = Memory {
            isn: talk.tcp.isn,
            quiet: talk.tcp.end.is_none() && !talk.has_client_word(),
        };
        match std::mem::replace(self, Self::Decided(memory)) {
            Self::Watched(talk, _) => Some(talk),
            Self::Decided(_) => None,
        }
    }

    /// Whether this segment begins another conversation under the same addresses and ports.
    pub(super) fn is_replaced_by(&self, passing: &Passing<'_>) -> bool {
        match self {
            Self::Watched(talk, _) => {
                talk.is_replaced_by(talk.side_of(passing.source), &passing.segment)
            }
            Self::Decided(memory) => memory.is_replaced_by(passing),
        }
    }
}

impl Memory {
    /// A SYN with another initial sequence number; the same one again is a retransmission. Or a first word after all.
    fn is_replaced_by(self, passing: &Passing<'_>) -> bool {
        let segment = &passing.segment;
        let opens = segment.flags.syn() && !segment.flags.ack();
        (opens && self.isn != Some(segment.seq)) || (self.quiet && begin::is_hello(segment.payload))
    }
}
