//! The lab's client of rustls: a small package in this repository, built by cargo, outside of the workspace.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Item;
use crate::command::{built, output};
use crate::paths;

/// What it is built from.
const SOURCES: [&str; 3] = [
    include_str!("../../rustls-client/src/main.rs"),
    include_str!("../../rustls-client/Cargo.toml"),
    include_str!("../../rustls-client/Cargo.lock"),
];

/// The program that setup built.
pub fn program() -> Result<PathBuf> {
    built(folder().join("debug/rustls-client"))
}

fn folder() -> PathBuf {
    paths::cache().join("rustls")
}

/// What the program was built from.
fn built_from() -> PathBuf {
    folder().join("sources")
}

pub(super) fn item() -> Item {
    let sources = std::fs::read_to_string(built_from());
    Item {
        name: "the lab's client of rustls".into(),
        why: "a client with another TLS library, and with Encrypted Client Hello",
        present: program().is_ok() && sources.is_ok_and(|sources| sources == SOURCES.concat()),
        install: Box::new(install),
    }
}

fn install() -> Result<()> {
    let manifest = paths::root().join("xtask/rustls-client/Cargo.toml");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--locked", "--manifest-path"]);
    cargo.arg(manifest).arg("--target-dir").arg(folder());
    output(&mut cargo)?;
    Ok(std::fs::write(built_from(), SOURCES.concat())?)
}
