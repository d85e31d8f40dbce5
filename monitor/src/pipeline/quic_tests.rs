//! QUIC connections made for the test, through the whole pipeline.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::frame::Direction;
use crate::report::{Cause, Confidence, EndedBy, EndedHow, Handshake, Outcome};
use crate::wire::build::{icmp_port_unreachable, udp_between};
use crate::wire::quic::{ConnectionId, Head, Keys, Sender, Version};

const CLIENT: u16 = 40_000;
const SERVER: u16 = 443;

/// A ClientHello for `a.test`, as QUIC carries it.
fn hello() -> Vec<u8> {
    let name = b"a.test";
    let mut extensions = vec![0, 0, 0, 11, 0, 9, 0, 0, 6];
    extensions.extend(name);
    extensions.extend([0, 43, 0, 3, 2, 3, 4]);
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend([0, u8::try_from(extensions.len()).unwrap()]);
    body.extend(extensions);
    message(1, &body)
}

fn server_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.extend([0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
    message(2, &body)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0, 0, u8::try_from(body.len()).unwrap()];
    bytes.extend(body);
    bytes
}

fn crypto(offset: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![6, offset, 0x40, u8::try_from(data.len()).unwrap()];
    frame.extend(data);
    frame
}

const ACK: [u8; 5] = [2, 0, 0, 0, 0];

/// CONNECTION_CLOSE with an error code, no frame type and no reason.
fn close(error: u16) -> Vec<u8> {
    let [high, low] = error.to_be_bytes();
    vec![0x1c, 0x40 | high, low, 0, 0]
}

fn id(byte: u8) -> ConnectionId {
    ConnectionId::new(&[byte; 8]).unwrap()
}

/// The IDs that appear: the client's first for the server, the client's own, the server's own.
const FIRST: u8 = 1;
const OF_CLIENT: u8 = 2;
const OF_SERVER: u8 = 3;

fn head(version: Version, destination: u8, source: u8) -> Head {
    Head {
        version,
        destination: id(destination),
        source: id(source),
    }
}

/// A connection whose keys follow from the ID `from`.
#[derive(Clone, Copy)]
struct Talk {
    version: Version,
    from: u8,
}

const V1: Talk = Talk {
    version: Version::V1,
    from: FIRST,
};

impl Talk {
    fn keys(self, sender: Sender) -> Keys {
        Keys::derive(self.version, &id(self.from), sender).unwrap()
    }

    fn client(self, number: u32, frames: &[u8]) -> Vec<u8> {
        self.client_to(self.from, number, frames)
    }

    fn client_to(self, to: u8, number: u32, frames: &[u8]) -> Vec<u8> {
        let head = head(self.version, to, OF_CLIENT);
        let datagram = self.keys(Sender::Client).seal(&head, number, frames, 1100);
        udp_between(CLIENT, SERVER, &datagram)
    }

    fn server(self, number: u32, frames: &[u8]) -> Vec<u8> {
        let head = head(self.version, OF_CLIENT, OF_SERVER);
        let datagram = self.keys(Sender::Server).seal(&head, number, frames, 1100);
        udp_between(SERVER, CLIENT, &datagram)
    }
}

/// A packet with a short header to the owner of `to`.
fn one_rtt(from_client: bool, to: u8) -> Vec<u8> {
    let mut datagram = vec![0x41];
    datagram.extend([to; 8]);
    datagram.extend([0x55; 40]);
    let [source, destination] = if from_client {
        [CLIENT, SERVER]
    } else {
        [SERVER, CLIENT]
    };
    udp_between(source, destination, &datagram)
}

/// A long header without protection: Retry, or Version Negotiation with these versions.
fn plain(first: u8, version: u32, source: u8, rest: &[u8]) -> Vec<u8> {
    let mut datagram = vec![first];
    datagram.extend(version.to_be_bytes());
    for owner in [OF_CLIENT, source] {
        datagram.push(8);
        datagram.extend([owner; 8]);
    }
    datagram.extend(rest);
    udp_between(SERVER, CLIENT, &datagram)
}

fn good() -> Vec<Vec<u8>> {
    let hello = hello();
    let (head, tail) = hello.split_at(20);
    vec![
        V1.client(0, &crypto(0, head)),
        V1.client(1, &crypto(20, tail)),
        V1.server(0, &[&ACK[..], &crypto(0, &server_hello())].concat()),
        V1.client_to(OF_SERVER, 2, &ACK),
        one_rtt(true, OF_SERVER),
        one_rtt(false, OF_CLIENT),
    ]
}

fn at(step: usize) -> Timestamp {
    let millis = u64::try_from(step).unwrap();
    Timestamp(1_700_000_000_000_000_000).plus(Duration::from_millis(millis))
}

fn frame(step: usize, network: &[u8]) -> Frame<'_> {
    Frame {
        time: at(step),
        interface: InterfaceId(0),
        direction: Direction::Ingress,
        wire_len: u32::try_from(network.len()).unwrap(),
        network,
    }
}

