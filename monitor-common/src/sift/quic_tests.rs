//! The rules of the sift for UDP, as stories of datagrams between a client and a server.

use std::vec;
use std::vec::Vec;

use super::datagrams::{ANSWERS, RENEWED_AFTER, SHORT_BYTES, SHORT_PACKETS};
use super::host::{Host, HostSettings, Offloaded};
use super::{Hook, Link};
use crate::abi::{Counter, MATCH_ANY_PORT, RecordHead};

const HOOK: Hook = Hook {
    interface: 7,
    egress: false,
    link: Link::Ip,
};
const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 1], 50_000);

/// A client at 10.0.0.1:50000 and a server at 10.0.0.2, and the sift that watches them.
struct Story {
    host: Host,
    server: ([u8; 4], u16),
}

impl Story {
    fn on_port(port: u16) -> Self {
        Self {
            host: Host::new(HostSettings::for_ports([443])),
            server: ([10, 0, 0, 2], port),
        }
    }

    fn new() -> Self {
        Self::on_port(443)
    }

    /// A datagram of the client; tells how many payload bytes each record of it has.
    fn client(&mut self, payload: &[u8]) -> Vec<u16> {
        self.sift(&packet(CLIENT, self.server, payload), 0)
    }

    fn server(&mut self, payload: &[u8]) -> Vec<u16> {
        self.sift(&packet(self.server, CLIENT, payload), 0)
    }

    /// Datagrams of the client that an offload made one packet of.
    fn offloaded(&mut self, payload: &[u8], each: u32) -> Vec<u16> {
        self.sift(&packet(CLIENT, self.server, payload), each)
    }

    fn sift(&mut self, packet: &[u8], each: u32) -> Vec<u16> {
        let before = self.host.out.records.len();
        self.host.sift(&Offloaded(packet, each), HOOK);
        let records = &self.host.out.records[before..];
        records
            .iter()
            .map(|record| RecordHead::split(record).unwrap().0.piece_len)
            .collect()
    }

    fn last(&self) -> RecordHead {
        let record = self.host.out.records.last().unwrap();
        RecordHead::split(record).unwrap().0
    }

    fn count(&self, counter: Counter) -> u64 {
        self.host.out.counted(counter)
    }
}

fn packet(source: ([u8; 4], u16), destination: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(28 + payload.len()).unwrap();
    let ports = [source.1, destination.1, length - 20, 0].map(u16::to_be_bytes);
    [
        &[0x45, 0][..],
        &length.to_be_bytes(),
        &[0, 1, 0x40, 0, 64, 17, 0, 0],
        &source.0,
        &destination.0,
        ports.as_flattened(),
        payload,
    ]
    .concat()
}

fn long(first: u8, length: usize) -> Vec<u8> {
    let mut packet = vec![first, 0, 0, 0, 1, 8];
    packet.resize(length, 9);
    packet
}

fn initial() -> Vec<u8> {
    long(0xc0, 1200)
}

fn handshake() -> Vec<u8> {
    long(0xe0, 1200)
}

fn short(length: usize) -> Vec<u8> {
    vec![0x41; length]
}

#[test]
fn a_handshake_is_sent_whole_and_of_data_the_start_of_a_few_packets() {
    let mut story = Story::new();
    assert_eq!(story.client(&initial()), [1200]);
    let head = story.last();
    assert_eq!((head.wire_len, head.payload_len), (1228, 1200));
    assert_eq!((head.network_len, head.header_len, head.flags), (20, 28, 0));
    assert_eq!(story.server(&initial()), [1200]);
    assert_eq!(story.server(&handshake()), [1200]);
    let shorts = |sent: Vec<Vec<u16>>| sent.concat();
    let each = u16::try_from(SHORT_BYTES).unwrap();
    let of_client = shorts((0..20).map(|_| story.client(&short(1200))).collect());
    let of_server = shorts((0..20).map(|_| story.server(&short(1200))).collect());
    assert_eq!(of_client, vec![each; SHORT_PACKETS.into()]);
    assert_eq!(of_server, vec![each; SHORT_PACKETS.into()]);
    assert_eq!(story.count(Counter::Snap), 0);
}

#[test]
fn only_an_initial_packet_opens_a_flow() {
    let mut story = Story::new();
    let others = [
        handshake(),
        short(60),
        vec![22, 0xfe, 0xfd, 0, 0, 0, 0],
        vec![0x9a; 100],
    ];
    for other in others {
        assert_eq!(story.client(&other), [0_u16; 0], "{:x?}", &other[..5]);
    }
    assert_eq!(story.count(Counter::Wanted), 0);
    assert!(story.host.flows.0.is_empty());
}

#[test]
fn another_port_is_followed_only_where_any_may_be() {
    let mut story = Story::on_port(8443);
    assert!(story.client(&initial()).is_empty());
    story.host.settings.config.matching = MATCH_ANY_PORT;
    assert!(story.client(&short(100)).is_empty());
    assert_eq!(story.client(&initial()), [1200]);
}

