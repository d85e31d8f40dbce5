//! A conversation in the table: watched, or decided and remembered for a while.

use super::begin;
use crate::flow::{Fit, Overlay, QuicIds, Side, Sides, Tcp, Way};
use crate::frame::Timestamp;
use crate::handshake::{Carrier, Conversation};
use crate::wire::{Outer, Segment, Transport, quic};

/// How many more handshakes of one TCP connection are followed. Past that a peer plays with us.
const MAX_AGAIN: u8 = 16;

/// What the table holds.
#[derive(Debug)]
pub(super) enum Tracked {
    /// Not decided yet; with the time its timer is set to.
    Watched(Box<Conversation>, Timestamp),
    /// Decided and reported. Its last packets still come.
    Decided(Memory, Option<Box<Overlay>>),
}

/// What must be remembered of a decided conversation to tell its last packets from the first of another.
#[derive(Debug)]
pub(super) enum Memory {
    /// A TCP connection.
    Tcp(TcpMemory),
    /// A QUIC connection: what its packets are recognised by.
    Quic(Box<QuicIds>),
}

/// What must be remembered of a TCP connection. Ten times as many are remembered as are followed: it is kept small.
#[derive(Debug)]
pub(super) struct TcpMemory {
    /// Which of the sequence numbers are known: a bit for each.
    known: u8,
    /// The client's initial sequence number.
    isn: u32,
    /// Where each side's stream goes on; not known when the connection has ended.
    next: Sides<u32>,
    /// Which way the client's packets go.
    client_way: Way,
    sequel: Sequel,
    /// How many handshakes were decided on it before.
    again: u8,
}

/// What may come after a handshake, in the same connection, besides a hello in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sequel {
    /// Nothing that can be told.
    None,
    /// The client had said nothing, or nothing but cleartext that may lead to TLS, when time was up: it may yet begin.
    Begin,
    /// TLS 1.2 or before was established: another handshake inside it is encrypted, and its records say that they are one.
    Renegotiation,
}

// With its key it stands in one cache line.
const _: () = assert!(size_of::<Tracked>() <= 24);

/// What a packet begins under addresses and ports that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// Another connection, or another TLS session in the same one.
    Another,
    /// A handshake inside the established one, with a record of this side.
    Renegotiation(Side),
}

impl Tracked {
    /// Marks it decided; gives back the conversation if it was not before.
    pub(super) fn decided(&mut self) -> Option<Box<Conversation>> {
        let Self::Watched(talk, _) = self else {
            return None;
        };
        let decided = Self::Decided(Memory::of(talk), talk.overlay.take());
        match std::mem::replace(self, decided) {
            Self::Watched(talk, _) => Some(talk),
            Self::Decided(..) => None,
        }
    }

    /// What this packet begins, if it is none of this conversation.
    pub(super) fn begins(&self, way: Way, packet: &Transport<'_>) -> Option<Begins> {
        match self {
            Self::Watched(talk, _) => {
                let replaced = talk.is_replaced_by(talk.side_of(way), packet);
                replaced.then_some(Begins::Another)
            }
            Self::Decided(memory, _) => memory.begins(way, packet),
        }
    }

    /// Whether a packet in this tunnel belongs to this conversation. The first rule that applies:
    ///
    /// 1. The conversation was seen in that tunnel: yes.
    /// 2. Its opening comes again, through another tunnel: yes.
    /// 3. The packet opens another conversation, or acknowledges something else than what the conversation has sent: no.
    /// 4. It is the first of its side in a tunnel: perhaps.
    pub(super) fn fits(&self, way: Way, packet: &Transport<'_>, outer: &Outer) -> Fit {
        let (side, overlay) = match self {
            Self::Watched(talk, _) => (talk.side_of(way), talk.overlay.as_ref()),
            Self::Decided(memory, overlay) => (memory.side_of(way), overlay.as_ref()),
        };
        let fit = overlay.map_or(Fit::Perhaps, |overlay| overlay.fits(side, outer));
        let Transport::Tcp(segment) = packet else {
            return fit;
        };
        match (fit, self.opens_again(segment)) {
            (Fit::No, Some(true)) => Fit::Yes,
            (Fit::Perhaps, Some(false)) => Fit::No,
            (Fit::Perhaps, _) if !self.is_acknowledged_by(side, segment) => Fit::No,
            (fit, _) => fit,
        }
    }

    /// Whether a SYN is that of this conversation; `None` for what is no SYN, and when that was not seen.
    fn opens_again(&self, segment: &Segment<'_>) -> Option<bool> {
        let isn = match self {
            Self::Watched(talk, _) => talk.carrier.tcp().and_then(|tcp| tcp.isn),
            Self::Decided(Memory::Tcp(memory), _) => memory.isn(),
            Self::Decided(Memory::Quic(_), _) => None,
        };
        let opens = segment.flags.syn() && !segment.flags.ack();
        isn.filter(|_| opens).map(|isn| isn == segment.seq)
    }

