//! What QUIC itself showed of a conversation: its packets by kind, its Initial packets opened, its end.

use smallvec::SmallVec;

use super::tcp::{End, Ending};
use super::{Refused, Side, Sides};
use crate::frame::Timestamp;
use crate::wire::Datagram;
use crate::wire::quic::{ConnectionId, Frame, Head, Initial, Packet, Packets, Version};

mod ids;
mod opener;
mod waiting;

pub use ids::QuicIds;
pub use opener::Opener;
use waiting::Waiting;

/// How many connection IDs of a side are remembered.
const MAX_IDS: usize = 4;
/// How many versions of a Version Negotiation are kept.
const MAX_VERSIONS: usize = 8;

/// What one side's packets showed.
#[derive(Clone, Debug, Default)]
pub struct QuicSeen {
    /// Datagrams of this side that held a packet of this connection.
    pub datagrams: u32,
    /// Initial packets that were opened.
    pub initial: u32,
    /// Handshake packets: only the two ends can open them.
    pub handshake: u32,
    /// 0-RTT packets.
    pub zero_rtt: u32,
    /// When the first 1-RTT packet came.
    pub one_rtt: Option<Timestamp>,
    /// It has acknowledged Initial packets of the other side.
    pub acked: bool,
    /// The IDs under which it wants to receive.
    ids: SmallVec<[ConnectionId; 1]>,
}

/// The server said that it does not speak the client's version.
#[derive(Clone, Debug)]
pub struct Negotiation {
    /// When.
    pub at: Timestamp,
    /// The versions that it speaks, the first eight of them.
    pub versions: SmallVec<[Version; MAX_VERSIONS]>,
}

/// The QUIC facts of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Quic {
    /// The version of the client's last Initial packet that was opened.
    pub version: Option<Version>,
    /// What each side's packets showed.
    pub seen: Sides<QuicSeen>,
    /// The server had the client prove its address.
    pub retried: bool,
    /// The server does not speak the client's version.
    pub negotiation: Option<Negotiation>,
    /// The error code of the CONNECTION_CLOSE that ended it (RFC 9000 section 20.1).
    pub error: Option<u64>,
    /// Who said that the server's port cannot be reached.
    pub unreachable: Option<Refused>,
    /// The first end that was seen.
    pub end: Option<End>,
    /// Initial packets for which there was no room to wait.
    given_up: u32,
    opener: Opener,
    waiting: Waiting,
}

