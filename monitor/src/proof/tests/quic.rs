//! What anyone can read in QUIC, and connections made for the test: what no capture has.

use crate::flow::{Opener, Side, Sides};
use crate::frame::{Direction, InterfaceId, Timestamp};
use crate::pipeline::{Pipeline, Settings};
use crate::proof::redact::{Stream, quic::placed};
use crate::proof::{Packet, Proof, anonymize, redact};
use crate::report::{Event, Handshake};
use crate::wire::Transport;
use crate::wire::build::udp_between;
use crate::wire::quic::{ConnectionId, Frame, Head, Keys, Packet as Quic, Sender, Version};

/// The payloads of all Initial packets that can be opened, one after the other, and behind them the handshake messages of
/// both sides, put together.
pub(super) fn in_the_clear(proof: &Proof) -> Vec<u8> {
    let (clear, streams, _) = opened(proof);
    [&clear[..], streams.client.prefix(), streams.server.prefix()].concat()
}

fn opened(proof: &Proof) -> (Vec<u8>, Sides<Stream>, Vec<ConnectionId>) {
    let mut opener = Opener::default();
    let mut clear = Vec::new();
    let mut streams = Sides::<Stream>::default();
    let mut ids = Vec::new();
    for packet in &proof.packets {
        let decoded = packet.decode().unwrap();
        let Transport::Udp(datagram) = decoded.transport else {
            continue;
        };
        let source = (decoded.source, datagram.source_port);
        let destination = (decoded.destination, datagram.destination_port);
        let from = proof.side_of(source, destination).unwrap();
        for (_, packet) in placed(datagram.payload, datagram.payload_len) {
            let Quic::Initial(initial) = packet else {
                continue;
            };
            ids.extend([initial.head.destination, initial.head.source]);
            let Some(packet) = opener.open(from, &initial) else {
                continue;
            };
            clear.extend(packet.payload());
            for frame in packet.frames() {
                if let Frame::Crypto { offset, data } = frame {
                    streams[from].put(usize::try_from(offset).unwrap(), data);
                }
            }
        }
    }
    (clear, streams, ids)
}

/// Randoms of hellos and connection IDs: what must not be found in an anonymised proof.
pub(super) fn secrets(proof: &Proof) -> Vec<(String, Vec<u8>)> {
    let (_, streams, ids) = opened(proof);
    let random = |side| {
        let random = streams[side].prefix().get(6..38)?.to_vec();
        let is_retry = random.starts_with(&[0xcf, 0x21, 0xad, 0x74]);
        (!is_retry).then(|| (format!("random of the {side:?}"), random))
    };
    let randoms = [Side::Client, Side::Server].into_iter().filter_map(random);
    let ids = ids.into_iter().filter(|id| id.as_bytes().len() >= 4);
    let ids = ids.map(|id| (format!("connection ID {id:?}"), id.as_bytes().to_vec()));
    randoms.chain(ids).collect()
}

const CLIENT: u16 = 40_000;
const SERVER: u16 = 443;
const NAME: &[u8] = b"internal.shop.example";

/// The IDs that appear: the client's first for the server, the client's own, that of a Retry, the server's own.
const FIRST: u8 = 1;
const OF_CLIENT: u8 = 2;
const OF_RETRY: u8 = 3;
const OF_SERVER: u8 = 4;

fn id(byte: u8) -> ConnectionId {
    ConnectionId::new(&[byte, 0xc1, 0xd2, 0xe3, 0xf4, byte, 0x17, 0x28]).unwrap()
}

fn head(version: Version, destination: u8, source: u8) -> Head {
    Head {
        version,
        destination: id(destination),
        source: id(source),
    }
}

/// A ClientHello that asks for the name, with transport parameters: the client's ID, a text, and a number that is not known.
fn hello() -> Vec<u8> {
    let mut parameters = vec![0x0f, 8];
    parameters.extend(id(OF_CLIENT).as_bytes());
    parameters.extend([0x71, 0x29, 16]);
    parameters.extend(b"Agent of someone");
    parameters.extend([0x71, 0x27, 2, 0x52, 0x34, 0x04, 4, 0x80, 0x10, 0, 0]);
    let len = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let mut extensions = vec![0, 0, 0, len(NAME) + 5, 0, len(NAME) + 3, 0, 0, len(NAME)];
    extensions.extend(NAME);
    extensions.extend([0, 43, 0, 3, 2, 3, 4, 0, 57, 0, len(&parameters)]);
    extensions.extend(parameters);
    let mut body = vec![3, 3];
    body.extend(*b"a random that must not be there!");
    body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, len(&extensions)]);
    body.extend(extensions);
    let mut message = vec![1, 0, 0, len(&body)];
    message.extend(body);
    message
}

fn crypto(offset: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![6, 0x40, offset, 0x40, u8::try_from(data.len()).unwrap()];
    frame.extend(data);
    frame
}

fn initial(version: Version, ids: [u8; 3], number: u32, frames: &[u8]) -> Vec<u8> {
    let [from, destination, source] = ids;
    let sender = if source == OF_CLIENT {
        Sender::Client
    } else {
        Sender::Server
    };
    let keys = Keys::derive(version, &id(from), sender).unwrap();
    keys.seal(&head(version, destination, source), number, frames, 1100)
}

