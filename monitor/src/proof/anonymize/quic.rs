//! The datagrams of a QUIC connection, replaced. Who knows the client's first connection ID can open its Initial packets (RFC 9001
//! section 5.2), so these are opened, gone through as the messages of TCP are, and protected again:
//!
//! 1. Connection IDs and tokens become others of the same length, and the keys are those that follow from the other IDs.
//! 2. Handshake messages in CRYPTO frames are replaced as the stream that they make together: a name may lie in two packets.
//! 3. What a CONNECTION_CLOSE says in words is replaced; acknowledgements stay, and what is no frame is zeroed.
//! 4. Of packets that only the two ends can open their headers stay, under the other IDs.
//! 5. At an Initial packet that cannot be opened the datagram is cut off.

mod crypto;
mod header;

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Key, words};
use crate::flow::{Opener, Side, Sides};
use crate::proof::Proof;
use crate::proof::redact::{offset_in, quic::placed};
use crate::wire::Transport;
use crate::wire::quic::{ConnectionId, Frame, Head, Keys, Opened, Packet, Sender};
use crypto::{Crypto, Piece};

/// The payload of each packet of the proof that is a datagram, by its number; shorter where it is cut off.
pub(super) fn replaced(proof: &Proof, key: &Key) -> Vec<Option<Vec<u8>>> {
    let datagrams = datagrams(proof);
    let talk = Talk::of(&datagrams);
    let sealed = talk.sealed(key);
    let mut made = vec![None; proof.packets.len()];
    for datagram in &datagrams {
        if let Some(place) = made.get_mut(datagram.number) {
            *place = Some(talk.replaced(datagram, &sealed, key));
        }
    }
    made
}

struct Datagram<'a> {
    number: usize,
    from: Side,
    payload: &'a [u8],
    wire_len: u32,
}

fn datagrams(proof: &Proof) -> Vec<Datagram<'_>> {
    let packets = proof.packets.iter().enumerate();
    let datagrams = packets.filter_map(|(number, packet)| {
        let decoded = packet.decode()?;
        let Transport::Udp(datagram) = decoded.transport else {
            return None;
        };
        let source = (decoded.source, datagram.source_port);
        let destination = (decoded.destination, datagram.destination_port);
        Some(Datagram {
            number,
            from: proof.side_of(source, destination).unwrap_or(Side::Client),
            payload: datagram.payload,
            wire_len: datagram.payload_len,
        })
    });
    datagrams.collect()
}

/// A packet by the number of its datagram, and by where it begins there.
type Where = (usize, usize);

/// What a connection said that anyone can read. Its legs carry the same packets.
#[derive(Default)]
struct Talk {
    opener: Opener,
    initials: BTreeMap<Where, Initial>,
    crypto: Sides<Crypto>,
    /// The IDs under which each side wants to receive.
    ids: Sides<Vec<ConnectionId>>,
}

/// An Initial packet that was opened.
struct Initial {
    from: Side,
    head: Head,
    /// What its keys follow from.
    id: ConnectionId,
    opened: Opened,
    /// What of its payload is to be replaced.
    pieces: Vec<Piece>,
    words: Vec<Range<usize>>,
    rest: Range<usize>,
}

