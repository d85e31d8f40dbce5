//! Every capture in `tests/captures` is read to its end, and holds what its line in the README there says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use monitor::capture::pcap::{Source, read};
use monitor::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use monitor::wire::{self, Packet, Transport, Unreadable};

/// What a capture holds. The README's figures were taken with tshark.
#[derive(Debug, Default, PartialEq, Eq)]
struct Holds {
    packets: u64,
    /// Of these, TCP or UDP.
    transport: u64,
    /// Bytes of TCP or UDP payload.
    payload: u64,
}

#[derive(Default)]
struct Counter {
    holds: Holds,
    others: BTreeMap<Unreadable, u64>,
    unreachable: u64,
    last: Timestamp,
}

impl FrameSink for Counter {
    fn frame(&mut self, frame: Frame<'_>) {
        assert!(frame.time >= self.last, "time went backwards");
        self.last = frame.time;
        self.holds.packets += 1;
        match wire::decode(&frame) {
            Ok(Packet {
                transport: Transport::Unreachable(_),
                ..
            }) => self.unreachable += 1,
            Ok(packet) => {
                self.holds.transport += 1;
                self.holds.payload += payload_len(&packet.transport);
            }
            Err(reason) => *self.others.entry(reason).or_default() += 1,
        }
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        assert_eq!((id.0, name), (0, "if0"));
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        panic!("{place} lost {count} packets: {reason}");
    }

    fn tick(&mut self, _: Timestamp) {}
}

fn payload_len(transport: &Transport<'_>) -> u64 {
    match transport {
        Transport::Tcp(segment) => {
            assert_eq!(segment.payload.len(), segment.payload_len as usize);
            u64::from(segment.payload_len)
        }
        Transport::Udp(datagram) => {
            assert_eq!(datagram.payload.len(), datagram.payload_len as usize);
            u64::from(datagram.payload_len)
        }
        Transport::Unreachable(_) => 0,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

/// The lines of the README's tables: `| name | packets | TCP or UDP | payload | …`.
fn promised() -> BTreeMap<String, Holds> {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
        let name = cells.next().unwrap().to_owned();
        let mut number = || cells.next().unwrap().parse().unwrap();
        let holds = Holds {
            packets: number(),
            transport: number(),
            payload: number(),
        };
        (name, holds)
    })
    .collect()
}

fn names_of_captures() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".pcap").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn count(name: &str) -> Counter {
    let mut counter = Counter::default();
    let source = Source::from_argument(folder().join(format!("{name}.pcap")));
    read(source, &mut counter, &mut |_| ()).unwrap_or_else(|error| panic!("{error}"));
    counter
}

#[test]
fn the_readme_has_a_line_for_every_capture_and_no_other() {
    let promised: Vec<_> = promised().into_keys().collect();
    assert_eq!(promised, names_of_captures());
}

#[test]
fn every_capture_holds_what_the_readme_says() {
    for (name, holds) in promised() {
        assert_eq!(count(&name).holds, holds, "{name}");
    }
}

/// Cuts every packet at every length.
struct Cutter;

impl FrameSink for Cutter {
    fn frame(&mut self, frame: Frame<'_>) {
        let Ok(whole) = wire::decode(&frame) else {
            return;
        };
        for length in 0..frame.network.len() {
            let network = &frame.network[..length];
            match wire::decode(&Frame { network, ..frame }) {
                Ok(cut) => assert_same_but_shorter(&cut, &whole),
                Err(reason) => assert_eq!(reason, Unreadable::Truncated),
            }
        }
    }

    fn interface(&mut self, _: InterfaceId, _: &str) {}

    fn lost(&mut self, _: &'static str, _: &'static str, _: u64) {}

    fn tick(&mut self, _: Timestamp) {}
}

fn assert_same_but_shorter(cut: &Packet<'_>, whole: &Packet<'_>) {
    let mut shortened = *whole;
    match (&cut.transport, &mut shortened.transport) {
        (Transport::Tcp(cut), Transport::Tcp(whole)) => {
            whole.payload = &whole.payload[..cut.payload.len()];
        }
        (Transport::Udp(cut), Transport::Udp(whole)) => {
            whole.payload = &whole.payload[..cut.payload.len()];
        }
        (Transport::Unreachable(_), Transport::Unreachable(_)) => {}
        _ => panic!("another transport"),
    }
    assert_eq!(*cut, shortened);
}

#[test]
fn a_packet_cut_anywhere_is_truncated_or_the_same_with_less_payload() {
    for name in names_of_captures() {
        let source = Source::from_argument(folder().join(format!("{name}.pcap")));
        read(source, &mut Cutter, &mut |_| ()).unwrap();
    }
}

#[test]
fn what_is_neither_tcp_nor_udp_is_icmp() {
    for name in names_of_captures() {
        let counter = count(&name);
        assert!(counter.others.is_empty(), "{name}: {:?}", counter.others);
        let unreachable = if name == "quic_port_closed" { 5 } else { 0 };
        assert_eq!(counter.unreachable, unreachable, "{name}");
    }
}
