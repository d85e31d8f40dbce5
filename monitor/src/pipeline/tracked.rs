//! A conversation in the table: watched, or decided and remembered for a while.

use super::{Passing, begin};
use crate::flow::QuicIds;
use crate::frame::Timestamp;
use crate::handshake::{Carrier, Conversation};
use crate::wire::{Transport, quic};

/// What the table holds.
#[derive(Debug)]
pub(super) enum Tracked {
    /// Not decided yet; with the time its timer is set to.
    Watched(Box<Conversation>, Timestamp),
    /// Decided and reported. Its last packets still come.
    Decided(Memory),
}

/// What must be remembered of a decided conversation to tell its last packets from the first of another.
#[derive(Debug)]
pub(super) enum Memory {
    /// A TCP connection.
    Tcp {
        /// The client's initial sequence number.
        isn: Option<u32>,
        /// The client had said nothing, or nothing but cleartext that may lead to TLS, when time was up: it may yet begin.
        quiet: bool,
    },
    /// A QUIC connection: what its packets are recognised by.
    Quic(Box<QuicIds>),
}

impl Tracked {
    /// Marks it decided; gives back the conversation if it was not before.
    pub(super) fn decided(&mut self) -> Option<Box<Conversation>> {
        let Self::Watched(talk, _) = self else {
            return None;
        };
        let memory = Memory::of(talk);
        match std::mem::replace(self, Self::Decided(memory)) {
            Self::Watched(talk, _) => Some(talk),
            Self::Decided(_) => None,
        }
    }

    /// Whether this segment begins another conversation under the same addresses and ports.
    pub(super) fn is_replaced_by(&self, passing: &Passing<'_>) -> bool {
        match self {
            Self::Watched(talk, _) => {
                talk.is_replaced_by(talk.side_of(passing.source), &passing.packet)
            }
            Self::Decided(memory) => memory.is_replaced_by(passing),
        }
    }
}

impl Memory {
    fn of(talk: &Conversation) -> Self {
        match &talk.carrier {
            Carrier::Tcp(tcp) => Self::Tcp {
                isn: tcp.isn,
                quiet: tcp.end.is_none() && !talk.has_client_word(),
            },
            Carrier::Quic(quic) => Self::Quic(Box::new(quic.ids())),
        }
    }

    /// A SYN with another initial sequence number; the same one again is a retransmission. Or a first word after all. Or an
    /// Initial packet for another connection ID.
    fn is_replaced_by(&self, passing: &Passing<'_>) -> bool {
        match (self, &passing.packet) {
            (Self::Tcp { isn, quiet }, Transport::Tcp(segment)) => {
                let opens = segment.flags.syn() && !segment.flags.ack();
                (opens && *isn != Some(segment.seq)) || (*quiet && begin::is_hello(segment.payload))
            }
            (Self::Quic(ids), Transport::Udp(datagram)) => {
                quic::opens_connection(datagram.payload) && ids.are_left_by(datagram)
            }
            _ => false,
        }
    }
}
