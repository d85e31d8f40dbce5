//! `cargo xtask check`: what can be known without running anything.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command;
use crate::{paths, say};

mod layers;

/// The checks that cargo makes: what each is, and its arguments.
pub const CARGO: [(&str, &[&str]); 4] = [
    ("format", &["fmt", "--all", "--check"]),
    (
        "format of the fuzz targets",
        &["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"],
    ),
    (
        "format of the lab's client of rustls",
        &[
            "fmt",
            "--manifest-path",
            "xtask/rustls-client/Cargo.toml",
            "--check",
        ],
    ),
    (
        "lints",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
];

/// Makes all checks; the first that fails is the error.
pub fn run() -> Result<()> {
    for (name, arguments) in CARGO {
        say::step(name);
        command::run(
            Command::new("cargo")
                .args(arguments)
                .current_dir(paths::root()),
        )?;
    }
    say::step("layers: pure modules stay pure and call no later stage");
    layers()
}

/// Whether every pure module keeps to itself and to the stages before it.
pub fn layers() -> Result<()> {
    let faults = layers::faults(&paths::root().join("monitor/src"))?;
    for fault in &faults {
        say::note(fault);
    }
    if !faults.is_empty() {
        bail!("{} lines break the order of layers", faults.len());
    }
    Ok(())
}
