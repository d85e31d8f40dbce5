//! The program of another machine's image, run by an emulator of that machine's processor. No kernel of it takes part.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Platform, build};
use crate::command::{output, require, run};
use crate::{paths, say};

/// Whether it says of each of the project's captures what this machine's own tlsmon says.
pub(super) fn replays_as_here(platform: Platform) -> Result<()> {
    let emulator = require(&format!("qemu-{}-static", platform.cpu()))?;
    let there = build::folder(platform).join("tlsmon");
    let mut version = Command::new(&emulator);
    say::note(output(version.arg(&there).arg("--version"))?.trim());
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--package", "monitor"]);
    run(cargo.current_dir(paths::root()))?;
    let here = paths::tlsmon("debug");
    let captures = captures()?;
    for capture in &captures {
        let mut emulated = Command::new(&emulator);
        emulated.arg(&there);
        let [emulated, own] = [emulated, Command::new(&here)].map(|tlsmon| replay(tlsmon, capture));
        ensure!(emulated? == own?, "another report of {}", capture.display());
    }
    say::note(format_args!(
        "the same reports of {} captures as from this machine's own",
        captures.len()
    ));
    Ok(())
}

fn replay(mut tlsmon: Command, capture: &Path) -> Result<String> {
    tlsmon.args(["replay", "--all", "--output", "json"]);
    output(tlsmon.arg(capture))
}

fn captures() -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(paths::root().join("monitor/tests/captures"))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|end| end == "pcap" || end == "pcapng")
        {
            all.push(path);
        }
    }
    ensure!(!all.is_empty(), "no captures");
    Ok(all)
}
