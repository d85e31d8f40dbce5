//! `cargo xtask build`: tlsmon laid out by what it does with captures (profile-guided optimisation): built so that it counts its
//! branches, run, and built again by what it counted.
//!
//! What no capture leads through (the kernel's ring, metrics, the API) counts as seldom used, and is laid out so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::bench::sample;
use crate::command::{output, run, succeeds};
use crate::setup::{self, Purpose};
use crate::{paths, say};

/// How many connections it is run on, beside the captures of the tests: enough for what is done with each packet to outweigh what
/// is done once.
const CONNECTIONS: u32 = 5_000;

/// Builds it twice. Gives where it is.
pub fn build() -> Result<PathBuf> {
    setup::ensure(Purpose::Guided, false)?;
    let target = host()?;
    let (counts, profile) = (folder().join("counts"), folder().join("profile"));
    say::step("build: tlsmon, counting its branches");
    let _ = fs::remove_dir_all(&counts);
    let flag = format!("-Cprofile-generate={}", counts.display());
    let counting = cargo(&target, &flag)?;
    say::step("run: captures of every kind, and many whole connections");
    practise(&counting)?;
    merge(&counts, &profile)?;
    say::step("build: tlsmon, by what was counted");
    let flag = format!("-Cprofile-use={}", profile.display());
    let built = cargo(&target, &flag)?;
    say::note(built.display());
    Ok(built)
}

/// Kept apart from other builds: what these leave behind is of no use to them.
fn folder() -> PathBuf {
    paths::target().join("guided")
}

/// The compiler's name for this kind of machine. Only where it is named do its flags leave out what runs during the build.
fn host() -> Result<String> {
    let about = output(Command::new("rustc").arg("-vV"))?;
    let line = about.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned)
        .context("rustc does not say its host")
}

/// Both builds have the same settings: a function is known by its name, and cargo makes settings part of it.
fn cargo(target: &str, flag: &str) -> Result<PathBuf> {
    let flags = std::env::var_os("RUSTFLAGS").unwrap_or_default();
    let flags = flags.to_string_lossy();
    let flags = flags.split_whitespace().chain([flag]);
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "monitor"]);
    cargo
        .args(["--target", target, "--target-dir"])
        .arg(folder());
    // Unlike RUSTFLAGS it allows for spaces in paths.
    let flags = flags.collect::<Vec<_>>().join("\u{1f}");
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
    run(cargo.current_dir(paths::root()))?;
    Ok(folder().join(target).join("release/tlsmon"))
}

/// Has it do what it is to be good at. Some captures are torn: what it says of them does not matter.
fn practise(tlsmon: &Path) -> Result<()> {
    let captures = paths::root().join("monitor/tests/captures");
    let many = folder().join("practice.pcap");
    sample(CONNECTIONS, &many)?;
    let mut files = vec![many.clone()];
    for entry in fs::read_dir(&captures)? {
        files.push(entry?.path());
    }
    for file in &files {
        for form in [&["--output", "text"][..], &["--all", "--output", "json"]] {
            succeeds(Command::new(tlsmon).arg("replay").args(form).arg(file));
        }
    }
    fs::remove_file(&many).context("cannot remove what it was run on")
}

/// What each run counted becomes one profile.
fn merge(counts: &Path, profile: &Path) -> Result<()> {
    let some = fs::read_dir(counts).is_ok_and(|mut runs| runs.next().is_some());
    ensure!(some, "nothing was counted in {}", counts.display());
    let mut merge = Command::new(setup::profdata()?);
    merge.args(["merge", "-o"]).arg(profile).arg(counts);
    run(&mut merge)
}