#[test]
fn a_flood_of_long_headers_is_bounded_in_bytes_and_packets_and_counted_once() {
    for (length, most) in [(1200, 28), (20, 128), (3000, 11)] {
        let mut story = Story::new();
        assert!(!story.client(&initial()).is_empty());
        let sent = (0..1000).filter(|_| !story.client(&long(0xe0, length)).is_empty());
        assert!(sent.count() <= most, "of {length} bytes");
        assert_eq!(story.count(Counter::Snap), 1);
        assert_eq!(
            story.server(&initial()),
            [1200],
            "the other direction has its own"
        );
    }
}

#[test]
fn an_initial_packet_begins_anew_after_a_while_or_once_both_ends_sent_data() {
    let mut story = Story::new();
    let exhaust = |story: &mut Story| {
        while !story.client(&initial()).is_empty() {}
    };
    exhaust(&mut story);
    story.host.out.time = u64::from(RENEWED_AFTER - 1) << 30;
    assert!(story.client(&initial()).is_empty());
    story.host.out.time += 1 << 30;
    assert_eq!(story.client(&initial()), [1200]);
    exhaust(&mut story);
    story.client(&short(60));
    assert!(story.client(&initial()).is_empty());
    story.server(&short(60));
    assert_eq!(story.client(&initial()), [1200]);
}

#[test]
fn tcp_on_the_same_ports_is_another_flow() {
    let mut story = Story::new();
    story.client(&initial());
    let mut syn = packet(CLIENT, story.server, &[0; 12]);
    syn[9] = 6;
    syn[32..34].copy_from_slice(&[0x50, 2]);
    assert_eq!(story.sift(&syn, 0), [0]);
    assert_eq!(story.host.flows.0.len(), 2);
}

#[test]
fn each_datagram_of_an_offloaded_packet_is_a_record() {
    let mut story = Story::new();
    let flight = [initial(), handshake(), short(500)].concat();
    assert_eq!(story.offloaded(&flight, 1200), [1200, 1200, 500]);
    let head = story.last();
    let ordinal = 2 << RecordHead::ORDINAL_SHIFT;
    assert_eq!(head.flags, RecordHead::DATAGRAM | ordinal);
    assert_eq!(
        (head.wire_len, head.payload_len, head.piece_offset),
        (528, 500, 2400)
    );
    let bulk = short(12_000);
    assert_eq!(story.offloaded(&bulk, 1200), [32]);
    assert_eq!(
        (story.last().wire_len, story.last().payload_len),
        (1228, 1200)
    );
}

#[test]
fn what_does_not_fit_into_records_is_counted() {
    let mut story = Story::new();
    assert_eq!(story.client(&long(0xc0, 9000)), [4096]);
    assert_eq!(story.count(Counter::Snap), 1);
    let mut story = Story::new();
    assert_eq!(story.offloaded(&long(0xc0, 6400), 256), [256; 16]);
    assert_eq!(story.count(Counter::Snap), 1);
}

#[test]
fn an_answer_passes_that_is_about_a_followed_datagram_a_few_times() {
    let mut story = Story::new();
    let sent = packet(CLIENT, story.server, &initial());
    let other = packet(CLIENT, ([10, 0, 0, 3], 443), &initial());
    let answer = |about: &[u8]| {
        let message = [&[3, 3, 0, 0, 0, 0, 0, 0], &about[..64]].concat();
        let mut answer = packet(story.server, CLIENT, &message[8..]);
        answer[9] = 1;
        answer[20..28].copy_from_slice(&message[..8]);
        answer
    };
    let (ours, others) = (answer(&sent), answer(&other));
    assert!(story.sift(&ours, 0).is_empty(), "nothing was sent yet");
    story.client(&initial());
    assert_eq!(story.sift(&ours, 0), [72]);
    assert_eq!(
        (story.last().network_len, story.last().header_len),
        (20, 20)
    );
    assert!(story.sift(&others, 0).is_empty());
    let more = (0..100).filter(|_| !story.sift(&ours, 0).is_empty());
    assert_eq!(more.count() + 1, usize::from(ANSWERS));
}

#[test]
fn first_fragments_on_a_followed_port_are_counted() {
    for (port, fragment, count) in [(443, 0x20, 1), (443, 0, 0), (9999, 0x20, 0)] {
        let mut story = Story::on_port(port);
        let mut packet = packet(CLIENT, story.server, &initial());
        (packet[6], packet[7]) = (fragment, u8::from(fragment == 0));
        assert!(story.sift(&packet, 0).is_empty());
        assert_eq!(story.count(Counter::Fragment), count);
    }
}

#[test]
fn of_what_sampling_leaves_out_initial_packets_to_the_port_are_counted() {
    let mut left = 0;
    for client in 1024..1224 {
        let mut story = Story::new();
        story.host.settings.config.sample_rate = 1000;
        let (client, server) = (([10, 0, 0, 1], client), story.server);
        for payload in [initial(), handshake(), short(60)] {
            story.sift(&packet(client, server, &payload), 0);
            story.sift(&packet(server, client, &payload), 0);
        }
        left += story.count(Counter::Unsampled);
        assert!(story.count(Counter::Unsampled) <= 1);
    }
    assert!(left > 150, "{left}");
}
