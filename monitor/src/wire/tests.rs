//! What holds for every packet: all of them cut at every length, and bytes at random.

use proptest::prelude::*;
use rstest::rstest;

use super::build::{authentication, cut_frame, extension, frame, ipv4, ipv6, tcp, udp};
use super::*;

const ACK: Flags = Flags::ACK;

/// One of each kind that can be read, and its name.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("tcp over ipv4", ipv4(TCP, 0, &tcp(ACK, 0, b"hello"))),
        (
            "tcp without payload",
            ipv4(TCP, 0, &tcp(Flags::RST, 0, b"")),
        ),
        (
            "options in both",
            ipv4(TCP, 10, &tcp(Flags::SYN, 10, b"early")),
        ),
        ("udp over ipv4", ipv4(UDP, 0, &udp(b"quic"))),
        ("tcp over ipv6", ipv6(TCP, &tcp(ACK, 3, b"hello"))),
        ("udp over ipv6", ipv6(UDP, &udp(b"quic"))),
        (
            "tcp behind extensions",
            ipv6(
                0,
                &extension(60, 1, &extension(TCP, 0, &tcp(ACK, 0, b"hello"))),
            ),
        ),
        (
            "tcp behind an authentication header",
            ipv6(51, &authentication(TCP, &tcp(ACK, 0, b"hello"))),
        ),
        (
            "an atomic fragment",
            ipv6(44, &extension(TCP, 0, &tcp(ACK, 0, b"hello"))),
        ),
    ]
}

fn payload<'a>(packet: &Packet<'a>) -> (&'a [u8], u32) {
    match packet.transport {
        Transport::Tcp(segment) => (segment.payload, segment.payload_len),
        Transport::Udp(datagram) => (datagram.payload, datagram.payload_len),
        Transport::Unreachable(_) => (&[], 0),
    }
}

/// The same packet with the first bytes of its payload.
fn with_payload<'a>(mut packet: Packet<'a>, kept: &'a [u8]) -> Packet<'a> {
    match &mut packet.transport {
        Transport::Tcp(segment) => segment.payload = kept,
        Transport::Udp(datagram) => datagram.payload = kept,
        Transport::Unreachable(_) => {}
    }
    packet
}

#[test]
fn a_cut_packet_is_truncated_or_the_same_with_less_payload() {
    for (name, bytes) in samples() {
        let whole = decode(&frame(&bytes)).unwrap_or_else(|error| panic!("{name}: {error}"));
        for length in 0..bytes.len() {
            match decode(&cut_frame(&bytes[..length], bytes.len())) {
                Err(reason) => assert_eq!(reason, Unreadable::Truncated, "{name} cut at {length}"),
                Ok(packet) => {
                    let (kept, _) = payload(&packet);
                    let (all, _) = payload(&whole);
                    assert!(all.starts_with(kept), "{name} cut at {length}");
                    assert_eq!(packet, with_payload(whole, kept), "{name} cut at {length}");
                }
            }
        }
    }
}

#[test]
fn link_layer_padding_is_not_payload() {
    for (name, mut bytes) in samples() {
        let clean = bytes.clone();
        bytes.extend([0; 26]);
        assert_eq!(decode(&frame(&bytes)), decode(&frame(&clean)), "{name}");
    }
}

#[test]
fn addresses_and_header_fields_come_from_the_ip_header() {
    let bytes = ipv4(TCP, 0, &tcp(ACK, 0, b""));
    let packet = decode(&frame(&bytes)).unwrap();
    assert_eq!(packet.source.to_string(), "10.0.0.1");
    assert_eq!(packet.destination.to_string(), "10.0.0.2");
    assert_eq!((packet.hop_limit, packet.ip_id), (64, Some(0x1234)));

    let bytes = ipv6(TCP, &tcp(ACK, 0, b""));
    let packet = decode(&frame(&bytes)).unwrap();
    assert_eq!(packet.source.to_string(), "2001:db8::1");
    assert_eq!(packet.destination.to_string(), "2001:db8::2");
    assert_eq!((packet.hop_limit, packet.ip_id), (63, None));
}

#[rstest]
#[case::nothing(vec![], Unreadable::Truncated)]
#[case::version_five(vec![0x50; 60], Unreadable::NotIp)]
#[case::icmp(ipv4(1, 0, b"unreachable"), Unreadable::OtherProtocol(1))]
#[case::icmpv6(ipv6(58, b"unreachable"), Unreadable::OtherProtocol(58))]
#[case::no_next_header(ipv6(59, b""), Unreadable::OtherProtocol(59))]
#[case::a_segment_too_short_for_tcp(ipv4(TCP, 0, &[0; 19]), Unreadable::Malformed)]
#[case::a_datagram_too_short_for_udp(ipv4(UDP, 0, &[0; 7]), Unreadable::Malformed)]
fn what_cannot_be_read_says_why(#[case] bytes: Vec<u8>, #[case] reason: Unreadable) {
    assert_eq!(decode(&frame(&bytes)), Err(reason));
}

#[test]
fn every_reason_has_a_word_of_its_own() {
    let reasons = [
        Unreadable::NotIp,
        Unreadable::Truncated,
        Unreadable::Malformed,
        Unreadable::Fragment,
        Unreadable::OtherProtocol(1),
    ];
    let words = reasons.map(Unreadable::label);
    assert_eq!(
        words,
        [
            "not_ip",
            "truncated",
            "malformed",
            "fragment",
            "other_protocol"
        ]
    );
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), wire_len in 0..300_usize) {
        check(&bytes, wire_len);
    }

    #[test]
    fn damaged_packets_never_panic(
        which in 0..9_usize,
        damage in prop::collection::vec((0..120_usize, any::<u8>()), 1..4),
        wire_len in 0..300_usize,
    ) {
        let (_, mut bytes) = samples().swap_remove(which);
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        check(&bytes, wire_len);
    }
}

/// No payload is longer than it was on the wire, and it lies within the packet.
fn check(bytes: &[u8], wire_len: usize) {
    if let Ok(packet) = decode(&cut_frame(bytes, wire_len)) {
        let (captured, on_the_wire) = payload(&packet);
        assert!(captured.len() <= on_the_wire as usize);
        assert!(captured.is_empty() || bytes.as_ptr_range().contains(&captured.as_ptr()));
    }
}