/// Takes the frames of opened Initial packets: who sent them, and when.
type Visit<'v> = &'v mut dyn FnMut(Side, Timestamp, Frame<'_>);

impl Quic {
    /// Takes a datagram of this conversation, and tells the frames in those Initial packets that can be opened now. Those
    /// that cannot, for the client's first has not been seen yet, wait for it.
    pub fn note(&mut self, from: Side, datagram: &Datagram<'_>, now: Timestamp, visit: Visit<'_>) {
        let known = self.known();
        let mut ours = false;
        for packet in Packets::new(datagram.payload, datagram.payload_len) {
            ours |= self.packet(from, packet, now, visit);
        }
        let seen = &mut self.seen[from];
        seen.datagrams = seen.datagrams.saturating_add(u32::from(ours));
        if self.known() != known {
            self.try_again(visit);
        }
    }

    /// A host said that `to` cannot be reached.
    pub fn note_unreachable(&mut self, to: Side, refused: Refused) {
        let Refused { why, at, .. } = refused;
        let is_first = self.seen.server.datagrams == 0 && self.end.is_none();
        if to == Side::Server && is_first && why.is_final() {
            self.unreachable = Some(refused);
            self.end = Some(End {
                by: to,
                how: Ending::Reset,
                at,
            });
        }
    }

    /// An Initial packet of the client has been opened.
    pub fn is_keyed(&self) -> bool {
        self.opener.len() > 0
    }

    /// Whether this datagram proves that its sender is the client: its Initial packet opens with the keys that follow from
    /// its own destination ID.
    pub fn proves_client(datagram: &Datagram<'_>) -> bool {
        let mut packets = Packets::new(datagram.payload, datagram.payload_len);
        packets.any(|packet| match packet {
            Packet::Initial(initial) => Opener::default().open(Side::Client, &initial).is_some(),
            _ => false,
        })
    }

    /// Who was taken for the client is the server.
    pub fn turn_round(&mut self) {
        std::mem::swap(&mut self.seen.client, &mut self.seen.server);
        self.waiting.turn_round();
    }

    /// What its packets are recognised by.
    pub fn ids(&self) -> QuicIds {
        let chosen = self.opener.ids();
        QuicIds {
            server: chosen.chain(self.seen.server.ids.iter().copied()).collect(),
            client: self.seen.client.ids.iter().copied().collect(),
        }
    }

    /// The ID that the client chose for the server at first.
    pub fn first_id(&self) -> Option<ConnectionId> {
        self.opener.ids().next()
    }

    /// Whether the client knocked, and the server has not answered by anything.
    pub fn is_only_opening(&self) -> bool {
        self.is_keyed() && self.seen.server.datagrams == 0
    }

    /// The server's last word, if it is that it does not speak the client's version.
    pub fn negotiated_away(&self) -> Option<&Negotiation> {
        let version = self.version.filter(|_| self.seen.server.initial == 0)?;
        self.negotiation
            .as_ref()
            .filter(|negotiation| !negotiation.versions.contains(&version))
    }

    /// Memory held for packets that wait for keys.
    pub fn buffered(&self) -> usize {
        self.waiting.bytes()
    }

    /// How many Initial packets were never opened.
    pub fn unopened(&self) -> u32 {
        self.given_up.saturating_add(self.waiting.long())
    }

    /// Forgets the packets that wait: there is no room for them.
    pub fn give_up(&mut self) {
        self.given_up = self.unopened();
        self.waiting = Waiting::default();
    }

    /// Takes one packet; whether it is of this connection, as far as can be told.
    fn packet(&mut self, from: Side, packet: Packet<'_>, now: Timestamp, visit: Visit<'_>) -> bool {
        match packet {
            Packet::Initial(initial) => self.initial(from, &initial, now, visit),
            Packet::ZeroRtt(_) => count(&mut self.seen[from].zero_rtt),
            Packet::Handshake(head) => {
                self.learn(from, &head);
                count(&mut self.seen[from].handshake)
            }
            Packet::Retry(head) if from == Side::Server => {
                self.learn(from, &head);
                self.retried = true;
                true
            }
            Packet::VersionNegotiation(_, versions) if from == Side::Server => {
                self.negotiate(versions, now)
            }
            Packet::OneRtt(bytes) => self.one_rtt(from, bytes, now),
            Packet::Retry(_) | Packet::VersionNegotiation(..) => false,
        }
    }

    fn initial(
        &mut self,
        from: Side,
        initial: &Initial<'_>,
        now: Timestamp,
        visit: Visit<'_>,
    ) -> bool {
        self.learn(from, &initial.head);
        let Some(opened) = self.opener.open(from, initial) else {
            let held = !initial.is_cut && self.waiting.hold(from, initial.bytes, now);
            self.given_up = self.given_up.saturating_add(u32::from(!held));
            // The server's first Initial packet is an answer, opened or not.
            return true;
        };
        if from == Side::Client {
            self.version = Some(initial.head.version);
        }
        for frame in opened.frames() {
            self.frame(from, frame, now);
            visit(from, now, frame);
        }
        count(&mut self.seen[from].initial)
    }

    fn frame(&mut self, from: Side, frame: Frame<'_>, at: Timestamp) {
        match frame {
            Frame::Ack => self.seen[from].acked = true,
            Frame::Crypto { .. } => {}
            Frame::Close { error, .. } => {
                if self.end.is_none() {
                    self.error = Some(error);
                    self.end = Some(End {
                        by: from,
                        how: Ending::Close,
                        at,
                    });
                }
            }
        }
    }

    /// A packet with a short header belongs to this connection when it begins with an ID of the other side. Before that
    /// side's IDs are known it waits.
    fn one_rtt(&mut self, from: Side, bytes: &[u8], now: Timestamp) -> bool {
        let ids = &self.seen[from.other()].ids;
        let to = bytes.get(1..).unwrap_or_default();
        if ids.iter().any(|id| to.starts_with(id.as_bytes())) {
            self.seen[from].one_rtt.get_or_insert(now);
            return true;
        }
        if ids.is_empty() {
            let kept = bytes.get(..=ConnectionId::MAX).unwrap_or(bytes);
            self.waiting.hold(from, kept, now);
        }
        false
    }

    fn negotiate(&mut self, list: &[u8], at: Timestamp) -> bool {
        let versions = list
            .chunks_exact(4)
            .filter_map(|bytes| bytes.first_chunk())
            .map(|bytes| Version(u32::from_be_bytes(*bytes)))
            .take(MAX_VERSIONS);
        self.negotiation.get_or_insert_with(|| Negotiation {
            at,
            versions: versions.collect(),
        });
        true
    }

    fn learn(&mut self, from: Side, head: &Head) {
        let ids = &mut self.seen[from].ids;
        if ids.len() < MAX_IDS && !ids.contains(&head.source) {
            ids.push(head.source);
        }
    }

    /// How many keys and IDs are known.
    fn known(&self) -> [usize; 3] {
        let Sides { client, server } = &self.seen;
        [self.opener.len(), client.ids.len(), server.ids.len()]
    }

    /// More keys or IDs are known than before: packets that waited may be told now, and may bring more of them.
    fn try_again(&mut self, visit: Visit<'_>) {
        let mut known = [0; 3];
        while self.waiting.bytes() > 0 && self.known() != known {
            known = self.known();
            self.tell_waiting(visit);
        }
    }

    fn tell_waiting(&mut self, visit: Visit<'_>) {
        for held in self.waiting.take() {
            let wire_len = u32::try_from(held.bytes.len()).unwrap_or(u32::MAX);
            for packet in Packets::new(&held.bytes, wire_len) {
                self.packet(held.from, packet, held.at, visit);
            }
        }
    }
}

fn count(counter: &mut u32) -> bool {
    *counter = counter.saturating_add(1);
    true
}
