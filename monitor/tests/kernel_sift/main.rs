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
use monitor_common::sift::host::{Bytes, Host, HostSettings};
use monitor_common::sift::{Hook, Link};

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
        self.kernel.run(program, frame, 1);
        self.host.sift(
            &Bytes(frame),
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
            self.host.out.records[self.told..],
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
    for path in captures {
        let mut both = Both::new(Config::DEFAULT);
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

#[test]
fn every_shape_of_headers_and_every_prefix_of_it_agrees() {
    let mut both = Both::new(Config::DEFAULT);
    for (label, frame) in frames::shapes() {
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
    for (label, frame) in frames::shapes() {
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
