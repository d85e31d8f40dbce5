//! The rules of the sift, as stories of packets between a client and a server.

use std::vec;
use std::vec::Vec;

use super::host::{Bytes, Host, HostSettings, Scattered};
use super::{Hook, Link, Transport};
use crate::abi::{Address, Counter, FlowKey, MATCH_ALLOW, MATCH_ANY_PORT, MATCH_DENY, RecordHead};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

const HOOK: Hook = Hook {
    interface: 7,
    egress: false,
    link: Link::Ethernet,
};

/// A client at 10.0.0.1:50000 and a server at 10.0.0.2:443 (or another port), and the sift that watches them.
struct Story {
    host: Host,
    port: u16,
    isn: u32,
}

impl Story {
    fn new() -> Self {
        Self {
            host: Host::new(HostSettings::for_ports([443])),
            port: 443,
            isn: 1000,
        }
    }

    fn on_port(port: u16) -> Self {
        Self {
            port,
            ..Self::new()
        }
    }

    /// A packet of the client; tells how many payload bytes were sent of it, if it was.
    fn client(&mut self, flags: u8, payload: &[u8]) -> Option<usize> {
        let frame = frame(
            ([10, 0, 0, 1], 50_000),
            ([10, 0, 0, 2], self.port),
            [self.isn, 500],
            flags,
            payload,
        );
        self.sift(&frame)
    }

    fn server(&mut self, flags: u8, payload: &[u8]) -> Option<usize> {
        let numbers = [9000, self.isn.wrapping_add(1)];
        let frame = frame(
            ([10, 0, 0, 2], self.port),
            ([10, 0, 0, 1], 50_000),
            numbers,
            flags,
            payload,
        );
        self.sift(&frame)
    }

    fn sift(&mut self, frame: &[u8]) -> Option<usize> {
        let before = self.host.out.records.len();
        self.host.sift(&Bytes(frame), HOOK);
        let records = &self.host.out.records[before..];
        let pieces = records
            .iter()
            .map(|record| usize::from(RecordHead::split(record).unwrap().0.piece_len));
        (!records.is_empty()).then(|| pieces.sum())
    }

    fn opened(mut self) -> Self {
        assert_eq!(
            (self.client(SYN, &[]), self.server(SYN | ACK, &[])),
            (Some(0), Some(0))
        );
        self
    }

    fn count(&self, counter: Counter) -> u64 {
        self.host.out.counted(counter)
    }
}

fn frame(
    source: ([u8; 4], u16),
    destination: ([u8; 4], u16),
    numbers: [u32; 2],
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let length = u16::try_from(40 + payload.len()).unwrap();
    let ip = [
        &[0x45, 0][..],
        &length.to_be_bytes(),
        &[0, 1, 0x40, 0, 64, 6, 0, 0],
        &source.0,
        &destination.0,
    ]
    .concat();
    let ports = [source.1.to_be_bytes(), destination.1.to_be_bytes()].concat();
    let numbers = numbers.map(u32::to_be_bytes).concat();
    let tcp = [&ports[..], &numbers, &[0x50, flags, 1, 0, 0, 0, 0, 0]].concat();
    [&[0; 12][..], &[8, 0], &ip, &tcp, payload].concat()
}

fn hello(length: usize) -> Vec<u8> {
    let mut hello = vec![22, 3, 1, 2, 0, 1];
    hello.resize(length, 9);
    hello
}

const CHANGE: [u8; 8] = [20, 3, 3, 0, 1, 1, 22, 3];
const SEALED: [u8; 8] = [23, 3, 3, 0, 40, 1, 2, 3];

#[test]
fn a_handshake_is_sent_whole_and_its_record_holds_the_packet() {
    let mut story = Story::new().opened();
    assert_eq!(story.client(ACK, &hello(517)), Some(517));
    let (head, bytes) = RecordHead::split(story.host.out.records.last().unwrap()).unwrap();
    assert_eq!(
        (head.interface, head.wire_len, head.payload_len),
        (7, 557, 517)
    );
    assert_eq!((head.network_len, head.header_len, head.flags), (20, 40, 0));
    assert_eq!(&bytes[40..], hello(517));
    assert_eq!(bytes[0], 0x45);
}

#[test]
fn what_is_on_another_port_is_only_seen() {
    let mut story = Story::on_port(80);
    assert_eq!(
        [story.client(SYN, &[]), story.client(ACK, &hello(100))],
        [None, None]
    );
    assert_eq!(
        (story.count(Counter::Seen), story.count(Counter::Wanted)),
        (2, 0)
    );
}

#[test]
fn on_any_port_a_hello_opens_a_flow_and_a_syn_does_not() {
    let mut story = Story::on_port(4433);
    story.host.settings.config.matching = MATCH_ANY_PORT;
    assert_eq!(story.client(SYN, &[]), None);
    assert_eq!(story.client(ACK, b"GET / HTTP/1.1\r\n"), None);
    assert_eq!(story.client(ACK, &hello(100)), Some(100));
    assert_eq!(story.server(RST, &[]), Some(0));
}

