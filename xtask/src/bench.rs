//! `cargo xtask bench`: what tlsmon costs. Figures are for comparing within one run on one machine; no time passes or fails.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::command::{self, as_root, is_root, output, this_program};
use crate::setup::{self, Purpose};
use crate::{guided, paths, say};

mod generate;
mod half_open;
mod idle;
mod packet;
mod peers;
mod usage;

pub use generate::Generated;
pub use usage::measured;

use generate::Sample;
use usage::Usage;

/// Handshakes that are begun and not finished, for the measurement of memory.
const HALF_OPEN: u32 = 1_000_000;
/// What tlsmon may take in all, in MB; stated in docs/operations.md.
const CEILING: f64 = 512.0;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How many captures to copy into the large one; each is a connection or a few.
    #[arg(long, default_value_t = 100_000)]
    connections: u32,
    /// Leave out the kernel programs, whose measurement takes root.
    #[arg(long)]
    replay_only: bool,
    /// Measure the program that `cargo xtask build` makes, too.
    #[arg(long)]
    guided: bool,
    /// Copy failures too, not only whole connections.
    #[arg(long)]
    all_kinds: bool,
    /// Measure only what tlsmon takes when idle, for so many seconds: ten minutes where no number is given. It takes root.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "600")]
    idle: Option<u64>,
    /// Measure this program when idle, instead of building one.
    #[arg(long, requires = "idle", value_name = "FILE")]
    tlsmon: Option<PathBuf>,
    /// The captures whose connections are copied.
    #[arg(long, default_value_os_t = captures())]
    captures: PathBuf,
}

/// Measures the kernel programs, the replay, and the memory under attack.
pub fn run(options: &Options) -> Result<()> {
    if let Some(seconds) = options.idle {
        return idle(Duration::from_secs(seconds), options.tlsmon.as_deref());
    }
    setup::ensure(Purpose::Build, false)?;
    if !options.replay_only {
        kernel()?;
    }
    build()?;
    let guided = options.guided.then(guided::build).transpose()?;
    replay(options, guided.as_deref())?;
    overload()
}

fn build() -> Result<()> {
    say::step("build: tlsmon, optimised");
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--package", "monitor"]);
    command::run(build.current_dir(paths::root()))
}

/// Builds as whoever asked; the rest takes root.
fn idle(time: Duration, program: Option<&Path>) -> Result<()> {
    setup::ensure(Purpose::Deploy, false)?;
    if program.is_none() {
        build()?;
    }
    if is_root() {
        let built = paths::tlsmon("release");
        return idle::run(program.unwrap_or(&built), time);
    }
    let arguments = std::env::args_os().skip(1);
    command::run(as_root(this_program()?).args(arguments))
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

/// A capture of that many whole connections, as large ones are.
pub(crate) fn sample(connections: u32, file: &Path) -> Result<Generated> {
    let sample = Sample {
        folder: &captures(),
        copies: connections,
        all_kinds: false,
    };
    generate::write(&sample, file)
}

fn captures() -> PathBuf {
    paths::root().join("monitor/tests/captures")
}

fn replay(options: &Options, guided: Option<&Path>) -> Result<()> {
    let file = paths::cache().join(format!("bench-{}.pcap", options.connections));
    let sample = Sample {
        folder: &options.captures,
        copies: options.connections,
        all_kinds: options.all_kinds,
    };
    let generated = generate::write(&sample, &file)?;
    say::step(format_args!(
        "replay: {} connections of {} kinds, interleaved: {} packets, {:.1} MB",
        generated.connections,
        generated.kinds,
        generated.packets,
        megabytes(generated.bytes)
    ));
    show("tlsmon replay", &tlsmon(&file, &[]), &generated)?;
    if let Some(guided) = guided {
        let mut program = Command::new(guided);
        program.arg("replay").arg(&file);
        show("the same, by cargo xtask build", &program, &generated)?;
    }
    let all = ["--all", "--output", "json"];
    show(
        "tlsmon replay --all --output json",
        &tlsmon(&file, &all),
        &generated,
    )?;
    for row in peers::rows(&file)? {
        show(row.name, &row.program, &generated)?;
    }
    for program in peers::missing() {
        say::note(format_args!(
            "{program} is not installed: not compared with"
        ));
    }
    std::fs::remove_file(&file).context("cannot remove the large capture")
}

/// The memory that a flood of half-open handshakes takes, and whether all that made room was counted.
fn overload() -> Result<()> {
    let file = paths::cache().join("bench-half-open.pcap");
    half_open::write(HALF_OPEN, &file)?;
    say::step(format_args!("overload: {HALF_OPEN} half-open handshakes"));
    let mut program = tlsmon(&file, &["--output", "json"]);
    let usage = Usage::measure(&program)?;
    let said = output(&mut program)?;
    std::fs::remove_file(&file).context("cannot remove the large capture")?;
    let summary = said.lines().last().context("no summary")?;
    say::note(summary);
    say::note(format_args!(
        "{:.2} CPU s, peak memory {:.1} MB; the ceiling is {CEILING} MB",
        usage.cpu(),
        usage.memory
    ));
    ensure!(
        usage.memory < CEILING,
        "more memory than the ceiling allows"
    );
    ensure!(
        summary.contains("pipeline/table_full"),
        "what made room was not counted"
    );
    Ok(())
}

fn tlsmon(file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(paths::tlsmon("release"));
    command.arg("replay").args(arguments).arg(file);
    command
}

fn show(name: &str, program: &Command, generated: &Generated) -> Result<()> {
    let usage = Usage::measure(program)?;
    let connections = f64::from(generated.connections);
    let per_second = |seconds: f64| connections / seconds.max(0.001);
    say::note(format_args!(
        "{name:<36} {:>6.2} user s {:>5.2} system s {:>9.0} connections per user s {:>9.0} per CPU s {:>6.2} GB/s {:>7.1} MB",
        usage.user,
        usage.system,
        per_second(usage.user),
        per_second(usage.cpu()),
        megabytes(generated.bytes) / 1000.0 / usage.cpu().max(0.001),
        usage.memory
    ));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a size for a person to read")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
