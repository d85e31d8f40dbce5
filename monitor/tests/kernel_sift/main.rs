//! The kernel programs and the host's sift are the same source; this shows that they are the same function: every
//! frame goes through both, and the answer, the counts and every byte of every record are compared. Needs root.
#![cfg(feature = "live")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers may fail as a test may"
)]

use std::fs;
use std::path::Path;

use monitor_common::abi::{Config, Counter, MATCH_ANY_PORT, name};
use monitor_common::sift::host::{Host, HostSettings, Offloaded};
use monitor_common::sift::{Hook, Link};

mod datagrams;
mod frames;
mod programs;

use frames::{Ip, Tcp, ethernet, server_hello};
use programs::Programs;

/// `BPF_PROG_TEST_RUN` makes its packets on the loopback, whose index is 1.
const INTERFACE: u32 = 1;
/// It takes at least an Ethernet header, and at most a page less what it keeps for itself.
const SHORTEST: usize = 14;
/// Some kernels refuse to make a packet that says IP and is shorter than its IP header.
const SURELY_TAKEN: usize = 14 + 40;
const LONGEST: usize = 3300;

/// The sift in the kernel and on the host, from the same start.
struct Both {
    kernel: Programs,
    host: Host,
    told: usize,
}

impl Both {
    fn new(config: Config) -> Self {
        let ports = [443, 8443];
        let mut settings = HostSettings::for_ports(ports);
        settings.config = config;
        Self {
            kernel: Programs::load(config, &ports),
            host: Host::new(settings),
            told: 0,
        }
    }

    /// Feeds both, and compares. A frame that is too long for the kernel's interface is cut for both.
    fn feed(&mut self, frame: &[u8], egress: bool, link: Link, label: &str) {
        self.feed_offloaded((frame, 0), egress, link, label);
    }

    /// The same for a frame that the device will cut into packets with so much payload each.
    fn feed_offloaded(
        &mut self,
        (frame, each): (&[u8], u32),
        egress: bool,
        link: Link,
        label: &str,
    ) {
        let frame = &frame[..frame.len().min(LONGEST)];
        if frame.len() < SHORTEST {
            return;
        }
        let program = match (egress, link) {
            (false, Link::Ethernet) => name::INGRESS,
            (true, Link::Ethernet) => name::EGRESS,
            (false, Link::Ip) => name::INGRESS_L3,
            (true, Link::Ip) => name::EGRESS_L3,
        };
        if frame.len() < SURELY_TAKEN && !self.kernel.takes(frame) {
            return;
        }
        self.kernel.run(program, (frame, each), 1);
        self.host.out.time = monotonic();
        self.host.sift(
            &Offloaded(frame, each),
            Hook {
                interface: INTERFACE,
                egress,
                link,
            },
        );
        assert_eq!(
            self.kernel.counts(),
            self.host.out.counts,
            "counts after {label}"
        );
        assert_eq!(
            self.kernel.records(),
            timeless(&self.host.out.records[self.told..]),
            "records of {label}"
        );
        self.told = self.host.out.records.len();
    }

    fn feed_all(&mut self, frames: &[Vec<u8>], label: &str) {
        for (index, frame) in frames.iter().enumerate() {
            self.feed(
                frame,
                index % 2 == 1,
                Link::Ethernet,
                &format!("{label}, frame {index}"),
            );
        }
    }
}

/// The clock that the kernel programs read, for they forget some things after a while.
fn monotonic() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec * 1_000_000_000 + now.tv_nsec).unwrap()
}

fn timeless(records: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let timeless = |record: &Vec<u8>| [&[0; 8], &record[8..]].concat();
    records.iter().map(timeless).collect()
}

#[test]
fn every_frame_of_the_captures_has_the_same_fate_in_the_kernel_and_on_the_host() {
    let mut captures: Vec<_> =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
    captures.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "pcap")
    });
    captures.sort();
    assert!(captures.len() >= 20, "only {} captures", captures.len());
    let mut both = Both::new(Config::DEFAULT);
    for path in captures {
        both.feed_all(
            &frames::of_capture(&fs::read(&path).unwrap()),
            &path.display().to_string(),
        );
    }
}

#[test]
fn sampling_budgets_and_any_port_agree_too() {
    let captures = [
        "ok_tls13",
        "ok_ipv6",
        "split_1",
        "tls_on_http",
        "frag_records_64",
    ];
    let configs = [
        Config {
            sample_rate: 2,
            ..Config::DEFAULT
        },
        Config {
            bytes_per_direction: 300,
            ..Config::DEFAULT
        },
        Config {
            matching: MATCH_ANY_PORT,
            ..Config::DEFAULT
        },
    ];
    for config in configs {
        let mut both = Both::new(config);
        for capture in captures {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("tests/captures/{capture}.pcap"));
            both.feed_all(&frames::of_capture(&fs::read(path).unwrap()), capture);
        }
    }
}

fn all_shapes() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    frames::shapes().into_iter().chain(datagrams::shapes())
}

#[test]
fn every_shape_of_headers_and_every_prefix_of_it_agrees() {
    let mut both = Both::new(Config::DEFAULT);
    for (label, frame) in all_shapes() {
        for length in 0..=frame.len() {
            both.feed(
                &frame[..length],
                false,
                Link::Ethernet,
                &format!("{label} cut to {length} bytes"),
            );
        }
        both.feed(&frame, true, Link::Ethernet, label);
    }
    assert!(
        both.host.out.counted(Counter::Fragment) > 0 && both.host.out.counted(Counter::Sent) > 100
    );
}

