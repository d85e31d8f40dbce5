//! One connection and the handshake in it.

use super::followed::{Followed, TlsFrom};
use super::vanished::Held;
use super::{Carrier, Deadlines, Doubt, FirstBytes, Preamble, Progress};
use crate::flow::{Endpoint, Overlay, Quic, Refused, Side, Sides, Tcp, Way};
use crate::frame::{Direction, InterfaceId, Timestamp};
use crate::stream::{Gap, Piece, Stream};
use crate::tls::Deframer;
use crate::wire::{Outer, Segment, Transport, Unreachable};

/// A TCP or QUIC connection, its two streams, and how far the handshake in them has come.
#[derive(Debug)]
pub struct Conversation {
    /// Who opened it, and who was asked.
    pub endpoints: Sides<Endpoint>,
    /// Which way the client's packets go between the two.
    pub client_way: Way,
    /// When its first packet was seen.
    pub begun: Timestamp,
    /// The interface that saw it first.
    pub interface: InterfaceId,
    /// Which way the client's packets pass that interface.
    pub client_direction: Direction,
    /// Its beginning was not captured: the first packet was no SYN; of QUIC, none of the client's Initial packets was opened.
    pub joined_late: bool,
    /// What carries it, and what that showed.
    pub carrier: Carrier,
    /// Both directions, put in order.
    pub streams: Sides<Stream>,
    /// How far the handshake has come.
    pub progress: Progress,
    /// How many segments or datagrams carried the ClientHello.
    pub hello_segments: u32,
    /// The first bytes of each direction; behind the preamble, where there is one.
    pub first_bytes: Sides<FirstBytes>,
    /// What stands before TLS in the streams.
    pub preamble: Preamble,
    /// The tunnel that the first packet came through; its source is on the client's side.
    pub tunnel: Option<Box<Outer>>,
    /// All tunnels that it was seen in; none where it came through none.
    pub overlay: Option<Box<Overlay>>,
    /// How many handshakes were decided before on the same connection.
    pub again: u8,
    /// What [`Self::buffered`] was when it was counted last.
    pub counted: u32,
    /// What is to be said against the server's certificate; looked at when the handshake is completed.
    pub doubt: Doubt,
    /// It is one of several connections that carry its handshake past several interfaces, or may be; none until asked.
    pub is_leg: Option<bool>,
    pub(super) deframers: Sides<Deframer>,
    /// Where each direction's TLS begins.
    tls_from: TlsFrom,
    /// What the server acknowledged of an older connection.
    past_ack: Option<u32>,
    /// When bytes last came in order, and whose.
    pub(super) moved: Option<(Timestamp, Side)>,
    /// Bytes of each side that wait behind a hole.
    pub(super) held: Sides<Option<Box<Held>>>,
}

/// Where and when a conversation was first seen.
#[derive(Clone, Copy, Debug)]
pub struct FirstSight {
    /// Who opened it, and who was asked.
    pub endpoints: Sides<Endpoint>,
    /// Which way the client's packets go between the two.
    pub client_way: Way,
    /// When.
    pub at: Timestamp,
    /// On which interface.
    pub interface: InterfaceId,
    /// Which way the client's packets pass that interface.
    pub client_direction: Direction,
    /// Not from its SYN.
    pub joined_late: bool,
    /// The tunnel that the first packet came through; its source is on the client's side.
    pub tunnel: Option<Outer>,
}

impl Conversation {
    /// A conversation of which nothing is known but that it began. It is made where it stays, for its size.
    pub fn new(sight: &FirstSight) -> Box<Self> {
        Box::new(Self {
            endpoints: sight.endpoints,
            client_way: sight.client_way,
            begun: sight.at,
            interface: sight.interface,
            client_direction: sight.client_direction,
            joined_late: sight.joined_late,
            carrier: Carrier::default(),
            streams: Sides::default(),
            progress: Progress::default(),
            hello_segments: 0,
            first_bytes: Sides::default(),
            preamble: Preamble::default(),
            tunnel: sight.tunnel.map(Box::new),
            overlay: None,
            again: 0,
            counted: 0,
            doubt: Doubt::default(),
            is_leg: None,
            deframers: Sides::default(),
            tls_from: TlsFrom::default(),
            past_ack: None,
            moved: None,
            held: Sides::default(),
        })
    }

