//! Programs from the Python package index, each in a virtual environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::debian;
use crate::command::{run, succeeds};

/// The Python of the environment in this folder.
pub(super) fn of(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

/// Makes the environment anew, with this package in it.
pub(super) fn install(folder: &Path, package: &str) -> Result<()> {
    if !succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        debian::install(&["python3-venv"])?;
    }
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(folder))?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(Command::new(of(folder)).args(pip).arg(package))
}