#[test]
fn a_flow_joined_late_is_followed_from_either_hello_and_from_nothing_else() {
    let mut story = Story::new();
    assert_eq!(story.client(ACK, &[]), None);
    assert_eq!(story.client(ACK, &SEALED), None);
    assert_eq!(story.server(FIN | ACK, &[]), None);
    assert_eq!(story.server(ACK, &[22, 3, 3, 0, 80, 2, 0]), Some(7));
    assert_eq!(story.client(ACK, &[21, 3, 3, 0, 2, 2, 40]), Some(7));
}

#[test]
fn data_on_a_syn_is_data() {
    assert_eq!(Story::new().client(SYN, &hello(300)), Some(300));
}

#[test]
fn each_direction_has_its_own_byte_budget_and_the_cut_is_counted_once() {
    let mut story = Story::new().opened();
    story.host.settings.config.bytes_per_direction = 1000;
    assert_eq!(story.client(ACK, &hello(800)), Some(800));
    assert_eq!(story.client(ACK, &[22; 800]), Some(200));
    assert_eq!(story.client(ACK, &[22; 800]), None);
    assert_eq!(story.count(Counter::Snap), 1);
    assert_eq!(story.server(ACK, &[22; 800]), Some(800));
    assert_eq!(story.client(FIN | ACK, &[]), Some(0));
}

#[test]
fn after_protection_begins_eight_more_packets_and_then_nothing_but_control() {
    for start in [CHANGE, SEALED] {
        let mut story = Story::new().opened();
        let sent = (0..20)
            .filter(|_| story.client(ACK, &start).is_some())
            .count();
        assert_eq!(sent, 8);
        assert_eq!(story.client(FIN | ACK, &[]), Some(0));
        assert_eq!(story.client(RST, &[]), Some(0));
        assert_eq!(story.count(Counter::Snap), 0);
    }
}

#[test]
fn the_peers_application_data_ends_a_direction_whose_records_do_not_align() {
    let mut story = Story::new().opened();
    assert_eq!(story.client(ACK, &SEALED), Some(8));
    let sent = (0..20)
        .filter(|_| story.server(ACK, &[0x5a; 1400]).is_some())
        .count();
    assert_eq!(sent, 8);
}

#[test]
fn the_peers_cipher_change_does_not_end_a_direction() {
    let mut story = Story::new().opened();
    assert_eq!(story.client(ACK, &CHANGE), Some(8));
    let sent = (0..20)
        .filter(|_| story.server(ACK, &[0x5a; 1400]).is_some())
        .count();
    assert_eq!(sent, 20);
}

#[test]
fn a_large_packet_becomes_pieces_and_a_protected_one_is_cut_to_one() {
    let mut story = Story::new().opened();
    assert_eq!(story.client(ACK, &hello(20_000)), Some(20_000));
    let heads: Vec<_> = story.host.out.records[2..]
        .iter()
        .map(|record| RecordHead::split(record).unwrap().0)
        .collect();
    let offsets: Vec<_> = heads
        .iter()
        .map(|head| {
            (
                head.piece_offset,
                head.piece_len,
                head.flags & RecordHead::MORE != 0,
            )
        })
        .collect();
    assert_eq!(
        offsets,
        [
            (0, 4096, true),
            (4096, 4096, true),
            (8192, 4096, true),
            (12288, 4096, true),
            (16384, 3616, false)
        ]
    );
    assert_eq!(story.count(Counter::Sent), 3);
    let sealed = [&SEALED[..], &vec![0; 20_000]].concat();
    assert_eq!(story.server(ACK, &sealed), Some(4096));
}

#[test]
fn pure_acknowledgements_are_sent_until_protection_and_at_most_eight_of_each_end() {
    let mut story = Story::new().opened();
    assert_eq!(
        (0..20).filter(|_| story.server(ACK, &[]).is_some()).count(),
        8
    );
    assert_eq!(story.client(ACK, &[]), Some(0));
    assert_eq!(story.client(ACK, &SEALED), Some(8));
    assert_eq!(story.client(ACK, &[]), None);
}

#[test]
fn a_reset_is_sent_once_and_removes_the_flow() {
    let mut story = Story::new().opened();
    assert_eq!(story.server(FIN | ACK, &[]), Some(0));
    assert_eq!(story.server(RST, &[]), Some(0));
    assert_eq!(story.server(RST, &[]), None);
    assert_eq!(
        (
            story.count(Counter::Inserted),
            story.count(Counter::Deleted)
        ),
        (1, 1)
    );
}

#[test]
fn a_syn_with_another_number_begins_anew_and_a_repeated_one_does_not() {
    let mut story = Story::new().opened();
    assert_eq!(
        (0..20).filter_map(|_| story.client(ACK, &SEALED)).count(),
        8
    );
    assert_eq!(story.client(SYN, &[]), Some(0));
    assert_eq!(story.client(ACK, &hello(100)), None);
    story.isn += 77;
    assert_eq!(story.client(SYN, &[]), Some(0));
    assert_eq!(story.server(SYN | ACK, &[]), Some(0));
    assert_eq!(story.client(ACK, &hello(100)), Some(100));
}

