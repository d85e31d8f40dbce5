//! A virtual machine with another kernel: boots in seconds under emulation, runs one command, and tells how it ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::command::{file_tail, output, require};
use crate::setup::kernel::Kernel;

mod archive;
mod contents;

use archive::Archive;

/// The folder for the programs under test.
const PROGRAMS: &str = "usr/local/bin";

/// PID 1.
const INIT: &str = include_str!("vm/init.sh");

/// Booting and a scenario take seconds; a machine that hangs is given up.
const LIMIT: Duration = Duration::from_mins(4);

/// The kernel modules that the lab and tlsmon take; each is absent, built in, or loaded with what it depends on.
const MODULES: [&str; 8] = [
    "veth",
    "sch_ingress",
    "sch_clsact",
    "cls_bpf",
    "act_bpf",
    "af_packet",
    "ipv6",
    "cls_u32",
];

/// Programs of this machine that the scenario starts; their libraries follow.
const TOOLS: [&str; 3] = ["ip", "tc", "openssl"];

/// Boots `kernel`, runs `command` (programs are found by name) with `programs` beside the tools, and gives what it said.
pub fn run(kernel: &Kernel, programs: &[&Path], command: &str) -> Result<String> {
    let folder = TempDir::with_prefix("tlsmon-vm-")?;
    let file = |name: &str| folder.path().join(name);
    fs::write(file("initrd"), initrd(kernel, programs, command)?)?;
    let limit = LIMIT.as_secs().to_string();
    let mut qemu = Command::new("timeout");
    qemu.args(["--kill-after=5", &limit])
        .arg(require("qemu-system-x86_64")?);
    qemu.args([
        "-machine",
        "q35,accel=tcg",
        "-cpu",
        "max",
        "-smp",
        "2",
        "-m",
        "1024",
    ]);
    qemu.args([
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
        "-nic",
        "none",
    ]);
    qemu.arg("-kernel")
        .arg(kernel.image())
        .arg("-initrd")
        .arg(file("initrd"));
    qemu.args([
        "-append",
        "console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off random.trust_cpu=on",
    ]);
    for serial in ["console", "said"] {
        qemu.arg("-serial")
            .arg(format!("file:{}", file(serial).display()));
    }
    let ended = output(&mut qemu);
    let verdict = verdict(&file("said"), &file("console"));
    match ended {
        Ok(_) => verdict,
        Err(error) => verdict.with_context(|| format!("{error:#}")),
    }
}

/// What the command said, when it ended well; the line that init adds tells.
fn verdict(said: &Path, console: &Path) -> Result<String> {
    let said = String::from_utf8_lossy(&fs::read(said)?).replace('\r', "");
    let Some((said, status)) = said.rsplit_once("exit status ") else {
        bail!(
            "the VM ended before the command did\n{said}\n{}",
            file_tail(console, 40)
        );
    };
    if status.trim() != "0" {
        bail!(
            "the command in the VM ended with {}\n{said}\n{}",
            status.trim(),
            file_tail(console, 20)
        );
    }
    Ok(said.to_owned())
}

fn initrd(kernel: &Kernel, programs: &[&Path], command: &str) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    let busybox = require("busybox")?;
    archive.program("bin/busybox", &busybox)?;
    archive.link("bin/sh", "busybox");
    archive.script("init", INIT);
    archive.script("command", &format!("#!/bin/sh\n{command}\n"));
    let modules = contents::modules(kernel, &MODULES, &mut archive)?;
    archive.file("modules", modules.as_bytes());
    let tools = TOOLS
        .iter()
        .map(|tool| require(tool))
        .collect::<Result<Vec<PathBuf>>>()?;
    for program in tools
        .iter()
        .map(PathBuf::as_path)
        .chain(programs.iter().copied())
    {
        contents::with_libraries(program, PROGRAMS, &mut archive)?;
    }
    Ok(archive.finish())
}
