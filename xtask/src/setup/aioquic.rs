//! aioquic, a QUIC client from the Python package index, in a virtual environment of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::{Item, debian};
use crate::command::{run, succeeds};
use crate::paths;

/// The name and version of the package.
const PACKAGE: &str = "aioquic==1.7.2";

/// The Python that has it.
pub fn python() -> PathBuf {
    folder().join("bin/python")
}

fn folder() -> PathBuf {
    paths::cache().join("aioquic")
}

pub(super) fn item() -> Item {
    Item {
        name: PACKAGE.into(),
        why: "a QUIC client; from the Python package index",
        present: succeeds(Command::new(python()).args(["-c", "import aioquic"])),
        install: Box::new(install),
    }
}

fn install() -> Result<()> {
    if !succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        debian::install(&["python3-venv"])?;
    }
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(folder()))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(Command::new(python()).args(pip).arg(PACKAGE))
}
