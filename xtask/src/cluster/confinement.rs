//! What the kernel says about the rights of tlsmon's process.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::node::Node;
use crate::say;

/// `CAP_NET_ADMIN`, `CAP_PERFMON` and `CAP_BPF`, as linux/capability.h numbers them.
const GRANTED: u64 = 1 << 12 | 1 << 38 | 1 << 39;

/// Whether it could never get more than it was granted, and system calls are filtered.
pub(super) fn check(node: &Node) -> Result<()> {
    let status = status(node)?;
    let field = |name: &str| {
        let mut lines = status.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t"));
        value.with_context(|| format!("no {name}"))
    };
    ensure!(
        u64::from_str_radix(field("CapBnd")?, 16)? == GRANTED
            && field("NoNewPrivs")? == "1"
            && field("Seccomp")? == "2",
        "{status}"
    );
    say::note(format_args!(
        "of the three capabilities it keeps {}; system calls are filtered",
        field("CapEff")?
    ));
    Ok(())
}

/// `/proc/PID/status` of tlsmon.
fn status(node: &Node) -> Result<String> {
    let mut ip = Command::new("ip");
    let pids = crate::command::output(ip.args(["netns", "pids", node.namespace().name()]))?;
    let mut all = pids
        .lines()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
    let found = all.find(|status| status.starts_with("Name:\ttlsmon\n"));
    found.context("no tlsmon runs on the node")
}