/// What a pipeline says of these packets, a millisecond apart, and the minute after them.
fn run(packets: &[Vec<u8>]) -> Vec<Handshake> {
    let mut pipeline = Pipeline::new(Settings::default());
    for (step, packet) in packets.iter().enumerate() {
        pipeline.push(frame(step, packet));
    }
    pipeline.advance(at(packets.len() + 30_000));
    pipeline.finish();
    assert_eq!(pipeline.buffered(), 0);
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    pipeline.events().filter_map(handshake).collect()
}

fn only(packets: &[Vec<u8>]) -> Handshake {
    let mut all = run(packets);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn told(report: &Handshake) -> (Option<Cause>, Option<Confidence>, EndedBy, EndedHow) {
    let ended = report.ended;
    (report.cause, report.confidence, ended.by, ended.how)
}

/// Everything in a report that does not depend on when packets came.
fn timeless(report: &Handshake) -> serde_json::Value {
    let mut value = serde_json::to_value(report).unwrap();
    for key in ["time", "timing_ms", "direction"] {
        value.as_object_mut().unwrap().remove(key);
    }
    if let Some(hello) = value["client_hello"].as_object_mut() {
        hello.remove("segments");
    }
    value
}

/// All orders of `0..count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |orders, next| {
        let widen = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut order = order.clone();
                order.insert(at, next);
                order
            })
        };
        orders.into_iter().flat_map(widen).collect()
    })
}

#[test]
fn a_connection_in_any_order_gives_one_report_if_an_initial_packet_comes_first() {
    let packets = good();
    let expected = only(&packets);
    assert_eq!(expected.outcome, Outcome::Established);
    assert_eq!(expected.client_hello.as_ref().unwrap().segments, 2);
    assert_eq!(expected.sni().unwrap().as_ref(), "a.test");
    for order in orders(packets.len()) {
        if order[0] > 3 {
            continue;
        }
        let turned: Vec<_> = order.iter().map(|&at| packets[at].clone()).collect();
        assert_eq!(timeless(&only(&turned)), timeless(&expected), "{order:?}");
    }
}

#[test]
fn every_datagram_twice_gives_one_report() {
    let packets = good();
    let twice: Vec<_> = packets
        .iter()
        .flat_map(|one| [one.clone(), one.clone()])
        .collect();
    assert_eq!(timeless(&only(&twice)), timeless(&only(&packets)));
}

#[test]
fn an_alert_in_a_connection_close_is_an_alert() {
    let packets = [
        V1.client(0, &crypto(0, &hello())),
        V1.server(0, &close(0x0170)),
    ];
    let report = only(&packets);
    assert_eq!(
        told(&report),
        (
            Some(Cause::UnknownSni),
            Some(Confidence::Certain),
            EndedBy::Server,
            EndedHow::Alert
        )
    );
    assert_eq!(report.alerts[0].code, Some(112));
}

#[test]
fn a_connection_close_with_an_error_of_quic_is_a_close() {
    let packets = [V1.client(0, &crypto(0, &hello())), V1.server(0, &close(2))];
    assert_eq!(
        told(&only(&packets)),
        (
            Some(Cause::ConnectionRefused),
            Some(Confidence::Certain),
            EndedBy::Server,
            EndedHow::Close
        )
    );
}

/// As Envoy does where it has no filter chain for the name, and the client, whose ID is missing, does not listen.
#[test]
fn a_refusal_without_the_clients_id_again_and_again_is_one_report() {
    let head = Head {
        destination: ConnectionId::default(),
        ..head(Version::V1, FIRST, FIRST)
    };
    let refusal = V1.keys(Sender::Server).seal(&head, 0, &close(1), 60);
    let refusal = udp_between(SERVER, CLIENT, &refusal);
    let knocks = (0..3).map(|number| V1.client(number, &crypto(0, &hello())));
    let packets: Vec<_> = knocks.flat_map(|knock| [knock, refusal.clone()]).collect();
    let report = only(&packets);
    assert_eq!(
        (report.ended.by, report.ended.how),
        (EndedBy::Server, EndedHow::Close)
    );
}

#[test]
fn an_error_of_quic_that_explains_nothing_is_named_or_numbered() {
    for (error, said) in [(0x10, "error NO_VIABLE_PATH"), (0x39, "error 0x39")] {
        let packets = [
            V1.client(0, &crypto(0, &hello())),
            V1.server(0, &close(error)),
        ];
        let report = only(&packets);
        assert!(report.evidence.join("; ").contains(said), "{report:?}");
        assert_eq!(report.cause, Some(Cause::Unexplained), "{said}");
    }
}

#[test]
fn a_server_that_acknowledges_and_says_nothing_is_silent_for_certain() {
    let packets = [V1.client(0, &crypto(0, &hello())), V1.server(0, &ACK)];
    assert_eq!(
        told(&only(&packets)),
        (
            Some(Cause::ServerSilent),
            Some(Confidence::Certain),
            EndedBy::Server,
            EndedHow::Timeout
        )
    );
}