    /// A handshake inside an established connection of TLS 1.2 or before: all of it is encrypted, so it is told by the types
    /// of records. `seq` is where its first record stands.
    pub fn renegotiation(sight: &FirstSight, seq: u32) -> Box<Self> {
        let mut talk = Self::new(sight);
        talk.preamble = Preamble::none();
        talk.progress.renegotiates = true;
        talk.deframers.client = Deframer::of_ciphered();
        talk.deframers.server = Deframer::of_ciphered();
        if let Carrier::Tcp(tcp) = &mut talk.carrier {
            tcp.isn = Some(seq);
        }
        talk
    }

    /// Which side sends packets that go this way.
    pub fn side_of(&self, way: Way) -> Side {
        if way == self.client_way {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// A SYN, or a client's Initial packet, that cannot belong to this connection: the same addresses and ports begin anew.
    #[inline]
    pub fn is_replaced_by(&self, from: Side, packet: &Transport<'_>) -> bool {
        match packet {
            Transport::Tcp(segment) => self.is_replaced_by_segment(from, segment),
            Transport::Udp(datagram) => self.is_replaced_by_datagram(from, datagram),
            Transport::Unreachable(_) => false,
        }
    }

    #[inline]
    fn is_replaced_by_segment(&self, from: Side, segment: &Segment<'_>) -> bool {
        let opens = segment.flags.syn() && !segment.flags.ack();
        opens && (from == Side::Server || self.joined_late || self.is_not_its_syn(segment))
    }

    fn is_not_its_syn(&self, syn: &Segment<'_>) -> bool {
        let isn = self.carrier.tcp().and_then(|tcp| tcp.isn);
        isn.is_some_and(|isn| isn != syn.seq)
    }

    /// Takes a packet of this connection.
    pub fn push(&mut self, from: Side, packet: &Transport<'_>, now: Timestamp) {
        match packet {
            Transport::Tcp(segment) => self.push_segment(from, segment, now),
            Transport::Udp(datagram) => self.push_datagram(from, datagram, now),
            Transport::Unreachable(answer) => self.push_unreachable(from, answer, now),
        }
    }

    /// An answer that something to this side did not get there.
    fn push_unreachable(&mut self, side: Side, answer: &Unreachable, at: Timestamp) {
        let Unreachable { by, why, seq, .. } = *answer;
        let refused = Refused { by, why, at };
        match &mut self.carrier {
            Carrier::Tcp(tcp) => tcp.note_unreachable(side, seq, refused),
            Carrier::Quic(quic) => quic.note_unreachable(side, refused),
        }
    }

    fn push_segment(&mut self, from: Side, segment: &Segment<'_>, now: Timestamp) {
        if self.is_of_the_past(from, segment) {
            return;
        }
        let Carrier::Tcp(tcp) = &mut self.carrier else {
            return;
        };
        tcp.note(from, segment, now);
        let data_seq = segment.seq.wrapping_add(u32::from(segment.flags.syn()));
        if segment.flags.syn() {
            self.streams[from].begin(data_seq);
        }
        if segment.flags.ack() && !segment.flags.rst() {
            self.streams[from.other()].peer_acked(segment.ack);
            self.note_asking(from, segment.ack);
        }
        if !segment.flags.rst() {
            let piece = Piece {
                seq: data_seq,
                bytes: segment.payload,
                wire_len: segment.payload_len,
            };
            let had_hello = self.progress.client_hello.is_some();
            self.read(from, piece, now);
            self.note_hole(from, now);
            if !had_hello && self.progress.client_hello.is_some() {
                let before = self.tls_from.client_segments.into();
                self.hello_segments = self.streams.client.segments().saturating_sub(before);
            }
        }
        if segment.flags.fin() {
            self.streams[from].finish(data_seq.wrapping_add(segment.payload_len));
        }
        if let (true, Carrier::Tcp(tcp)) = (self.streams[from].is_finished(), &mut self.carrier) {
            let is_first = tcp.end.is_none();
            tcp.note_close(from, now);
            tcp.left_early |= is_first && from == Side::Client && self.streams.server.bytes() == 0;
        }
    }

    /// Takes note of the tunnel that a packet of this side came through.
    pub fn note_tunnel(&mut self, from: Side, outer: &Outer) {
        self.overlay.get_or_insert_default().note(from, outer);
    }

    /// When the silence of this conversation becomes a finding. A retransmission does not put it off.
    pub fn deadline(&self, deadlines: &Deadlines) -> Timestamp {
        if let Some(negotiation) = self.carrier.negotiated_away() {
            return negotiation.at.plus(deadlines.objection);
        }
        if let (true, Some(end)) = (self.awaits_last_word(), self.carrier.end()) {
            return end.at.plus(deadlines.objection);
        }
        match self.last_step() {
            Some(finished) => finished.plus(deadlines.objection),
            None => self
                .next_word(deadlines)
                .unwrap_or_else(|| self.opening_deadline(deadlines)),
        }
    }

    /// The Finished behind which nothing more has to come: in TLS 1.3 the client's, before that the second.
    fn last_step(&self) -> Option<Timestamp> {
        let sides = &self.progress.sides;
        if self.is_tls13() {
            return sides.client.finished;
        }
        let last = sides.client.finished.max(sides.server.finished);
        last.filter(|_| self.progress.is_established())
    }

    /// A certificate was sent in the clear, or the client offered Encrypted Client Hello, and nobody has looked at it yet.
    pub fn is_unexamined(&self) -> bool {
        let progress = &self.progress;
        let hides = || self.is_tls13() && progress.offered_key().is_some();
        self.doubt == Doubt::Unexamined && (progress.certificates.is_some() || hides())
    }

    /// The client has sent its hello and closed its side, and the server may yet answer.
    pub fn awaits_last_word(&self) -> bool {
        let may_answer = |tcp: &Tcp| tcp.left_early && !tcp.is_over;
        self.carrier.tcp().is_some_and(may_answer) && self.progress.client_hello.is_some()
    }

    /// Whether TLS 1.3 was negotiated.
    pub fn is_tls13(&self) -> bool {
        self.progress.is_tls13
    }

    /// The server answered a hello that was not seen.
    pub fn lacks_hello(&self) -> bool {
        let asked = self.progress.client_hello.is_some() || self.progress.ssl2_hello.is_some();
        self.progress.server_hello.is_some() && !asked
    }

    /// Whether any packet of this side was seen.
    pub fn has_seen(&self, side: Side) -> bool {
        self.carrier.has_seen(side)
    }

    /// Why this side's bytes are not all there, if they are not.
    pub fn gap(&self, side: Side) -> Option<Gap> {
        let stream = &self.streams[side];
        stream
            .gap()
            .or_else(|| (stream.has_hole() || stream.lacks_acked_bytes()).then_some(Gap::Lost))
    }

    /// Whether the server acknowledged all that the client sent so far; of QUIC, any packet of it.
    pub fn hello_acked(&self) -> bool {
        self.streams
            .client
            .next_seq()
            .is_some_and(|seq| match &self.carrier {
                Carrier::Tcp(tcp) => tcp.has_acked(Side::Server, seq),
                Carrier::Quic(quic) => quic.seen.server.acked,
            })
    }

    /// Whether the other side has acknowledged all that this one has sent so far; of QUIC that cannot be told.
    pub fn has_all_of(&self, side: Side) -> bool {
        let next = self.streams[side].next_seq();
        let tcp = self.carrier.tcp();
        tcp.zip(next)
            .is_some_and(|(tcp, next)| tcp.has_acked(side.other(), next))
    }

    /// When bytes last came in order.
    pub fn last_moved(&self) -> Option<Timestamp> {
        self.moved.map(|(at, _)| at)
    }

    /// Whether anything in it was TLS.
    pub fn speaks_tls(&self) -> bool {
        let heard = &self.progress;
        heard.client_hello.is_some()
            || heard.ssl2_hello.is_some()
            || heard.renegotiates
            || heard.server_hello.is_some()
            || heard.certificate
            || !heard.alerts.is_empty()
            || self.first_bytes.client.is_handshake_record()
    }

    /// Something of the client was seen, be it behind a hole.
    pub fn client_spoke(&self) -> bool {
        let stream = &self.streams.client;
        self.joined_late || stream.bytes() > 0 || stream.has_hole()
    }

    /// The client has sent a hello, or something that cannot lead to one.
    pub fn has_client_word(&self) -> bool {
        self.joined_late || (self.streams.client.bytes() > 0 && !self.preamble.is_before_tls())
    }

    /// What the client said is not TLS, nor has it led to TLS.
    pub fn is_cleartext(&self) -> bool {
        self.progress.sides.client.not_tls || self.preamble.is_before_tls()
    }

    /// Forgets what waits for other bytes: there is no room for it.
    pub fn give_up(&mut self) {
        for side in [Side::Client, Side::Server] {
            self.streams[side].give_up(Gap::Overflow);
            self.deframers[side].gap();
            self.preamble.give_up(side);
        }
        if let Carrier::Quic(quic) = &mut self.carrier {
            quic.give_up();
        }
        self.progress.forget();
    }

    /// Memory held for bytes that wait for others.
    pub fn buffered(&self) -> usize {
        let held = |side: Side| self.streams[side].buffered() + self.deframers[side].buffered();
        let waiting = self.carrier.quic().map_or(0, Quic::buffered);
        let before_tls = self.preamble.buffered();
        held(Side::Client) + held(Side::Server) + waiting + before_tls + self.progress.memory()
    }

    /// Puts the piece in its place, steps over what stands before TLS, and follows the records that this completes.
    pub(super) fn read(&mut self, from: Side, piece: Piece<'_>, now: Timestamp) {
        if piece.wire_len == 0 {
            self.streams[from].begin(piece.seq);
        } else {
            self.put(from, piece, now);
        }
        if self.streams[from].gap().is_some() {
            self.deframers[from].gap();
            self.preamble.give_up(from);
        }
    }

    fn put(&mut self, from: Side, piece: Piece<'_>, now: Timestamp) {
        let segments_before = self.streams.client.segments();
        let mut followed = Followed {
            deframers: &mut self.deframers,
            progress: &mut self.progress,
            first_bytes: &mut self.first_bytes,
            tls_from: &mut self.tls_from,
            now,
        };
        let (preamble, moved) = (&mut self.preamble, &mut self.moved);
        self.streams[from].push(piece, &mut |bytes| {
            *moved = Some((now, from));
            followed.before(from, bytes);
            preamble.push(from, bytes, &mut |side, passage| {
                followed.take(side, passage, segments_before);
            });
        });
        if self.progress.retried || self.is_tls13() {
            self.deframers.client.set_tls13();
            self.deframers.server.set_tls13();
        }
    }

    /// A segment of an older connection under the same addresses and ports: the server still has that one, and answers the
    /// SYN with an acknowledgement for it; the client resets it, and sends its SYN again (RFC 9293 section 3.5.1).
    fn is_of_the_past(&mut self, from: Side, segment: &Segment<'_>) -> bool {
        let Some(tcp) = self.carrier.tcp() else {
            return false;
        };
        let (Some(isn), flags) = (tcp.isn, segment.flags) else {
            return false;
        };
        match from {
            Side::Server if tcp.is_only_opening() && flags.ack() && !flags.syn() => {
                let first = isn.wrapping_add(1);
                let sent = self.streams.client.next_seq().unwrap_or(first);
                let is_past = segment.ack.wrapping_sub(first) > sent.wrapping_sub(first);
                if is_past {
                    self.past_ack = Some(segment.ack);
                }
                is_past
            }
            Side::Server => false,
            Side::Client => flags.rst() && self.past_ack == Some(segment.seq),
        }
    }

    fn opening_deadline(&self, deadlines: &Deadlines) -> Timestamp {
        let syn = self.carrier.tcp().and_then(|tcp| tcp.syn);
        if let Some(held) = self.held.client.as_ref().or(self.held.server.as_ref()) {
            return held.since.plus(deadlines.answer);
        }
        match (self.carrier.opened(), syn) {
            (Some(connected), _) => connected.plus(deadlines.idle),
            (None, Some(syn)) => syn.plus(deadlines.connect),
            (None, None) => self.begun.plus(deadlines.answer),
        }
    }
}

/// What an allocator hands out fast: glibc's has a cache for up to 1,032 bytes.
const _: () = assert!(size_of::<Conversation>() <= 1032);