impl Talk {
    fn of(datagrams: &[Datagram<'_>]) -> Self {
        let mut talk = Self::default();
        // A server's packet may come before the client's that gives the keys.
        loop {
            let before = talk.initials.len();
            for datagram in datagrams {
                talk.open(datagram);
            }
            if talk.initials.len() == before {
                break;
            }
        }
        for initial in talk.initials.values_mut() {
            initial.note(&mut talk.crypto[initial.from]);
        }
        talk
    }

    fn open(&mut self, datagram: &Datagram<'_>) {
        for (place, packet) in placed(datagram.payload, datagram.wire_len) {
            match &packet {
                Packet::Initial(initial) => {
                    self.learn(datagram.from, &initial.head);
                    let at = (datagram.number, place.start);
                    if self.initials.contains_key(&at) {
                        continue;
                    }
                    let opened = self.opener.open_by(datagram.from, initial);
                    let new = opened
                        .map(|opened| (at, Initial::new(datagram.from, initial.head, opened)));
                    self.initials.extend(new);
                }
                Packet::Handshake(head) | Packet::Retry(head) => self.learn(datagram.from, head),
                _ => {}
            }
        }
    }

    fn learn(&mut self, from: Side, head: &Head) {
        if !self.ids[from].contains(&head.source) {
            self.ids[from].push(head.source);
        }
    }

    /// The Initial packets, replaced and protected.
    fn sealed(&self, key: &Key) -> BTreeMap<Where, Vec<u8>> {
        let crypto = Sides {
            client: self.crypto.client.replaced(key),
            server: self.crypto.server.replaced(key),
        };
        let initials = self.initials.iter();
        initials
            .filter_map(|(at, initial)| Some((*at, initial.sealed(&crypto[initial.from], key)?)))
            .collect()
    }

    fn replaced(
        &self,
        datagram: &Datagram<'_>,
        sealed: &BTreeMap<Where, Vec<u8>>,
        key: &Key,
    ) -> Vec<u8> {
        let mut made = Vec::with_capacity(datagram.payload.len());
        for (place, packet) in placed(datagram.payload, datagram.wire_len) {
            let bytes = datagram.payload.get(place.clone()).unwrap_or_default();
            let other = match packet {
                Packet::Initial(_) => sealed.get(&(datagram.number, place.start)).cloned(),
                Packet::ZeroRtt(head) | Packet::Handshake(head) => header::only(bytes, &head, key),
                Packet::Retry(head) => {
                    let original = self.opener.ids().next();
                    let is_whole = bytes.len() == datagram.wire_len as usize;
                    original
                        .filter(|_| is_whole)
                        .and_then(|original| header::retry(bytes, &head, &original, key))
                }
                Packet::VersionNegotiation(head, _) => Some(header::other_ids(bytes, &head, key)),
                Packet::OneRtt(_) => {
                    let ids = &self.ids[datagram.from.other()];
                    Some(header::short(bytes, ids, key))
                }
            };
            match other {
                Some(other) => made.extend(other),
                None => return made,
            }
        }
        if !made.is_empty() {
            made.resize(datagram.payload.len(), 0);
        }
        made
    }
}

impl Initial {
    fn new(from: Side, head: Head, (id, opened): (ConnectionId, Opened)) -> Self {
        Self {
            from,
            head,
            id,
            opened,
            pieces: Vec::new(),
            words: Vec::new(),
            rest: 0..0,
        }
    }

    /// Finds what is to be replaced.
    fn note(&mut self, crypto: &mut Crypto) {
        let payload = self.opened.payload();
        let place = |part: &[u8]| {
            let at = offset_in(payload, part);
            at..at + part.len()
        };
        let mut frames = self.opened.frames();
        for frame in frames.by_ref() {
            match frame {
                Frame::Crypto { offset, data } => {
                    self.pieces.push(crypto.take(offset, data, place(data)));
                }
                Frame::Close { reason, .. } => self.words.push(place(reason)),
                Frame::Ack => {}
            }
        }
        // PADDING and PING say nothing.
        let rest = frames.rest();
        let quiet = rest.iter().take_while(|byte| **byte <= 1).count();
        self.rest = payload.len() - rest.len() + quiet..payload.len();
    }

    fn sealed(&self, crypto: &[Vec<u8>], key: &Key) -> Option<Vec<u8>> {
        let mut opened = self.opened.clone();
        let (header, payload) = opened.parts_mut();
        header::replace_ids(header, &self.head, key);
        header::replace_token(header, &self.head, key)?;
        for piece in &self.pieces {
            let place = payload.get_mut(piece.place.clone())?;
            match piece.said_in(crypto) {
                Some(said) => place.copy_from_slice(said),
                None => place.fill(0),
            }
        }
        for place in &self.words {
            words::replace(payload.get_mut(place.clone())?, key);
        }
        payload.get_mut(self.rest.clone())?.fill(0);
        let sender = match self.from {
            Side::Client => Sender::Client,
            Side::Server => Sender::Server,
        };
        let id = header::other_id(&self.id, key);
        Keys::derive(self.head.version, &id, sender)?.protect(opened)
    }
}