    /// Whether a segment of this side acknowledges about as much as the other side has sent.
    fn is_acknowledged_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        /// Larger than any window that a handshake fills.
        const NEAR: u32 = 1 << 20;
        let next = match self {
            Self::Watched(talk, _) => talk.streams[side.other()].next_seq(),
            Self::Decided(Memory::Tcp(memory), _) => memory.next(side.other()),
            Self::Decided(Memory::Quic(_), _) => None,
        };
        let is_near = |next: u32| segment.ack.wrapping_sub(next).wrapping_add(NEAR) < 2 * NEAR;
        !segment.flags.ack() || next.is_none_or(is_near)
    }

    /// How many handshakes were decided on this TCP connection, this one included.
    pub(super) const fn again(&self) -> u8 {
        match self {
            Self::Decided(Memory::Tcp(memory), _) => memory.again.saturating_add(1),
            _ => 0,
        }
    }
}

impl Memory {
    fn of(talk: &Conversation) -> Self {
        match &talk.carrier {
            Carrier::Tcp(tcp) => Self::Tcp(TcpMemory::of(talk, tcp)),
            Carrier::Quic(quic) => Self::Quic(Box::new(quic.ids())),
        }
    }

    fn side_of(&self, way: Way) -> Side {
        match self {
            Self::Tcp(memory) => memory.side_of(way),
            // Of a QUIC connection that is decided both sides have been heard.
            Self::Quic(_) => Side::Client,
        }
    }

    fn begins(&self, way: Way, packet: &Transport<'_>) -> Option<Begins> {
        match (self, packet) {
            (Self::Tcp(memory), Transport::Tcp(segment)) => memory.begins(way, segment),
            (Self::Quic(ids), Transport::Udp(datagram)) => {
                (quic::opens_connection(datagram.payload) && ids.are_left_by(datagram))
                    .then_some(Begins::Another)
            }
            _ => None,
        }
    }
}

impl TcpMemory {
    const ISN: u8 = 1;
    const NEXT: Sides<u8> = Sides {
        client: 2,
        server: 4,
    };

    fn of(talk: &Conversation, tcp: &Tcp) -> Self {
        let mut known = 0;
        let mut keep = |number: Option<u32>, bit| {
            known |= number.map_or(0, |_| bit);
            number.unwrap_or_default()
        };
        let next = |side: Side| talk.streams[side].next_seq().filter(|_| tcp.end.is_none());
        Self {
            isn: keep(tcp.isn, Self::ISN),
            next: Sides {
                client: keep(next(Side::Client), Self::NEXT.client),
                server: keep(next(Side::Server), Self::NEXT.server),
            },
            known,
            client_way: talk.client_way,
            sequel: Sequel::of(talk, tcp),
            again: talk.again,
        }
    }

    fn isn(&self) -> Option<u32> {
        (self.known & Self::ISN != 0).then_some(self.isn)
    }

    fn next(&self, side: Side) -> Option<u32> {
        (self.known & Self::NEXT[side] != 0).then_some(self.next[side])
    }

    fn side_of(&self, way: Way) -> Side {
        if way == self.client_way {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// What a segment begins. The first rule that applies:
    ///
    /// 1. A SYN with another initial sequence number: another connection. The same one again is a retransmission.
    /// 2. A ClientHello of a client that had not spoken: it begins after all.
    /// 3. A ClientHello behind what was seen, in the clear: another session in the same connection.
    /// 4. A handshake record behind what was seen, where TLS 1.2 or before was established: renegotiation.
    fn begins(&self, way: Way, segment: &Segment<'_>) -> Option<Begins> {
        let opens = segment.flags.syn() && !segment.flags.ack();
        if opens {
            return (self.isn() != Some(segment.seq)).then_some(Begins::Another);
        }
        // All that follows is a handshake record.
        if segment.payload.first() != Some(&22) {
            return None;
        }
        if self.sequel == Sequel::Begin && begin::is_hello(segment.payload) {
            return Some(Begins::Another);
        }
        let side = self.side_of(way);
        let is_new = self
            .next(side)
            .is_some_and(|next| segment.seq.wrapping_sub(next) < 1 << 31);
        match () {
            () if !is_new || self.again >= MAX_AGAIN => None,
            () if side == Side::Client && begin::is_whole_hello(segment.payload) => {
                Some(Begins::Another)
            }
            () if self.sequel == Sequel::Renegotiation
                && begin::is_handshake_record(segment.payload) =>
            {
                Some(Begins::Renegotiation(side))
            }
            () => None,
        }
    }
}

impl Sequel {
    fn of(talk: &Conversation, tcp: &Tcp) -> Self {
        if tcp.end.is_none() && !talk.has_client_word() {
            Self::Begin
        } else if talk.progress.is_established() && !talk.is_tls13() {
            Self::Renegotiation
        } else {
            Self::None
        }
    }
}