#[test]
fn no_datagram_from_the_server_is_likely_a_silent_one() {
    let packets = [0, 1, 2].map(|number| V1.client(number, &crypto(0, &hello())));
    let report = only(&packets);
    assert_eq!(
        told(&report),
        (
            Some(Cause::ServerSilent),
            Some(Confidence::Likely),
            EndedBy::Unknown,
            EndedHow::Timeout
        )
    );
    assert!(report.evidence[0].contains("3 times"), "{report:?}");
}

#[test]
fn version_negotiation_alone_is_a_mismatch() {
    let negotiation = plain(0xc0, 0, FIRST, &Version::V2.0.to_be_bytes());
    let packets = [V1.client(0, &crypto(0, &hello())), negotiation];
    let report = only(&packets);
    assert_eq!(report.cause, Some(Cause::ProtocolVersionMismatch));
    assert!(report.evidence[0].contains("speaks QUICv2"), "{report:?}");
}

#[test]
fn a_client_that_goes_on_in_another_version_completes() {
    let second = Talk {
        version: Version::V2,
        from: 7,
    };
    let mut packets = vec![
        V1.client(0, &crypto(0, &hello())),
        plain(0xc0, 0, FIRST, &Version::V2.0.to_be_bytes()),
        second.client(0, &crypto(0, &hello())),
        second.server(0, &crypto(0, &server_hello())),
    ];
    packets.extend(good().split_off(4));
    assert_eq!(only(&packets).outcome, Outcome::Established);
}

#[test]
fn a_server_that_answers_in_another_version_is_understood() {
    let answer = Talk {
        version: Version::V2,
        ..V1
    };
    let mut packets = vec![
        V1.client(0, &crypto(0, &hello())),
        answer.server(0, &crypto(0, &server_hello())),
    ];
    packets.extend(good().split_off(4));
    assert_eq!(only(&packets).outcome, Outcome::Established);
}

#[test]
fn a_retry_brings_new_keys() {
    let second = Talk { from: 8, ..V1 };
    let mut packets = vec![
        V1.client(0, &crypto(0, &hello())),
        plain(0xf0, 1, 8, b"token and sixteen bytes of tag"),
        second.client(1, &crypto(0, &hello())),
        second.server(0, &crypto(0, &server_hello())),
    ];
    packets.extend(good().split_off(4));
    let report = only(&packets);
    assert_eq!(report.outcome, Outcome::Established);
    assert!(report.server_hello.is_some());
}

#[test]
fn another_connection_id_is_another_connection() {
    let second = Talk { from: 9, ..V1 };
    let refused = |talk: Talk| {
        [
            talk.client(0, &crypto(0, &hello())),
            talk.server(0, &close(0x0170)),
        ]
    };
    let both = [refused(V1), refused(second)].concat();
    assert_eq!(run(&both).len(), 2);
}

#[test]
fn port_unreachable_is_a_refusal_until_the_server_has_spoken() {
    let first = V1.client(0, &crypto(0, &hello()));
    let packets = [first.clone(), icmp_port_unreachable(&first)];
    assert_eq!(only(&packets).cause, Some(Cause::ConnectionRefused));
    let mut packets = good();
    packets.insert(3, icmp_port_unreachable(&first));
    assert_eq!(only(&packets).outcome, Outcome::Established);
}

#[test]
fn what_waits_for_keys_is_bounded_and_what_is_never_opened_is_counted() {
    let mut pipeline = Pipeline::new(Settings::default());
    for number in 0..100 {
        pipeline.push(frame(0, &V1.server(number, &ACK)));
    }
    assert!(pipeline.buffered() > 0 && pipeline.buffered() <= 24 * 1024);
    pipeline.finish();
    assert_eq!(pipeline.buffered(), 0);
    let lost = pipeline.events().find_map(|event| match event {
        Event::Loss(loss) if loss.reason == "initial_unopened" => Some(loss.count),
        _ => None,
    });
    assert_eq!(lost, Some(100));
}

#[test]
fn datagrams_that_are_no_quic_begin_nothing() {
    let mut pipeline = Pipeline::new(Settings::default());
    for first in 0..=u8::MAX {
        pipeline.push(frame(
            0,
            &udp_between(CLIENT, SERVER, &[first, 1, 2, 3, 4, 5]),
        ));
    }
    assert_eq!(pipeline.conversations(), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a peer that holds the keys sends does no harm.
    #[test]
    fn frames_at_random_do_no_harm(
        payloads in prop::collection::vec((any::<bool>(), prop::collection::vec(prop_oneof![0_u8..0x20, any::<u8>()], 1..200)), 1..20),
    ) {
        let mut packets = vec![V1.client(0, &crypto(0, &hello()[..10]))];
        for (number, (from_client, frames)) in (1..).zip(&payloads) {
            packets.push(if *from_client { V1.client(number, frames) } else { V1.server(number, frames) });
        }
        prop_assert!(run(&packets).len() <= 1);
    }
}
