//! Datagrams made for the test.

use super::*;
use crate::wire::quic::{ConnectionId, Head, Keys, Sender};

const FIRST: u8 = 1;
const OF_CLIENT: u8 = 2;
const OF_SERVER: u8 = 3;

fn id(byte: u8) -> ConnectionId {
    ConnectionId::new(&[byte; 8]).unwrap()
}

/// An Initial packet with these frames, under the keys that follow from the ID `keys`.
fn initial(from: Side, keys: u8, number: u32, frames: &[u8]) -> Vec<u8> {
    let (sender, destination, source) = match from {
        Side::Client => (Sender::Client, keys, OF_CLIENT),
        Side::Server => (Sender::Server, OF_CLIENT, OF_SERVER),
    };
    let head = Head {
        version: Version::V1,
        destination: id(destination),
        source: id(source),
    };
    let keys = Keys::derive(Version::V1, &id(keys), sender).unwrap();
    keys.seal(&head, number, frames, 1100)
}

/// A long header without protection: Retry, or Version Negotiation.
fn plain(first: u8, version: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    bytes.extend(version.to_be_bytes());
    for owner in [OF_CLIENT, OF_SERVER] {
        bytes.push(8);
        bytes.extend([owner; 8]);
    }
    bytes.extend(rest);
    bytes
}

/// A Handshake packet of this many bytes behind its header, which nobody else can open.
fn handshake(len: u8) -> Vec<u8> {
    let mut body = vec![0x40, len];
    body.extend((0..len).map(|_| 0x55));
    plain(0xe0, 1, &body)
}

fn message(kind: u8, len: u8) -> Vec<u8> {
    let mut bytes = vec![kind, 0, 0, len];
    bytes.extend((0..len).map(|_| 0));
    bytes
}

fn crypto(offset: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![6, offset, 0x40, u8::try_from(data.len()).unwrap()];
    frame.extend(data);
    frame
}

fn close(error: u16) -> Vec<u8> {
    let [high, low] = error.to_be_bytes();
    vec![0x1c, 0x40 | high, low, 0, 0]
}

fn hear(quic: &mut Quic, from: Side, bytes: &[u8]) -> Vec<String> {
    let datagram = Datagram {
        source_port: 1,
        destination_port: 2,
        payload: bytes,
        payload_len: u32::try_from(bytes.len()).unwrap(),
    };
    let said = quic.hear(from, &datagram).into_iter();
    said.map(|(text, _)| text).collect()
}

const ACK: [u8; 5] = [2, 0, 0, 0, 0];

#[test]
fn the_messages_of_initial_packets_are_told_however_they_are_cut() {
    let mut quic = Quic::default();
    let hello = message(1, 60);
    let (head, tail) = hello.split_at(20);
    let (first, second) = (crypto(0, head), crypto(20, tail));
    let answer = [&ACK[..], &crypto(0, &message(2, 50))].concat();
    let both = [
        initial(Side::Server, FIRST, 0, &answer),
        handshake(40),
        [&[0x41][..], &[OF_CLIENT; 8], &[0x55; 30]].concat(),
    ]
    .concat();
    let told = [
        hear(
            &mut quic,
            Side::Client,
            &initial(Side::Client, FIRST, 0, &second),
        ),
        hear(
            &mut quic,
            Side::Client,
            &initial(Side::Client, FIRST, 1, &first),
        ),
        hear(
            &mut quic,
            Side::Client,
            &initial(Side::Client, FIRST, 2, &first),
        ),
        hear(&mut quic, Side::Server, &both),
    ];
    let expected: [&[&str]; 4] = [
        &["QUIC Initial: a part ahead of a gap, 1146 B"],
        &["QUIC Initial: ClientHello, 1146 B"],
        &["QUIC Initial: sent again, 1146 B"],
        &[
            "QUIC Initial: ACK, ServerHello, 1146 B",
            "QUIC Handshake, 65 B",
            "QUIC 1-RTT, 39 B",
        ],
    ];
    assert_eq!(told, expected);
}

#[test]
fn retry_and_other_keys_behind_it_version_negotiation_and_the_alert_that_ends_it_are_told() {
    let mut quic = Quic::default();
    let hello = crypto(0, &message(1, 60));
    let said = |quic: &mut Quic, from, bytes: Vec<u8>| hear(quic, from, &bytes).join(" | ");
    let client = |keys, number, frames: &[u8]| initial(Side::Client, keys, number, frames);
    let told = [
        said(&mut quic, Side::Client, client(FIRST, 0, &hello)),
        said(&mut quic, Side::Server, plain(0xf0, 1, &[7; 24])),
        said(&mut quic, Side::Client, client(OF_SERVER, 1, &hello)),
        said(
            &mut quic,
            Side::Server,
            initial(Side::Server, OF_SERVER, 0, &close(0x178)),
        ),
        said(
            &mut quic,
            Side::Server,
            initial(Side::Server, OF_SERVER, 1, &close(2)),
        ),
        said(
            &mut Quic::default(),
            Side::Server,
            plain(0x80, 0, &[0, 0, 0, 1, 0x6b, 0x33, 0x43, 0xcf]),
        ),
    ];
    let expected = [
        "QUIC Initial: ClientHello, 1146 B",
        "QUIC Retry, 47 B",
        "QUIC Initial: sent again, 1146 B",
        "QUIC Initial: CONNECTION_CLOSE, alert fatal no_application_protocol, 1146 B",
        "QUIC Initial: CONNECTION_CLOSE, CONNECTION_REFUSED, 1146 B",
        "QUIC Version Negotiation: QUICv1, QUICv2, 31 B",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_cannot_be_opened_or_is_no_quic_is_said_to_be_so() {
    let mut quic = Quic::default();
    let server = initial(Side::Server, FIRST, 0, &ACK);
    assert_eq!(
        hear(&mut quic, Side::Server, &server),
        ["QUIC Initial (not opened), 1146 B"]
    );
    assert_eq!(hear(&mut quic, Side::Client, &[0, 1, 2]), ["UDP, 3 B"]);
    for end in 0..server.len() {
        let cut = Datagram {
            source_port: 1,
            destination_port: 2,
            payload: &server[..end],
            payload_len: 1146,
        };
        assert_eq!(quic.hear(Side::Server, &cut).len(), 1, "{end}");
    }
}
