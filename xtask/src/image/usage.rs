//! What a running process takes.

use std::fs;

use anyhow::{Context as _, Result};
use nix::unistd::{SysconfVar, sysconf};

/// CPU time so far, and memory now.
pub(crate) struct Usage {
    /// Seconds, user and system.
    pub(crate) cpu: f64,
    /// Bytes in memory: its own, and of files and the ring that it maps.
    pub(crate) resident: u64,
    /// Those that are its own.
    pub(crate) anonymous: u64,
    /// The most that were in memory at any time.
    pub(crate) peak: u64,
    /// Bytes that its control group is charged with, the kernel's maps among them; 0 where there is no such group.
    pub(crate) charged: u64,
}

impl Usage {
    /// Of a process.
    pub(crate) fn of(process: u32) -> Result<Self> {
        Ok(Self {
            cpu: cpu(process)?,
            resident: memory(process, "VmRSS:")?,
            anonymous: memory(process, "RssAnon:")?,
            peak: memory(process, "VmHWM:")?,
            charged: charged(process).unwrap_or_default(),
        })
    }
}

/// A number of bytes, as people say it.
pub(crate) fn megabytes(bytes: u64) -> f64 {
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

/// A field of `/proc/PID/status`, in bytes.
fn memory(process: u32, field: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let word = line.and_then(|line| line.split_whitespace().next());
    let word = word.with_context(|| format!("no {field}"))?;
    Ok(word.parse::<u64>()? * 1024)
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
