//! What is kept of each packet: what the verdict needs, and no application data.
//!
//! 1. Headers, and TCP segments without data, are kept as they are.
//! 2. TLS records of types handshake, alert and change_cipher_spec are kept.
//! 3. Of an application_data record the five bytes of its header are kept. Its body is zeroed, whatever is in it: in TLS 1.3
//!    nobody on the path can tell a Finished from a request.
//! 4. Of text before TLS, or in place of it, the words that protocols are made of are kept ([`text`]); letters and digits of
//!    anything else become `x`, and bytes that are no text become zero. A PROXY protocol header is kept.
//! 5. Of QUIC, Initial, Retry and Version Negotiation packets are kept, of all others what their headers say ([`quic`]).
//! 6. What is none of these, or cannot be placed because bytes before it are missing, is zeroed.
//!
//! Lengths stay, so that a replay sees the same packets; checksums of what was changed are made anew.

pub(super) mod quic;
mod stream;
mod text;

use std::net::IpAddr;

use hashbrown::HashMap;

use super::checksum;
use super::kept::{Packet, Proof};
use crate::flow::{Side, Sides};
use crate::wire::{Segment, Transport};
pub(super) use stream::{Start, Stream, ssl2_hello};

/// Where a packet's payload lies, and where in its stream it belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// From the first byte of the packet.
    pub(super) payload_at: usize,
    pub(super) payload_len: usize,
    /// From the first byte of the stream; none where the stream is not followed that far.
    pub(super) offset: Option<usize>,
}

/// The two directions of one connection, with the place of each packet in them.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) streams: Sides<Stream>,
    pub(super) places: Vec<(usize, Side, Place)>,
}

/// A connection by its ends: the client's, then the server's.
type Ends = ((IpAddr, u16), (IpAddr, u16));

/// Takes out what is not needed.
pub fn redact(proof: &mut Proof) {
    for connection in connections(proof).into_values() {
        let kept = kept(&connection.streams);
        for (number, side, place) in &connection.places {
            if let Some(packet) = proof.packets.get_mut(*number) {
                put_back(packet, *place, &kept[*side]);
            }
        }
    }
    for packet in &mut proof.packets {
        redact_datagram(packet);
    }
}

/// The streams of a proof, a pair for each leg.
pub(super) fn connections(proof: &Proof) -> HashMap<Ends, Connection> {
    let mut connections: HashMap<Ends, Connection> = HashMap::new();
    for (number, packet) in proof.packets.iter().enumerate() {
        let Some(decoded) = packet.decode() else {
            continue;
        };
        let Transport::Tcp(segment) = &decoded.transport else {
            continue;
        };
        let source = (decoded.source, segment.source_port);
        let destination = (decoded.destination, segment.destination_port);
        let side = proof.side_of(source, destination).unwrap_or(Side::Client);
        let ends = match side {
            Side::Client => (source, destination),
            Side::Server => (destination, source),
        };
        let connection = connections.entry(ends).or_default();
        let place = connection.place(side, packet, segment);
        connection.places.push((number, side, place));
    }
    connections
}

impl Connection {
    fn place(&mut self, side: Side, packet: &Packet, segment: &Segment<'_>) -> Place {
        Place {
            payload_at: offset_in(&packet.network, segment.payload),
            payload_len: segment.payload.len(),
            offset: self.streams[side].take(segment),
        }
    }
}

/// Where each direction of a connection turns to TLS.
pub(super) fn starts(connection: &Connection) -> Sides<Start> {
    stream::tls_starts(&connection.streams)
}

/// What is kept of both directions: the same length, the rest zeroed.
fn kept(streams: &Sides<Stream>) -> Sides<Vec<u8>> {
    let start = stream::tls_starts(streams);
    Sides {
        client: stream::kept(&streams.client, start.client),
        server: stream::kept(&streams.server, start.server),
    }
}

/// Puts a part of a stream into the packet that carried it; zeros where the stream was not followed.
pub(super) fn put_back(packet: &mut Packet, place: Place, stream: &[u8]) {
    let Some(payload) = packet
        .network
        .get_mut(place.payload_at..place.payload_at + place.payload_len)
    else {
        return;
    };
    if payload.is_empty() {
        return;
    }
    let part = place
        .offset
        .and_then(|at| stream.get(at..at + payload.len()));
    match part {
        Some(part) if part == payload => return,
        Some(part) => payload.copy_from_slice(part),
        None => payload.fill(0),
    }
    checksum::renew(packet);
}

fn redact_datagram(packet: &mut Packet) {
    let Some(decoded) = packet.decode() else {
        // What cannot be read cannot be told to be harmless.
        packet
            .network
            .iter_mut()
            .skip(60)
            .for_each(|byte| *byte = 0);
        return;
    };
    let Transport::Udp(datagram) = decoded.transport else {
        return;
    };
    let at = offset_in(&packet.network, datagram.payload);
    let hidden = quic::hidden(datagram.payload, datagram.payload_len);
    if hidden.is_empty() {
        return;
    }
    for range in hidden {
        let range = at + range.start..at + range.end;
        if let Some(bytes) = packet.network.get_mut(range) {
            bytes.fill(0);
        }
    }
    checksum::renew(packet);
}

/// Where a part of a slice lies in it; an empty part may lie anywhere.
pub(super) fn offset_in(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr().addr()).saturating_sub(whole.as_ptr().addr())
}
