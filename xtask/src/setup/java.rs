//! The lab's client of Java: one source file in this repository, compiled once, for that takes longer than a handshake.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Item;
use crate::command::{output, require};
use crate::paths;

/// What it is compiled from.
const SOURCE: &str = include_str!("../scenarios/peers/Client.java");

/// The client that setup compiled.
pub fn client() -> Result<Command> {
    let mut command = Command::new(require("java")?);
    // It lives for one handshake: less is worked out before, and no file for others is written.
    command.args([
        "-Xshare:auto",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
    ]);
    command.arg("-cp").arg(folder()).arg("Client");
    Ok(command)
}

fn folder() -> PathBuf {
    paths::cache().join("java")
}

/// What was compiled.
fn source() -> PathBuf {
    folder().join("Client.java")
}

pub(super) fn item() -> Item {
    let source = std::fs::read_to_string(source());
    let is_compiled = folder().join("Client.class").is_file();
    Item {
        name: "the lab's client of Java".into(),
        why: "a client with another TLS library, which pads what it encrypts",
        present: is_compiled && source.is_ok_and(|source| source == SOURCE),
        install: Box::new(install),
    }
}

fn install() -> Result<()> {
    std::fs::create_dir_all(folder())?;
    std::fs::write(source(), SOURCE)?;
    let mut javac = Command::new(require("javac")?);
    let compiled = output(javac.arg("-d").arg(folder()).arg(source()));
    if compiled.is_err() {
        std::fs::remove_file(source())?;
    }
    compiled.map(drop)
}
