//! Packets at any time and in any order, through the whole pipeline. Bytes: how little room there is (one), then for each
//! step: what it is (one), how much later (one), its bytes with their length before them.
//!
//! | what & 7 | |
//! |---|---|
//! | 0, 1 | the next TCP segment of the client, of the server |
//! | 2 | an IP packet |
//! | 3, 4 | a QUIC Initial packet of the client, of the server, with these frames |
//! | 5, 6 | a TCP segment of the client, of the server, with its first byte as flags |
//! | 7 | a UDP datagram of the client |
//!
//! The next two bits choose one of four connections, the last three how far the segment is from its place in the stream.
//! Tables and memory stay within their limits and are given back at the end, no deadline is left behind, and whatever is
//! reported can be printed without commanding a terminal.

use std::time::Duration;

use monitor::flow::Side;
use monitor::frame::FrameSink as _;
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::Event;
use monitor::sink::printer::{Format, Printer};
use monitor::sink::style::Style;

use crate::choices::Choices;
use crate::packet::{self, ACK, FIN, MAX_PAYLOAD, PSH, SYN, Way};
use crate::quic;

const SHIFTS: [i32; 8] = [0, 0, 0, 0, 1, -1, 1460, -1460];

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let mut run = Run::new(choices.u8());
    while !choices.is_empty() {
        run.step(choices.u8(), choices.u8(), choices.block());
    }
    run.finish();
}

struct Run {
    pipeline: Pipeline,
    limits: Settings,
    printers: [Printer; 2],
    nanos: u64,
    packets: u64,
    /// Of each connection, where the client and the server stand in their streams.
    seqs: [[u32; 2]; 4],
}

impl Run {
    fn new(room: u8) -> Self {
        let limits = Settings {
            max_conversations: 1 + usize::from(room & 7),
            max_endpoints: 1 + usize::from(room >> 3 & 3),
            max_buffered: 1024 << (room >> 5),
            ..Settings::default()
        };
        let mut pipeline = Pipeline::new(limits.clone());
        pipeline.interface(monitor::frame::InterfaceId(0), "fuzz\r\n\u{1b}[0m");
        Self {
            pipeline,
            limits,
            printers: [Format::Text, Format::Json].map(|format| Printer::new(format, Style::PLAIN)),
            nanos: 1_700_000_000_000_000_000,
            packets: 0,
            seqs: [[1_000, u32::MAX - 1_000]; 4],
        }
    }

    fn step(&mut self, what: u8, delay: u8, content: &[u8]) {
        self.nanos = later(self.nanos, delay);
        let packet = self.packet(what, content);
        self.pipeline.push(packet::frame(self.nanos, &packet));
        self.packets += 1;
        self.holds();
    }

    fn packet(&mut self, what: u8, content: &[u8]) -> Vec<u8> {
        let content = &content[..content.len().min(MAX_PAYLOAD)];
        let index = usize::from(what >> 3 & 3);
        let way = Way {
            from_server: matches!(what & 7, 1 | 4 | 6),
            client_port: 40_000 + u16::from(what >> 3 & 3),
            server_port: 443,
        };
        match what & 7 {
            0 | 1 => self.segment(way, index, PSH | ACK, what >> 5, content),
            2 => content.to_vec(),
            3 => packet::udp(
                way,
                &quic::seal(Side::Client, what >> 5, self.number(), content),
            ),
            4 => packet::udp(
                way,
                &quic::seal(Side::Server, what >> 5, self.number(), content),
            ),
            5 | 6 => {
                let (flags, payload) = content.split_first().unwrap_or((&SYN, &[]));
                self.segment(way, index, *flags, what >> 5, payload)
            }
            _ => packet::udp(way, content),
        }
    }

    fn number(&self) -> u32 {
        u32::try_from(self.packets).unwrap()
    }

    fn segment(&mut self, way: Way, index: usize, flags: u8, shift: u8, payload: &[u8]) -> Vec<u8> {
        let [client, server] = &mut self.seqs[index];
        let (own, other) = if way.from_server {
            (server, client)
        } else {
            (client, server)
        };
        let seq = own.wrapping_add_signed(SHIFTS[usize::from(shift)]);
        let packet = packet::tcp(way, [seq, *other], flags, payload);
        let len = u32::try_from(payload.len()).unwrap() + u32::from(flags & (SYN | FIN) != 0);
        *own = own.wrapping_add(len);
        packet
    }

    /// What must hold after every packet.
    fn holds(&mut self) {
        let (followed, remembered) = self.pipeline.conversations();
        let held = followed + remembered;
        assert!(
            held <= self.limits.max_conversations,
            "{held} conversations"
        );
        let buffered = self.pipeline.buffered();
        assert!(
            buffered <= self.limits.max_buffered,
            "{buffered} bytes wait"
        );
        assert_eq!(self.pipeline.packets(), self.packets);
        self.print();
    }

    fn print(&mut self) {
        for event in self.pipeline.events() {
            for printer in &mut self.printers {
                printed(printer, &event);
            }
        }
    }

    fn finish(&mut self) {
        self.pipeline.finish();
        self.print();
        assert_eq!(self.pipeline.conversations(), (0, 0), "all are let go");
        assert_eq!(self.pipeline.buffered(), 0, "all memory is given back");
        self.pipeline
            .advance(monitor::frame::Timestamp(self.nanos).plus(Duration::from_hours(1)));
        assert_eq!(
            self.pipeline.next_deadline(),
            None,
            "no deadline is left behind"
        );
    }
}

fn printed(printer: &mut Printer, event: &Event) {
    let mut out = Vec::new();
    printer.print(event, &mut out).unwrap();
    let commands = |byte: &u8| (*byte < 32 && *byte != b'\n') || *byte == 127;
    assert!(
        !out.iter().any(commands),
        "{}",
        String::from_utf8_lossy(&out).escape_debug()
    );
}

/// Delays from nothing to nine minutes; the highest choices are a clock that goes back.
fn later(nanos: u64, delay: u8) -> u64 {
    match delay {
        0..240 => nanos.saturating_add(1 << (delay / 6)) - 1,
        _ => nanos.saturating_sub(1 << (2 * (delay - 224))),
    }
}
