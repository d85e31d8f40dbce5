//! The lab's peer in Go: its source is in this repository, its compiler is Debian's, unpacked into the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Item;
use super::suite::Suite;
use crate::command::{built, output, succeeds};
use crate::{paths, say};

/// The Debian release whose Go knows Encrypted Client Hello as a server too: 1.24 and later.
const SUITE: &str = "trixie";
const VERSION: &str = "1.24";

/// What is built.
const SOURCE: &str = include_str!("../scenarios/peers/peer.go");

/// The program that setup built: a server or a client, as its first argument says.
pub fn program() -> Result<PathBuf> {
    built(folder().join("peer"))
}

fn folder() -> PathBuf {
    paths::cache().join("go")
}

/// What the program was built from.
fn built_from() -> PathBuf {
    folder().join("peer.go")
}

fn compiler() -> Command {
    let root = folder().join(format!("usr/lib/go-{VERSION}"));
    let mut command = Command::new(root.join("bin/go"));
    command.env("GOROOT", root).env("GOTOOLCHAIN", "local");
    command.env("GOCACHE", folder().join("cache"));
    command.env("GOPATH", folder().join("path"));
    command.envs([
        ("GOPROXY", "off"),
        ("CGO_ENABLED", "0"),
        ("GO111MODULE", "off"),
    ]);
    command
}

pub(super) fn item() -> Item {
    let source = std::fs::read_to_string(built_from());
    Item {
        name: "the lab's peer in Go".into(),
        why: "a client and a server with another TLS library, and with Encrypted Client Hello; built with Debian's Go, unpacked and not installed",
        present: program().is_ok() && source.is_ok_and(|source| source == SOURCE),
        install: Box::new(install),
    }
}

fn install() -> Result<()> {
    if !succeeds(compiler().arg("version")) {
        unpack()?;
    }
    let source = built_from();
    std::fs::write(&source, SOURCE)?;
    let built = output(
        compiler()
            .args(["build", "-o"])
            .arg(folder().join("peer"))
            .arg(&source),
    );
    if built.is_err() {
        std::fs::remove_file(&source)?;
    }
    built.map(drop)
}

fn unpack() -> Result<()> {
    let suite = Suite::new(SUITE)?;
    output(suite.apt("apt-get").arg("update"))?;
    for part in ["go", "src"] {
        let package = format!("golang-{VERSION}-{part}");
        say::note(format_args!("downloading {package} of Debian {SUITE}"));
        suite.unpack(&package, &folder())?;
    }
    Ok(())
}
