//! What the kernel programs cost, in nanoseconds for each packet over an empty program, in one run. Needs root.
//!
//! `cargo bench --bench kernel` prints a line for each row, and says where a budget is exceeded. The packets are run by
//! `BPF_PROG_TEST_RUN`; each figure is the best of several runs, for what disturbs a run only ever makes it slower.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its result")]
#![cfg_attr(
    feature = "live",
    expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a benchmark's helpers may fail as a test may"
    )
)]

#[cfg(feature = "live")]
#[path = "../tests/kernel_sift/datagrams.rs"]
#[expect(dead_code, reason = "the benchmark needs a few of the tests' frames")]
mod datagrams;
#[cfg(feature = "live")]
#[path = "../tests/kernel_sift/frames.rs"]
#[expect(dead_code, reason = "the benchmark needs a few of the tests' frames")]
mod frames;
#[cfg(feature = "live")]
#[path = "../tests/kernel_sift/programs.rs"]
#[expect(dead_code, reason = "the benchmark counts nothing but time")]
mod programs;

#[cfg(feature = "live")]
fn main() {
    rows::print(&mut rows::Bench::new());
}

#[cfg(not(feature = "live"))]
fn main() {
    println!("needs the feature live");
}

#[cfg(feature = "live")]
mod rows {
    use monitor_common::abi::{Config, name as abi};

    use super::datagrams::{datagram, initial, short, v4, v6};
    use super::frames::{Ip, Tcp, client_hello, ethernet};
    use super::programs::Programs;

    /// How often a packet passes in one run.
    const REPEAT: u32 = 200_000;
    /// How often a packet passes where each time makes a record; the ring is drained after the run.
    const RECORDS: u32 = 500;
    /// How many runs each row has. Rows take turns, so that what disturbs the machine disturbs them alike.
    const ROUNDS: u32 = 40;

    pub(super) struct Bench {
        programs: Programs,
    }

    /// A packet, and what it may cost.
    struct Row {
        name: &'static str,
        program: &'static str,
        frame: Vec<u8>,
        repeat: u32,
        budget: Option<f64>,
        best: f64,
    }

    impl Row {
        fn new(name: &'static str, frame: Vec<u8>, budget: Option<f64>) -> Self {
            Self {
                name,
                program: abi::INGRESS,
                frame,
                repeat: REPEAT,
                budget,
                best: f64::INFINITY,
            }
        }

        fn with_record(name: &'static str, frame: Vec<u8>) -> Self {
            Self {
                repeat: RECORDS,
                ..Self::new(name, frame, None)
            }
        }
    }

    impl Bench {
        pub(super) fn new() -> Self {
            // A budget without end, so that the rows with records go on making them.
            let config = Config {
                bytes_per_direction: u32::MAX,
                ..Config::DEFAULT
            };
            Self {
                programs: Programs::load(config, &[443]),
            }
        }

        fn run(&mut self, row: &mut Row) {
            let nanos = self
                .programs
                .run(row.program, (&row.frame, 0), row.repeat)
                .as_secs_f64()
                * 1e9;
            row.best = row.best.min(nanos);
            self.programs.records();
        }

        /// Lets a flow pass its handshake, so that nothing more of it is wanted, and gives a packet of its bulk.
        fn finished(&mut self, ip: &Ip) -> Vec<u8> {
            let packet = |flags, payload: &[u8]| ethernet(ip, &tcp(40_001, 443, flags), payload);
            self.pass(&packet(2, &[]), 1);
            self.pass(&packet(0x18, &[23, 3, 3, 0, 40, 1, 1, 1]), 100);
            packet(0x18, &[1; 1000])
        }

        /// The same for a QUIC connection.
        fn finished_quic(&mut self, ip: &Ip) -> Vec<u8> {
            let packet = |payload: &[u8]| datagram(ip, 40_001, 443, payload);
            self.pass(&packet(&initial(1200)), 1);
            self.pass(&packet(&short(1000)), 100);
            packet(&short(1000))
        }

        fn pass(&mut self, frame: &[u8], times: u32) {
            self.programs.run(abi::INGRESS, (frame, 0), times);
            self.programs.records();
        }
    }

    fn tcp(source: u16, destination: u16, flags: u8) -> Tcp {
        Tcp {
            source,
            destination,
            flags,
            ..Tcp::default()
        }
    }

    /// Prints all rows, with their budgets.
    pub(super) fn print(bench: &mut Bench) {
        let mut empty = Row {
            program: abi::EMPTY,
            ..Row::new("empty program and test loop", vec![0; 60], None)
        };
        let mut rows = rows(bench);
        for _ in 0..ROUNDS {
            bench.run(&mut empty);
            for row in &mut rows {
                bench.run(row);
            }
        }
        println!("{:<40} {:>7.0} ns", empty.name, empty.best);
        for row in &rows {
            let cost = row.best - empty.best;
            let budget = row.budget.map_or_else(String::new, |budget| {
                let over = if cost > budget { ", exceeded" } else { "" };
                format!("   budget {budget:.0}{over}")
            });
            println!("{:<40} {cost:>+7.0} ns{budget}", row.name);
        }
    }

    fn rows(bench: &mut Bench) -> Vec<Row> {
        let (v4, v6) = (v4(1, 2), v6(1, 2));
        let [done_v4, done_v6] = [&v4, &v6].map(|ip| bench.finished(ip));
        let [quic_v4, quic_v6] = [&v4, &v6].map(|ip| bench.finished_quic(ip));
        let data = |ip: &Ip, source, destination| {
            ethernet(ip, &tcp(source, destination, 0x18), &[1; 1000])
        };
        let hello = |source, length| ethernet(&v4, &tcp(source, 443, 0x18), &client_hello(length));
        vec![
            Row::new("another port", data(&v4, 40_000, 80), Some(10.0)),
            Row::new("another port, IPv6", data(&v6, 40_000, 80), Some(10.0)),
            Row::new(
                "another port, UDP",
                datagram(&v4, 40_000, 53, &[1; 1000]),
                Some(10.0),
            ),
            Row::new(
                "another port, UDP of 8 bytes",
                datagram(&v4, 40_000, 53, &[1; 8]),
                None,
            ),
            Row::new("finished flow", done_v4, Some(45.0)),
            Row::new("finished flow, IPv6", done_v6, Some(45.0)),
            Row::new("finished QUIC connection", quic_v4, Some(45.0)),
            Row::new("finished QUIC connection, IPv6", quic_v6, Some(45.0)),
            Row::new("unknown flow, not a hello", data(&v4, 40_002, 443), None),
            Row::new(
                "unknown flow, not QUIC",
                datagram(&v4, 40_002, 443, &[22; 1000]),
                None,
            ),
            Row::with_record(
                "SYN, with its record",
                ethernet(&v4, &tcp(40_003, 443, 2), &[]),
            ),
            Row::with_record("hello of 517 bytes, with its record", hello(40_004, 517)),
            Row::with_record("hello of 1448 bytes, with its record", hello(40_005, 1448)),
            Row::with_record(
                "Initial of 1200 bytes, with its record",
                datagram(&v4, 40_006, 443, &initial(1200)),
            ),
        ]
    }
}
