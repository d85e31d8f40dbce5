//! A network namespace that goes away with its value.

use std::fs::{self, File};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use anyhow::{Context as _, Result, anyhow, bail};
use nix::sched::{CloneFlags, setns};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::{is_root, output, require};

/// What every namespace of the lab is called, before the process that made it, a number and its role.
const PREFIX: &str = "tlsmon-";

/// Tells apart the namespaces that one process makes.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A named network namespace (`ip netns`); dropping it ends what still runs in it and deletes it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes a namespace with its loopback up; `role` ends its name.
    pub fn create(role: &str) -> Result<Self> {
        if !is_root() {
            bail!(
                "network namespaces take root\nhelp: cargo xtask demo and cargo xtask test ask sudo by themselves"
            );
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}-{role}", std::process::id());
        output(Command::new(require("ip")?).args(["netns", "add", &name]))?;
        let namespace = Self { name };
        namespace.ip("link set lo up")?;
        Ok(namespace)
    }

    /// As `ip netns` knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `ip` in this namespace; the arguments stand between spaces.
    pub fn ip(&self, arguments: &str) -> Result<String> {
        let mut command = Command::new(require("ip")?);
        output(command.args(["-n", &self.name]).args(arguments.split(' ')))
    }

    /// Runs a program in this namespace to its end and gives its stdout.
    pub fn output(&self, command: &mut Command) -> Result<String> {
        self.inside(|| output(command))?
    }

    /// Sets a kernel setting of this namespace: `net/ipv4/ip_forward`.
    pub fn sysctl(&self, key: &str, value: &str) -> Result<()> {
        let file = format!("/proc/sys/{key}");
        self.inside(|| fs::write(&file, value))?
            .with_context(|| format!("cannot set {file} to {value}"))
    }

    /// Runs `work` on a thread that is in this namespace: sockets it opens and programs it starts are there too.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        let path = format!("/run/netns/{}", self.name);
        let file = File::open(&path).with_context(|| format!("cannot open {path}"))?;
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                setns(&file, CloneFlags::CLONE_NEWNET)
                    .with_context(|| format!("cannot enter namespace {}", self.name))?;
                Ok(work())
            });
            thread
                .join()
                .map_err(|_panic| anyhow!("the work in {} panicked", self.name))?
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

/// Ends what runs in a namespace of ours and deletes it. Nothing is left to do where this fails.
fn remove(name: &str) {
    let Ok(ip) = require("ip") else { return };
    let pids = output(Command::new(&ip).args(["netns", "pids", name])).unwrap_or_default();
    for pid in pids.split_whitespace().filter_map(|pid| pid.parse().ok()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let _ = output(Command::new(&ip).args(["netns", "del", name]));
}

/// Removes what labs left behind whose process was killed; gives how many namespaces that were.
pub fn remove_stale() -> usize {
    let stale: Vec<_> = fs::read_dir("/run/netns")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| maker(name).is_some_and(|pid| kill(pid, None).is_err()))
        .collect();
    for name in &stale {
        remove(name);
    }
    stale.len()
}

/// The process that made a namespace, told by its name; none for a namespace that is not ours.
fn maker(name: &str) -> Option<Pid> {
    let (pid, _rest) = name.strip_prefix(PREFIX)?.split_once('-')?;
    pid.parse().ok().map(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_tells_who_made_it_and_others_tell_nothing() {
        assert_eq!(maker("tlsmon-4711-0-client"), Some(Pid::from_raw(4711)));
        assert_eq!(maker("cni-4711-0"), None);
        assert_eq!(maker("tlsmon-x"), None);
    }
}
