//! What a running process uses.

use std::fs;

use anyhow::{Context as _, Result};
use nix::unistd::{SysconfVar, sysconf};

/// CPU time so far, and memory now.
pub(super) struct Usage {
    /// Seconds, user and system.
    pub(super) cpu: f64,
    /// Bytes of its own.
    pub(super) resident: u64,
    /// Bytes that its control group is charged with, the kernel's maps among them; 0 where there is no such group.
    pub(super) charged: u64,
}

impl Usage {
    /// Of a process.
    pub(super) fn of(process: u32) -> Result<Self> {
        Ok(Self {
            cpu: cpu(process)?,
            resident: resident(process)?,
            charged: charged(process).unwrap_or_default(),
        })
    }
}

/// A number of bytes, as people say it.
pub(super) fn megabytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    let bytes = bytes as f64;
    bytes / 1e6
}

/// Fields 14 and 15 of `/proc/PID/stat`, behind a name that may hold anything.
fn cpu(process: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, rest) = text.rsplit_once(") ").context("no name in stat")?;
    let ticks = rest.split(' ').skip(11).take(2).map(str::parse::<f64>);
    let ticks: f64 = ticks.sum::<Result<f64, _>>()?;
    let second = sysconf(SysconfVar::CLK_TCK)?.context("no clock tick")?;
    Ok(ticks / f64::from(i32::try_from(second)?))
}

fn resident(process: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let word = line.and_then(|line| line.split_whitespace().next());
    Ok(word.context("no VmRSS")?.parse::<u64>()? * 1024)
}

/// With version 1 of control groups or 2.
fn charged(process: u32) -> Option<u64> {
    let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    let files = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        match controllers {
            "memory" => Some(format!("/sys/fs/cgroup/memory{path}/memory.usage_in_bytes")),
            "" => Some(format!("/sys/fs/cgroup{path}/memory.current")),
            _ => None,
        }
    });
    let mut read = files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    read.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_memory_and_an_absent_one_is_an_error() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.resident > 1_000_000);
        assert!(usage.cpu >= 0.0);
        assert!(Usage::of(u32::MAX).is_err());
    }
}