#[test]
fn devices_without_a_link_header_agree() {
    let mut both = Both::new(Config::DEFAULT);
    for (label, frame) in all_shapes() {
        let packet = &frame[14..];
        for length in 0..=packet.len() {
            both.feed(
                &packet[..length],
                true,
                Link::Ip,
                &format!("{label} without Ethernet, cut to {length} bytes"),
            );
        }
    }
    assert!(both.host.out.counted(Counter::Sent) > 100);
}

#[test]
fn a_flow_is_followed_to_its_end_and_then_left_alike() {
    let mut both = Both::new(Config::DEFAULT);
    let client = Tcp {
        source: 50_000,
        destination: 443,
        ..Tcp::default()
    };
    let server = Tcp {
        source: 443,
        destination: 50_000,
        ..Tcp::default()
    };
    let (up, down) = (
        Ip::v4([10, 0, 0, 1], [10, 0, 0, 2]),
        Ip::v4([10, 0, 0, 2], [10, 0, 0, 1]),
    );
    let mut talk = vec![
        ethernet(&up, &client.syn(100), &[]),
        ethernet(&down, &server.syn_ack(900, 101), &[]),
        ethernet(&up, &client.ack(101, 901), &frames::client_hello(517)),
        ethernet(&down, &server.ack(901, 618), &server_hello()),
    ];
    for index in 0..20 {
        talk.push(ethernet(
            &down,
            &server.ack(1000 + index, 618),
            &[23, 3, 3, 0, 20, 1, 2, 3],
        ));
        talk.push(ethernet(&up, &client.ack(618, 1000 + index), &[]));
    }
    talk.push(ethernet(&down, &server.with(0x11, 2000, 618), &[]));
    talk.push(ethernet(&up, &client.with(0x04, 618, 0), &[]));
    talk.push(ethernet(&up, &client.with(0x04, 618, 0), &[]));
    both.feed_all(&talk, "a whole connection");
    assert_eq!(both.host.out.counted(Counter::Deleted), 1);
}

#[test]
fn datagrams_of_a_packet_that_an_offload_made_come_one_by_one() {
    let mut both = Both::new(Config::DEFAULT);
    let flight = [
        datagrams::initial(1000),
        datagrams::long(0xe3, 1000),
        datagrams::short(300),
    ]
    .concat();
    let (up, bulk) = (datagrams::v4(1, 2), datagrams::short(3000));
    for (label, port, payload) in [
        ("a flight", 40_000, &flight),
        ("bulk", 40_000, &bulk),
        ("bulk of an unknown flow", 40_001, &bulk),
    ] {
        let frame = datagrams::datagram(&up, port, 443, payload);
        for each in [999, 1000, 1001, 2300, 2301, 4097] {
            both.feed_offloaded((&frame, each), true, Link::Ethernet, label);
        }
    }
    assert!(both.host.out.records.len() > 12);
}

#[test]
fn a_quic_connection_is_followed_until_both_ends_sent_data_and_then_left_alike() {
    let mut both = Both::new(Config::DEFAULT);
    for ip in [datagrams::v4 as fn(u8, u8) -> Ip, datagrams::v6] {
        let up = |payload: &[u8]| datagrams::datagram(&ip(1, 2), 50_000, 443, payload);
        let down = |payload: &[u8]| datagrams::datagram(&ip(2, 1), 443, 50_000, payload);
        let mut talk = vec![
            up(&datagrams::initial(1200)),
            up(&datagrams::initial(1200)),
            down(&datagrams::long(0xc1, 1200)),
            down(&datagrams::long(0xe1, 1200)),
            up(&datagrams::long(0xe2, 90)),
        ];
        for _ in 0..20 {
            talk.extend([up(&datagrams::short(1200)), down(&datagrams::short(60))]);
        }
        let before = both.host.out.counted(Counter::Sent);
        both.feed_all(&talk, "a whole connection");
        assert_eq!(both.host.out.counted(Counter::Sent) - before, 5 + 8);
        both.feed_all(&talk, "another one on the same ports");
        assert_eq!(both.host.out.counted(Counter::Sent) - before, 2 * (5 + 8));
    }
    assert_eq!(both.host.out.counted(Counter::Inserted), 2);
}

#[test]
fn the_kernel_opens_what_user_space_opens() {
    let mut both = Both::new(Config::DEFAULT);
    let mut port = 20_000;
    let versions = [
        0,
        1,
        2,
        0x6b33_43cf,
        0x6b33_43ce,
        0xface_b002,
        0xff00_001a,
        0xff00_001b,
    ];
    let drafts = 0xff00_001c..=0xff00_0024;
    for version in versions.into_iter().chain(drafts) {
        for first in [0x03, 0x43, 0x83, 0x93, 0xc3, 0xd3, 0xe3, 0xf3] {
            port += 1;
            let payload = [&[first][..], &u32::to_be_bytes(version), &[0; 40]].concat();
            let frame = datagrams::datagram(&datagrams::v4(1, 2), port, 443, &payload);
            let before = both.host.out.counted(Counter::Inserted);
            both.feed(&frame, false, Link::Ethernet, "a first datagram");
            let opened = both.host.out.counted(Counter::Inserted) > before;
            let opens = monitor::wire::quic::opens_connection(&payload);
            assert_eq!(opened, opens, "{first:#x} of version {version:#x}");
        }
    }
}
