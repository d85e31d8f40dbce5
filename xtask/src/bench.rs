//! `cargo xtask bench`: what tlsmon costs. Figures are for comparing within one run on one machine; none passes or fails.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use crate::command::{self, find, is_root, output, shown};
use crate::setup::{self, Purpose};
use crate::{paths, say};

mod generate;
mod packet;

pub use generate::Generated;

/// How often each program is measured; the median counts.
const ROUNDS: usize = 5;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How many captures to copy into the large one; each is a connection or a few.
    #[arg(long, default_value_t = 20_000)]
    connections: u32,
    /// Leave out the kernel programs, whose measurement takes root.
    #[arg(long)]
    replay_only: bool,
    /// The captures whose connections are copied.
    #[arg(long, default_value_os_t = paths::root().join("monitor/tests/captures"))]
    captures: PathBuf,
}

/// What a program used.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Usage {
    /// User and system time in seconds.
    cpu: f64,
    /// Peak resident memory in MB.
    memory: f64,
}

/// Measures the kernel programs and the replay.
pub fn run(options: &Options) -> Result<()> {
    setup::ensure(Purpose::Build, false)?;
    if !options.replay_only {
        kernel()?;
    }
    replay(options)
}

fn kernel() -> Result<()> {
    say::step("kernel programs: nanoseconds per packet (BPF_PROG_TEST_RUN), as root");
    let mut bench = Command::new("cargo");
    bench
        .args(["bench", "--package", "monitor", "--bench", "kernel"])
        .current_dir(paths::root());
    if !is_root() {
        bench.args(["--config", "target.'cfg(all())'.runner = 'sudo -E'"]);
    }
    command::run(&mut bench)
}

fn replay(options: &Options) -> Result<()> {
    say::step("build: tlsmon, optimised");
    let mut build = Command::new("cargo");
    command::run(
        build
            .args(["build", "--release", "--package", "monitor"])
            .current_dir(paths::root()),
    )?;
    let file = paths::cache().join(format!("bench-{}.pcap", options.connections));
    let generated = generate::write(&options.captures, options.connections, &file)?;
    say::step(format_args!(
        "replay: {} connections of {} kinds, interleaved: {} packets, {:.1} MB",
        generated.connections,
        generated.kinds,
        generated.packets,
        megabytes(generated.bytes)
    ));
    let mut rows = vec![("tlsmon replay --output json", tlsmon(&file))];
    rows.push(("cat: reading the file alone", Command::new("cat")));
    if let Some((_, cat)) = rows.last_mut() {
        cat.arg(&file);
    }
    match find("tshark") {
        Some(tshark) => rows.push(("tshark: names and alerts as fields", fields(&tshark, &file))),
        None => {
            say::note("tshark is not installed: nothing to compare with (Debian's package tshark)");
        }
    }
    for (name, program) in rows {
        show(name, measure(&program)?, &generated);
    }
    Ok(())
}

fn tlsmon(file: &Path) -> Command {
    let mut command = Command::new(paths::tlsmon("release"));
    command.args(["replay", "--output", "json"]).arg(file);
    command
}

/// The nearest that tshark comes to the same work: reassembly, and the fields by which a person would tell the cause.
fn fields(tshark: &Path, file: &Path) -> Command {
    let mut command = Command::new(tshark);
    command.args([
        "-n",
        "-Y",
        "tls.handshake.type == 1 || tls.alert_message",
        "-T",
        "fields",
    ]);
    command.args([
        "-e",
        "ip.src",
        "-e",
        "tls.handshake.extensions_server_name",
        "-e",
        "tls.alert_message.desc",
    ]);
    command.arg("-r").arg(file);
    command
}

fn show(name: &str, usage: Usage, generated: &Generated) {
    let per_second = f64::from(generated.connections) / usage.cpu.max(0.001);
    let rate = megabytes(generated.bytes) / 1000.0 / usage.cpu.max(0.001);
    say::note(format_args!(
        "{name:<36} {:>7.2} CPU s {per_second:>10.0} connections per CPU s {rate:>6.2} GB/s {:>7.1} MB",
        usage.cpu, usage.memory
    ));
}

#[expect(clippy::cast_precision_loss, reason = "a size for a person to read")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The median of some rounds, by CPU time.
fn measure(program: &Command) -> Result<Usage> {
    let mut rounds = (0..ROUNDS)
        .map(|_round| measure_once(program))
        .collect::<Result<Vec<_>>>()?;
    rounds.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    rounds
        .get(ROUNDS / 2)
        .copied()
        .context("no round was measured")
}

/// In a process of its own, whose only child is the program: what children used is what the program used.
fn measure_once(program: &Command) -> Result<Usage> {
    let mut helper = Command::new(std::env::current_exe()?);
    helper
        .arg("measured")
        .arg("--")
        .arg(program.get_program())
        .args(program.get_args());
    let said = output(&mut helper)?;
    let mut numbers = said.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(cpu)), Some(Ok(memory))) => Ok(Usage { cpu, memory }),
        _ => bail!("unexpected answer {said:?}"),
    }
}

/// Runs a command with its output thrown away and prints the CPU seconds and the megabytes that it took.
pub fn measured(words: &[OsString]) -> Result<()> {
    let (program, arguments) = words.split_first().context("no command")?;
    let mut command = Command::new(program);
    let status = command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    let status = status.with_context(|| format!("cannot start {}", shown(&command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(&command));
    }
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    let kilobytes = u64::try_from(used.max_rss())?;
    say::line(format_args!(
        "{}.{:06} {}",
        micros / 1_000_000,
        micros % 1_000_000,
        megabytes(kilobytes * 1024)
    ));
    Ok(())
}
