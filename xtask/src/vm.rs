//! A virtual machine with another kernel: boots in seconds under emulation, runs one command, and tells how it ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::command::{file_tail, output, require};
use crate::setup::kernel::{Kernel, Machine};

mod archive;
mod contents;
mod tools;

use archive::Archive;
pub(crate) use contents::libraries;
use tools::Tools;

/// The folder for the programs under test.
pub(crate) const PROGRAMS: &str = "usr/local/bin";

/// PID 1.
const INIT: &str = include_str!("vm/init.sh");

/// Booting and the scenarios take less than a minute where nothing else runs; a machine that hangs is given up.
const LIMIT: Duration = Duration::from_mins(8);

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

/// The kernel's own command line on each machine. Of x86 its time comes from the emulated HPET: the frequency of the TSC is measured while booting, which
/// goes wrong on a busy machine, and then seconds pass many times too fast.
const ON_AMD64: &str = "console=ttyS0 quiet panic=-1 clocksource=hpet tsc=unstable mitigations=off random.trust_cpu=on said=/dev/ttyS1";
const ON_ARM64: &str = "console=ttyAMA0 quiet panic=-1 mitigations=off said=/dev/ttyS0";

/// Programs of this machine that the scenarios start; their libraries follow.
const TOOLS: [&str; 5] = ["ip", "tc", "openssl", "curl", "setpriv"];

/// What a machine has beside a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Cargo<'a> {
    /// The programs under test, found by name.
    pub programs: &'a [&'a Path],
    /// Servers, and the folder in which each is looked for.
    pub servers: &'a [(PathBuf, PathBuf)],
}

/// Boots `kernel` with this cargo beside the tools, runs `command`, and gives what it said.
pub fn run(kernel: &Kernel, cargo: Cargo<'_>, command: &str) -> Result<String> {
    let folder = TempDir::with_prefix("tlsmon-vm-")?;
    let file = |name: &str| folder.path().join(name);
    fs::write(file("initrd"), initrd(kernel, cargo, command)?)?;
    let limit = LIMIT.as_secs().to_string();
    let mut qemu = Command::new("timeout");
    qemu.args(["--kill-after=5", &limit]);
    let serial = |name: &str| format!("file,id={name},path={}", file(name).display());
    let line = match kernel.machine {
        Machine::Amd64 => {
            qemu.arg(require("qemu-system-x86_64")?);
            qemu.args(["-machine", "q35,accel=tcg", "-cpu", "max"]);
            ON_AMD64
        }
        Machine::Arm64 => {
            qemu.arg(require("qemu-system-aarch64")?);
            qemu.args(["-machine", "virt,accel=tcg", "-cpu", "cortex-a72"]);
            ON_ARM64
        }
    };
    qemu.args(["-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config"]);
    qemu.args(["-display", "none", "-no-reboot", "-nic", "none"]);
    qemu.arg("-kernel")
        .arg(kernel.image())
        .arg("-initrd")
        .arg(file("initrd"));
    qemu.args(["-append", line]);
    qemu.args(["-chardev", &serial("console"), "-serial", "chardev:console"]);
    qemu.args(["-chardev", &serial("said")]);
    // The virtual board of arm64 has one port of its own.
    qemu.args(match kernel.machine {
        Machine::Amd64 => ["-serial", "chardev:said"],
        Machine::Arm64 => ["-device", "pci-serial,chardev=said"],
    });
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

fn initrd(kernel: &Kernel, cargo: Cargo<'_>, command: &str) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    let tools = Tools::of(kernel.machine);
    archive.program("bin/busybox", &tools.find("busybox")?)?;
    archive.link("bin/sh", "busybox");
    archive.script("init", INIT);
    archive.script("command", &format!("#!/bin/sh\n{command}\n"));
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n");
    archive.file("etc/group", b"root:x:0:\n");
    let modules = contents::modules(kernel, &MODULES, &mut archive)?;
    archive.file("modules", modules.as_bytes());
    for tool in TOOLS {
        tools.put(&tools.find(tool)?, PROGRAMS, &mut archive)?;
    }
    for program in cargo.programs {
        tools.put_bare(program, PROGRAMS, &mut archive)?;
    }
    for (server, folder) in cargo.servers {
        tools.put(server, &folder.to_string_lossy(), &mut archive)?;
    }
    Ok(archive.finish())
}
