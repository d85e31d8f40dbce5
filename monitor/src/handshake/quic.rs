//! A QUIC connection as a conversation: its CRYPTO frames are put in order and read as TLS is from TCP.
//!
//! **Established** is inferred, not seen: after the ServerHello everything is encrypted. A client sends 1-RTT packets only
//! once it has accepted the server's Finished and sent its own, so its first one counts as its Finished; when the server has
//! sent 1-RTT packets too, before or after, the handshake counts as established, and else when it raises no objection in
//! time, as over TCP. A server that sends early and then refuses the client's certificate closes in packets that nobody else
//! can open: that refusal is not seen.

use super::{Carrier, Conversation, FirstSight, Preamble};
use crate::flow::{Quic, Side};
use crate::frame::{Direction, Timestamp};
use crate::stream::{Gap, Piece};
use crate::tls::{Deframer, Item, alert};
use crate::wire::Datagram;
use crate::wire::quic::{Frame, Packet, Packets};

/// Handshake messages do not reach farther than this in the CRYPTO stream of an Initial packet.
const MAX_OFFSET: u64 = 1 << 30;

impl Conversation {
    /// A QUIC connection of which nothing is known but that it began.
    pub fn over_quic(sight: &FirstSight) -> Box<Self> {
        let mut talk = Self::new(sight);
        talk.carrier = Carrier::Quic(Box::default());
        talk.preamble = Preamble::none();
        for side in [Side::Client, Side::Server] {
            talk.streams[side].begin(0);
            talk.deframers[side] = Deframer::of_messages();
        }
        talk
    }

    /// How often the client has knocked.
    pub fn knocks(&self) -> u32 {
        match &self.carrier {
            Carrier::Tcp(tcp) => tcp.syns,
            Carrier::Quic(quic) => {
                let again = quic.seen.client.initial.saturating_sub(self.hello_segments);
                again.saturating_add(1)
            }
        }
    }

    /// An Initial packet for an ID that is none of this connection, with keys of its own: another connection. A client that
    /// was asked to prove its address, or to speak another version, goes on under a new ID.
    pub(super) fn is_replaced_by_datagram(&self, from: Side, datagram: &Datagram<'_>) -> bool {
        let Some(quic) = self.carrier.quic() else {
            return false;
        };
        let may_go_on = quic.negotiation.is_some() || !quic.is_keyed();
        from == Side::Client
            && !may_go_on
            && quic.ids().are_left_by(datagram)
            && Quic::proves_client(datagram)
    }

    pub(super) fn push_datagram(&mut self, from: Side, datagram: &Datagram<'_>, now: Timestamp) {
        let Carrier::Quic(mut quic) = std::mem::take(&mut self.carrier) else {
            return;
        };
        let from = self.true_side(from, &mut quic, datagram);
        let before = self.client_bytes();
        let had_hello = self.progress.client_hello.is_some();
        quic.note(from, datagram, now, &mut |from, at, frame| {
            self.frame(from, frame, at);
        });
        if !had_hello && self.client_bytes() > before {
            self.hello_segments = self.hello_segments.saturating_add(1);
        }
        self.note_cut(from, datagram);
        self.joined_late = !quic.is_keyed() && self.streams.client.gap().is_none();
        self.infer_finished(&quic);
        self.carrier = Carrier::Quic(quic);
    }

    /// Which side sent it. Until the client is known by its keys, that is a guess from the ports, and may be wrong.
    fn true_side(&mut self, from: Side, quic: &mut Quic, datagram: &Datagram<'_>) -> Side {
        if from == Side::Client || quic.is_keyed() || !Quic::proves_client(datagram) {
            return from;
        }
        std::mem::swap(&mut self.endpoints.client, &mut self.endpoints.server);
        self.client_way = self.client_way.back();
        self.client_direction = match self.client_direction {
            Direction::Ingress => Direction::Egress,
            Direction::Egress => Direction::Ingress,
            Direction::Unknown => Direction::Unknown,
        };
        quic.turn_round();
        Side::Client
    }

    /// How many bytes of the client's handshake messages have come, in order or not.
    fn client_bytes(&self) -> u64 {
        let stream = &self.streams.client;
        let waiting = u64::try_from(stream.buffered()).unwrap_or(u64::MAX);
        u64::from(stream.bytes()).saturating_add(waiting)
    }

    fn frame(&mut self, from: Side, frame: Frame<'_>, at: Timestamp) {
        match frame {
            Frame::Ack => {}
            Frame::Crypto { offset, data } => self.crypto(from, offset, data, at),
            Frame::Close { error, .. } => self.close(from, error, at),
        }
    }

    fn crypto(&mut self, from: Side, offset: u64, data: &[u8], at: Timestamp) {
        let place = u32::try_from(offset.min(MAX_OFFSET));
        if let (Ok(seq), Ok(wire_len)) = (place, u32::try_from(data.len())) {
            let piece = Piece {
                seq,
                bytes: data,
                wire_len,
            };
            self.read(from, piece, at);
        }
    }

    /// A CONNECTION_CLOSE that stands for a TLS alert (RFC 9001 section 4.8); of each side the first.
    fn close(&mut self, from: Side, error: u64, at: Timestamp) {
        let alert = error.checked_sub(0x0100).map(u8::try_from);
        let said = self.progress.alerts.iter().any(|alert| alert.from == from);
        if let (Some(Ok(description)), false) = (alert, said) {
            let level = alert::FATAL;
            self.progress
                .step(from, Item::Alert { level, description }, at);
        }
    }

    /// The capture cut an Initial packet: it cannot be opened, and what was in it will be missing.
    fn note_cut(&mut self, from: Side, datagram: &Datagram<'_>) {
        let known = match from {
            Side::Client => self.progress.client_hello.is_some(),
            Side::Server => self.progress.server_hello.is_some(),
        };
        let is_cut = |packet| matches!(packet, Packet::Initial(initial) if initial.is_cut);
        if !known && Packets::new(datagram.payload, datagram.payload_len).any(is_cut) {
            self.streams[from].give_up(Gap::Truncated);
        }
    }

    fn infer_finished(&mut self, quic: &Quic) {
        let progress = &mut self.progress;
        let first = quic.seen.client.one_rtt;
        if let Some(at) = first.filter(|_| progress.server_hello.is_some()) {
            progress.sides.client.finished.get_or_insert(at);
            // What is left of the ClientHello may be on its way, out of order.
            progress.accepted |=
                progress.client_hello.is_some() && quic.seen.server.one_rtt.is_some();
        }
    }
}