fn retry(version: Version) -> Vec<u8> {
    let first = if version == Version::V2 { 0xc0 } else { 0xf0 };
    let mut packet = vec![first];
    packet.extend(version.0.to_be_bytes());
    for byte in [OF_CLIENT, OF_RETRY] {
        packet.push(8);
        packet.extend(id(byte).as_bytes());
    }
    packet.extend(b"token for 10.0.0.1");
    let tag = crate::wire::quic::retry_tag(version, &id(FIRST), &packet).unwrap();
    packet.extend(tag);
    packet
}

/// What passes, and what a pipeline says of it.
fn proof(datagrams: &[(Side, Vec<u8>)]) -> Proof {
    let packet = |(number, (from, datagram)): (usize, &(Side, Vec<u8>))| {
        let network = match from {
            Side::Client => udp_between(CLIENT, SERVER, datagram),
            Side::Server => udp_between(SERVER, CLIENT, datagram),
        };
        Packet {
            time: Timestamp(1_700_000_000_000_000_000 + number as u64 * 1_000_000),
            interface: "eth0".into(),
            direction: Direction::Ingress,
            wire_len: u32::try_from(network.len()).unwrap(),
            network,
        }
    };
    let packets: Vec<_> = datagrams.iter().enumerate().map(packet).collect();
    let until = packets.last().unwrap().time;
    let mut proof = Proof {
        handshake: handshake(&packets),
        revision: None,
        packets,
        until,
        is_cut: false,
    };
    redact::redact(&mut proof);
    proof
}

fn handshake(packets: &[Packet]) -> Handshake {
    let mut pipeline = Pipeline::new(Settings::default());
    for packet in packets {
        crate::frame::FrameSink::frame(&mut pipeline, packet.as_frame(InterfaceId::default()));
    }
    pipeline.finish();
    let handshakes = pipeline.events().filter_map(|event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    });
    let handshakes: Vec<_> = handshakes.collect();
    let [handshake] = &handshakes[..] else {
        panic!("{handshakes:?}")
    };
    handshake.clone()
}

/// The client's hello in two packets with the name across them, and again after a Retry; then the server's refusal in words.
fn refused(version: Version) -> Vec<(Side, Vec<u8>)> {
    let hello = hello();
    let name_at = hello.windows(NAME.len()).position(|part| part == NAME);
    let across = name_at.unwrap() + NAME.len() / 2;
    let (head, tail) = hello.split_at(across);
    let offset = u8::try_from(across).unwrap();
    let mut refusal = vec![2, 0, 0, 0, 0, 0x1c, 0x41, 0x70, 6, 25];
    refusal.extend(b"internal.shop is not here");
    refusal.extend([0x30, 0x31, 0x32]);
    vec![
        (
            Side::Client,
            initial(version, [FIRST, FIRST, OF_CLIENT], 0, &crypto(0, head)),
        ),
        (Side::Server, retry(version)),
        (
            Side::Client,
            initial(
                version,
                [OF_RETRY, OF_RETRY, OF_CLIENT],
                1,
                &crypto(0, head),
            ),
        ),
        (
            Side::Client,
            initial(
                version,
                [OF_RETRY, OF_RETRY, OF_CLIENT],
                2,
                &crypto(offset, tail),
            ),
        ),
        (
            Side::Server,
            initial(version, [OF_RETRY, OF_CLIENT, OF_SERVER], 0, &refusal),
        ),
    ]
}

#[test]
fn a_connection_behind_a_retry_says_the_same_of_somebody_else() {
    let key = anonymize::Key::new(b"a key of the tests");
    for version in [Version::V1, Version::V2] {
        let proof = proof(&refused(version));
        let was = proof.handshake.clone();
        assert_eq!(was.sni().unwrap().as_bytes(), NAME);
        let mut gone = secrets(&proof);
        assert_eq!(gone.len(), 2 + 2 * 4 - 1, "{gone:?}");
        for text in [
            "internal",
            "example",
            "Agent",
            "someone",
            "token for",
            "10.0.0.1",
        ] {
            gone.push((text.to_owned(), text.as_bytes().to_vec()));
        }
        let made = anonymize::anonymize(vec![proof], &key).remove(0);
        let clear = in_the_clear(&made);
        let hello = made.handshake.client_hello.clone().unwrap();
        let sni = hello.sni.clone().unwrap();
        assert!(super::holds(&clear, sni.as_bytes()));
        assert_eq!(hello.ja4, was.client_hello.as_ref().unwrap().ja4);
        let file = super::written(&made);
        for (what, bytes) in gone {
            assert!(
                !super::holds(&file, &bytes) && !super::holds(&clear, &bytes),
                "{what}"
            );
        }
        let again: Vec<_> = super::replay(&file).iter().map(super::verdict).collect();
        assert_eq!(again, [super::verdict(&was)]);
    }
}

#[test]
fn a_datagram_is_cut_off_where_it_cannot_be_opened() {
    let key = anonymize::Key::new(b"a key of the tests");
    let mut datagrams = refused(Version::V1);
    // Nobody has the keys of this one.
    datagrams.push((
        Side::Server,
        initial(Version::V1, [9, OF_CLIENT, OF_SERVER], 1, &hello()),
    ));
    let proof = proof(&datagrams);
    let was = proof.packets.last().unwrap().clone();
    let made = anonymize::anonymize(vec![proof], &key).remove(0);
    let last = made.packets.last().unwrap();
    assert_eq!((last.network.len(), last.wire_len), (28, was.wire_len));
}