#[test]
fn lists_decide_which_flows_are_opened() {
    let server = Address::v4(u32::from_le_bytes([10, 0, 0, 2]));
    let elsewhere = Address::v4(u32::from_le_bytes([10, 9, 9, 9]));
    for (matching, allow, deny, opens) in [
        (MATCH_ALLOW, server, elsewhere, true),
        (MATCH_ALLOW, elsewhere, elsewhere, false),
        (MATCH_DENY, elsewhere, server, false),
        (MATCH_DENY, elsewhere, elsewhere, true),
        (MATCH_ALLOW | MATCH_DENY, server, server, false),
        (0, elsewhere, server, true),
    ] {
        let mut story = Story::new();
        story.host.settings.config.matching = matching;
        story.host.settings.allow = vec![allow];
        story.host.settings.deny = vec![deny];
        assert_eq!(
            story.client(SYN, &[]).is_some(),
            opens,
            "{matching} {allow:?} {deny:?}"
        );
    }
}

#[test]
fn sampling_follows_both_directions_of_a_flow_on_every_interface_or_none() {
    let mut followed = 0;
    for port in 1024..3024 {
        let (client, server) = ((Address::v4(0x0100_000a), port), (Address::v6(1, 2), 443));
        let (up, from_high) = FlowKey::of(client, server, 1, Transport::Tcp);
        let (down, from_low) = FlowKey::of(server, client, 2, Transport::Udp);
        assert_eq!(up.hash(), down.hash());
        assert_ne!(from_high, from_low);
        followed += u32::from(up.hash().is_multiple_of(10));
    }
    assert!(
        (150..250).contains(&followed),
        "{followed} of 2000 with a rate of 10"
    );
}

#[test]
fn connections_that_sampling_leaves_out_are_counted_by_their_syn() {
    let mut host = Host::new(HostSettings::for_ports([443]));
    host.settings.config.sample_rate = 4;
    for port in 1024..2024 {
        for (flags, payload) in [(SYN, &[][..]), (ACK, &hello(100)), (ACK, &SEALED)] {
            let frame = frame(
                ([10, 0, 0, 1], port),
                ([10, 0, 0, 2], 443),
                [1, 1],
                flags,
                payload,
            );
            host.sift(&Bytes(&frame), HOOK);
        }
    }
    let (left, followed) = (
        host.out.counted(Counter::Unsampled),
        host.out.counted(Counter::Inserted),
    );
    assert_eq!(left + followed, 1000);
    assert!((200..300).contains(&followed), "{followed}");
}

#[test]
fn padding_is_not_payload() {
    let mut story = Story::new().opened();
    let mut padded = frame(
        ([10, 0, 0, 1], 50_000),
        ([10, 0, 0, 2], 443),
        [1, 1],
        ACK,
        &[],
    );
    padded.resize(60, 22);
    assert_eq!(story.sift(&padded), Some(0));
}

#[test]
fn fragments_are_counted_and_left() {
    let mut story = Story::new();
    let mut fragment = frame(
        ([10, 0, 0, 1], 50_000),
        ([10, 0, 0, 2], 443),
        [1, 1],
        SYN,
        &hello(100),
    );
    fragment[20] = 0x20;
    assert_eq!(story.sift(&fragment), None);
    assert_eq!(story.count(Counter::Fragment), 1);
}

#[test]
fn icmp_that_refuses_a_followed_syn_is_sent_and_other_icmp_is_not() {
    let mut story = Story::new();
    let (client, server) = (([10, 0, 0, 1], 50_000), ([10, 0, 0, 2], 443));
    let syn = frame(client, server, [1000, 0], SYN, &[]);
    let answer = |code: u8| {
        let mut answer = frame(([10, 0, 0, 254], 0), client, [0, 0], 0, &[0; 16]);
        answer[23] = 1;
        answer[34..42].copy_from_slice(&[3, code, 0, 0, 0, 0, 0, 0]);
        answer[42..70].copy_from_slice(&syn[14..42]);
        answer
    };
    assert_eq!(story.sift(&answer(13)), None, "nobody has knocked yet");
    story.client(SYN, &[]);
    for (code, sent) in [(13, Some(36)), (3, Some(36)), (1, Some(36)), (4, None)] {
        assert_eq!(story.sift(&answer(code)), sent, "{code}");
    }
}

#[test]
fn every_prefix_of_a_packet_is_read_alike_in_place_and_scattered() {
    let whole = frame(
        ([10, 0, 0, 1], 50_000),
        ([10, 0, 0, 2], 443),
        [1, 1],
        SYN,
        &hello(100),
    );
    for length in 0..=whole.len() {
        let prefix = &whole[..length];
        let mut in_place = Host::new(HostSettings::for_ports([443]));
        let mut scattered = in_place.clone();
        in_place.sift(&Bytes(prefix), HOOK);
        scattered.sift(&Scattered(prefix), HOOK);
        assert_eq!(in_place.out, scattered.out, "{length} bytes");
        assert_eq!(in_place.flows.0, scattered.flows.0, "{length} bytes");
    }
}
