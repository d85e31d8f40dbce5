//! What a program uses: CPU time and memory.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use super::megabytes;
use crate::command::{output, shown};
use crate::say;

/// How often each program is measured; the median counts.
const ROUNDS: usize = 5;
/// A program that has taken this many seconds of CPU time is not measured again.
const ENOUGH: f64 = 20.0;

/// What a program used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    /// User time in seconds.
    pub(super) user: f64,
    /// System time in seconds: for these programs, mostly copying the file out of the page cache.
    pub(super) system: f64,
    /// Peak resident memory in MB.
    pub(super) memory: f64,
}

impl Usage {
    /// User and system time in seconds.
    pub(super) fn cpu(self) -> f64 {
        self.user + self.system
    }

    /// The median of some rounds, by CPU time.
    pub(super) fn measure(program: &Command) -> Result<Self> {
        let mut rounds: Vec<Self> = Vec::new();
        while rounds.len() < ROUNDS && rounds.iter().map(|round| round.cpu()).sum::<f64>() < ENOUGH
        {
            rounds.push(Self::measure_once(program)?);
        }
        rounds.sort_by(|a, b| a.cpu().total_cmp(&b.cpu()));
        rounds
            .get(rounds.len() / 2)
            .copied()
            .context("no round was measured")
    }

    /// In a process of its own, whose only child is the program: what children used is what the program used.
    fn measure_once(program: &Command) -> Result<Self> {
        let mut helper = Command::new(crate::command::this_program()?);
        helper
            .arg("measured")
            .arg("--")
            .arg(program.get_program())
            .args(program.get_args());
        let said = output(&mut helper)?;
        let numbers = said.split_whitespace().map(str::parse);
        let numbers: Result<Vec<f64>, _> = numbers.collect();
        match numbers.as_deref() {
            Ok([user, system, memory]) => Ok(Self {
                user: *user,
                system: *system,
                memory: *memory,
            }),
            _ => bail!("unexpected answer {said:?}"),
        }
    }
}

/// Runs a command with its output thrown away and prints the seconds of user and system time and the megabytes that it took.
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
    let children = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let [user, system] = [children.user_time(), children.system_time()].map(|time| {
        let micros = time.num_microseconds();
        format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    });
    let memory = megabytes(u64::try_from(children.max_rss())? * 1024);
    say::line(format_args!("{user} {system} {memory}"));
    Ok(())
}
