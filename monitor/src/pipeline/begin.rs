//! Which packets begin a conversation, and who is the client in it.

use super::{Passing, Ports};
use crate::flow::{Side, Sides};
use crate::frame::Direction;
use crate::handshake::{Conversation, FirstSight};
use crate::wire::quic::opens_connection;
use crate::wire::{Datagram, Segment, Transport};

/// A conversation that begins with this packet, if it can begin one.
pub(super) fn conversation(passing: &Passing<'_>, ports: &Ports) -> Option<Box<Conversation>> {
    match passing.packet() {
        Transport::Tcp(segment) => over_tcp(passing, segment),
        Transport::Udp(datagram) => over_quic(passing, datagram, ports),
        Transport::Unreachable(_) => None,
    }
}

/// A TCP connection that begins with this segment. The first rule that applies:
///
/// 1. A SYN: its sender is the client.
/// 2. A SYN/ACK: its sender is the server; the SYN was not captured.
/// 3. A TLS record that holds a ClientHello or a ServerHello: the capture began after the connection did.
fn over_tcp(passing: &Passing<'_>, segment: &Segment<'_>) -> Option<Box<Conversation>> {
    match (segment.flags.syn(), segment.flags.ack()) {
        _ if segment.flags.rst() => None,
        (true, false) => Some(begin(passing, From::Client, false)),
        (true, true) => Some(begin(passing, From::Server, false)),
        (false, _) if is_hello(segment.payload) => Some(begin(passing, From::Client, true)),
        (false, _) if holds_message(segment.payload, SERVER_HELLO) => {
            Some(begin(passing, From::Server, true))
        }
        (false, _) => None,
    }
}

/// A QUIC connection that begins with an Initial packet. Who is the client shows when the packet is opened; until then the
/// ports must do: the server's is one that is expected to speak TLS, else the lower one.
fn over_quic(
    passing: &Passing<'_>,
    datagram: &Datagram<'_>,
    ports: &Ports,
) -> Option<Box<Conversation>> {
    if !opens_connection(datagram.payload) {
        return None;
    }
    let [source, destination] = passing.ports();
    let from = match (ports.is_tls(source), ports.is_tls(destination)) {
        (true, false) => From::Server,
        (false, true) => From::Client,
        _ if source < destination => From::Server,
        _ => From::Client,
    };
    Some(Conversation::over_quic(&sight(passing, from, true)))
}

/// Whether a payload begins with a record that holds a ClientHello.
pub(super) fn is_hello(payload: &[u8]) -> bool {
    holds_message(payload, CLIENT_HELLO)
}

/// The same, so that ciphertext does not: the length and the version of the message make sense as well.
pub(super) const fn is_whole_hello(payload: &[u8]) -> bool {
    matches!(
        payload,
        [22, 3, 0..=4, _, _, CLIENT_HELLO, 0, 0..=63, _, 3, 0..=4, ..]
    )
}

/// Whether a payload is a whole handshake record, and ends or goes on with the beginning of another record: bulk data that
/// happens to begin like one does not.
pub(super) fn is_handshake_record(payload: &[u8]) -> bool {
    let [22, 3, 0..=3, high, low, rest @ ..] = payload else {
        return false;
    };
    let len = u16::from_be_bytes([*high, *low]);
    let behind = rest.get(usize::from(len)..);
    matches!(behind, Some([] | [20..=23, 3, ..]))
}

/// A handshake inside an established connection, whose first encrypted record this is.
pub(super) fn renegotiation(passing: &Passing<'_>, from: Side) -> Box<Conversation> {
    let from = match from {
        Side::Client => From::Client,
        Side::Server => From::Server,
    };
    let seq = match passing.packet() {
        Transport::Tcp(segment) => segment.seq,
        Transport::Udp(_) | Transport::Unreachable(_) => 0,
    };
    Conversation::renegotiation(&sight(passing, from, true), seq)
}

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;

/// A handshake record (RFC 8446 section 5.1) whose first message is of this kind.
fn holds_message(payload: &[u8], kind: u8) -> bool {
    matches!(payload, [22, 3, 0..=4, _, _, first, ..] if *first == kind)
}

/// Who sent the first segment that was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Client,
    Server,
}

fn begin(passing: &Passing<'_>, from: From, joined_late: bool) -> Box<Conversation> {
    Conversation::new(&sight(passing, from, joined_late))
}

fn sight(passing: &Passing<'_>, from: From, joined_late: bool) -> FirstSight {
    let ([source, destination], (_, way)) = (passing.ends(), passing.key());
    let (client, server, client_way) = match from {
        From::Client => (source, destination, way),
        From::Server => (destination, source, way.back()),
    };
    let direction = passing.frame.direction;
    let tunnel = passing.headers.tunnel.map(|outer| match from {
        From::Client => outer,
        From::Server => outer.reversed(),
    });
    FirstSight {
        endpoints: Sides { client, server },
        client_way,
        at: passing.frame.time,
        interface: passing.frame.interface,
        client_direction: if from == From::Client {
            direction
        } else {
            opposite(direction)
        },
        joined_late,
        tunnel,
    }
}

const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
        Direction::Unknown => Direction::Unknown,
    }
}
