//! What compiles and links the kernel programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Item, debian};
use crate::command::{self, output, run, succeeds};
use crate::say;

/// The linker's version: the build is tried with this one.
const LINKER: &str = "0.10.3";

/// The nightly that it goes with, and what that says of itself: newer ones have a newer LLVM, which this linker does not read.
const TOOLCHAIN: &str = "nightly-2026-05-20";
const LLVM: &str = "LLVM version: 22.";

/// Where Debian's rustc keeps a ready-made `core` for BPF.
const DEBIAN_CORE: &str = "/usr/lib/rustlib/bpfel-unknown-none/lib";

pub(super) fn bpf_compiler() -> Item {
    Item {
        name: "a Rust compiler for BPF".into(),
        why: "builds the kernel programs: nightly with rust-src, or Debian's rustc with libcore for BPF",
        present: nightly_has_source() || Path::new(DEBIAN_CORE).is_dir(),
        install: Box::new(install_compiler),
    }
}

/// Whether there is a nightly with its source, whose LLVM is the linker's.
fn nightly_has_source() -> bool {
    let has_source = |toolchain: &&str| {
        rustup(&["component", "list", "--installed", "--toolchain", toolchain])
            .is_ok_and(|list| list.lines().any(|line| line == "rust-src"))
    };
    nightlies().any(|toolchain| has_source(&toolchain))
}

/// The nightlies here whose LLVM is the linker's.
fn nightlies() -> impl Iterator<Item = &'static str> {
    [TOOLCHAIN, "nightly"].into_iter().filter(|toolchain| {
        rustup(&["run", toolchain, "rustc", "-vV"]).is_ok_and(|about| about.contains(LLVM))
    })
}

fn rustup(arguments: &[&str]) -> Result<String> {
    output(Command::new("rustup").args(arguments))
}

fn has_nightly() -> bool {
    succeeds(Command::new("rustup").args(["run", "nightly", "rustc", "--version"]))
}

/// A nightly that is here gets its source; else the one that the linker goes with is fetched. Debian's compiler where neither can
/// be had.
fn install_compiler() -> Result<()> {
    let mut fetch = Command::new("rustup");
    match nightlies().next() {
        Some(toolchain) => fetch.args(["component", "add", "rust-src", "--toolchain", toolchain]),
        None => fetch
            .args(["toolchain", "install", TOOLCHAIN, "--profile", "minimal"])
            .args(["--component", "rust-src"]),
    };
    if let Err(error) = run(&mut fetch) {
        say::note(format_args!("{error:#}; taking Debian's compiler"));
        return debian::install(&["rustc-web", "libstd-rust-web-dev-bpf"]);
    }
    Ok(())
}

pub(super) fn nightly() -> Item {
    Item {
        name: "a nightly Rust".into(),
        why: "builds the fuzz targets",
        present: has_nightly(),
        install: Box::new(|| {
            run(Command::new("rustup").args([
                "toolchain",
                "install",
                "nightly",
                "--profile",
                "minimal",
            ]))
        }),
    }
}

pub(super) fn fuzzer() -> Item {
    Item {
        name: "cargo-fuzz".into(),
        why: "fuzzing",
        present: succeeds(Command::new("cargo").args(["fuzz", "--version"])),
        install: Box::new(|| {
            run(Command::new("cargo").args(["install", "cargo-fuzz", "--locked"]))
        }),
    }
}

/// What makes a profile out of what a program counted; it must understand the compiler, so it comes with it.
pub(super) fn profiler() -> Item {
    Item {
        name: "llvm-profdata".into(),
        why: "profiles, by which tlsmon is laid out",
        present: profdata().is_ok(),
        install: Box::new(|| run(Command::new("rustup").args(["component", "add", "llvm-tools"]))),
    }
}

/// Where it is.
pub fn profdata() -> Result<PathBuf> {
    let tools = output(Command::new("rustc").args(["--print", "target-libdir"]))?;
    let tools = Path::new(tools.trim()).with_file_name("bin");
    command::built(tools.join("llvm-profdata"))
}

/// Static programs for a kind of machine, as images hold them.
pub(super) fn target(processor: &str) -> Item {
    let target = format!("{processor}-unknown-linux-musl");
    let installed = output(Command::new("rustup").args(["target", "list", "--installed"]));
    Item {
        name: target.clone(),
        why: "images and emulated machines hold static programs",
        present: installed.is_ok_and(|list| list.lines().any(|line| line == target)),
        install: Box::new(move || run(Command::new("rustup").args(["target", "add", &target]))),
    }
}

/// The tools that the checks run; a minimal toolchain lacks them.
pub(super) fn checkers() -> Item {
    Item {
        name: "rustfmt and clippy".into(),
        why: "format and lints",
        present: ["fmt", "clippy"]
            .iter()
            .all(|tool| succeeds(Command::new("cargo").args([tool, "--version"]))),
        install: Box::new(|| {
            run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))
        }),
    }
}

pub(super) fn bpf_linker() -> Item {
    Item {
        name: format!("bpf-linker {LINKER}"),
        why: "links the kernel programs",
        present: output(Command::new("bpf-linker").arg("--version"))
            .is_ok_and(|said| said.contains(LINKER)),
        install: Box::new(|| {
            run(Command::new("cargo").args([
                "install",
                "bpf-linker",
                "--version",
                LINKER,
                "--locked",
                "--force",
            ]))
        }),
    }
}
