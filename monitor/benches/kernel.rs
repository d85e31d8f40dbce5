//! What the kernel programs cost, in nanoseconds for each packet over an empty program, in one run. Needs root.
//!
//! `cargo bench --bench kernel` prints a line for each row and fails where a budget is exceeded. The packets are run by
//! `BPF_PROG_TEST_RUN`; each figure is the best of several runs, for what disturbs a run only ever makes it slower.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its result")]

#[cfg(feature = "live")]
#[path = "../tests/kernel_sift/frames.rs"]
#[expect(dead_code, reason = "the benchmark needs a few of the tests' frames")]
mod frames;
#[cfg(feature = "live")]
#[path = "../tests/kernel_sift/programs.rs"]
mod programs;

#[cfg(feature = "live")]
fn main() {
    if !rows::print(&mut rows::Bench::new()) {
        std::process::exit(1);
    }
}

#[cfg(not(feature = "live"))]
fn main() {
    println!("needs the feature live");
}

#[cfg(feature = "live")]
mod rows {
    use monitor_common::abi::{Config, name};

    use super::frames::{Ip, Tcp, client_hello, ethernet};
    use super::programs::Programs;

    /// How often a packet passes in one run, and how many runs there are.
    const REPEAT: u32 = 1_000_000;
    const RUNS: u32 = 9;
    /// Records that the ring takes without being drained.
    const RECORDS: u32 = 2_000;

    pub(super) struct Bench {
        programs: Programs,
        empty: f64,
    }

    /// A figure, and what it may be.
    struct Row {
        name: &'static str,
        nanos: f64,
        budget: Option<f64>,
    }

    impl Bench {
        pub(super) fn new() -> Self {
            // A budget without end, so that the rows with records go on making them.
            let config = Config {
                bytes_per_direction: u32::MAX,
                ..Config::DEFAULT
            };
            let mut bench = Self {
                programs: Programs::load(config, &[443]),
                empty: 0.0,
            };
            bench.empty = bench.best(name::EMPTY, &other_port());
            bench
        }

        /// The best of many runs, in nanoseconds for each packet.
        fn best(&self, program: &str, frame: &[u8]) -> f64 {
            let nanos = |_| self.programs.run(program, frame, REPEAT).as_secs_f64() * 1e9;
            (0..RUNS).map(nanos).fold(f64::INFINITY, f64::min)
        }

        fn over_empty(&self, frame: &[u8]) -> f64 {
            self.best(name::INGRESS, frame) - self.empty
        }

        /// The same for packets of which each makes a record.
        fn recorded(&mut self, frame: &[u8]) -> f64 {
            let mut best = f64::INFINITY;
            for _ in 0..RUNS * 5 {
                best = best.min(
                    self.programs
                        .run(name::INGRESS, frame, RECORDS)
                        .as_secs_f64()
                        * 1e9,
                );
                self.programs.records();
            }
            best - self.empty
        }

        /// Lets a flow pass its handshake, so that nothing more of it is wanted.
        fn finish(&mut self, frame: &[u8]) {
            self.programs.run(name::INGRESS, frame, 100);
            self.programs.records();
        }
    }

    fn v4() -> Ip {
        Ip::v4([10, 0, 0, 1], [10, 0, 0, 2])
    }

    fn v6() -> Ip {
        Ip::V6 {
            source: 1,
            destination: 2,
            extensions: Vec::new(),
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

    fn other_port() -> Vec<u8> {
        ethernet(&v4(), &tcp(40_000, 80, 0x18), &[1; 1000])
    }

    fn finished(ip: &Ip, bench: &mut Bench) -> Vec<u8> {
        bench
            .programs
            .run(name::INGRESS, &ethernet(ip, &tcp(40_001, 443, 2), &[]), 1);
        bench.finish(&ethernet(
            ip,
            &tcp(40_001, 443, 0x18),
            &[23, 3, 3, 0, 40, 1, 1, 1],
        ));
        ethernet(ip, &tcp(40_001, 443, 0x18), &[1; 1000])
    }

    /// Prints all rows; false where one is over its budget.
    pub(super) fn print(bench: &mut Bench) -> bool {
        let rows = rows(bench);
        println!("empty program and test loop: {:.1} ns", bench.empty);
        for row in &rows {
            let budget = row
                .budget
                .map_or_else(String::new, |budget| format!("   budget {budget:.0}"));
            println!("{:<34} {:>+7.1} ns{budget}", row.name, row.nanos);
        }
        rows.iter()
            .all(|row| row.budget.is_none_or(|budget| row.nanos <= budget))
    }

    fn rows(bench: &mut Bench) -> Vec<Row> {
        let row = |name, nanos, budget| Row {
            name,
            nanos,
            budget,
        };
        let (done_v4, done_v6) = (finished(&v4(), bench), finished(&v6(), bench));
        let unknown = ethernet(&v4(), &tcp(40_002, 443, 0x18), &[1; 1000]);
        let hello = |port, length| ethernet(&v4(), &tcp(port, 443, 0x18), &client_hello(length));
        vec![
            row("another port", bench.over_empty(&other_port()), Some(10.0)),
            row(
                "another port, IPv6",
                bench.over_empty(&ethernet(&v6(), &tcp(1, 80, 0x18), &[1; 1000])),
                Some(10.0),
            ),
            row("finished flow", bench.over_empty(&done_v4), Some(45.0)),
            row(
                "finished flow, IPv6",
                bench.over_empty(&done_v6),
                Some(45.0),
            ),
            row(
                "unknown flow, not a hello",
                bench.over_empty(&unknown),
                None,
            ),
            row(
                "SYN, with its record",
                bench.recorded(&ethernet(&v4(), &tcp(40_003, 443, 2), &[])),
                None,
            ),
            row(
                "hello of 517 bytes, with its record",
                bench.recorded(&hello(40_004, 517)),
                None,
            ),
            row(
                "hello of 1448 bytes, with its record",
                bench.recorded(&hello(40_005, 1448)),
                None,
            ),
        ]
    }
}
