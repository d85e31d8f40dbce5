//! playwright-core, which drives the Chromium of Debian. It is one package of npm without others behind it, at one version.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::Item;
use crate::command::{require, run};
use crate::paths;

/// The package and its version.
const PACKAGE: &str = "playwright-core@1.65.1";

/// The folder that it is in.
pub fn folder() -> PathBuf {
    paths::cache().join(PACKAGE)
}

pub(super) fn item() -> Item {
    let manifest = folder().join("node_modules/playwright-core/package.json");
    Item {
        name: PACKAGE.into(),
        why: "drives Chromium through the page",
        present: manifest.is_file(),
        install: Box::new(install),
    }
}

fn install() -> Result<()> {
    std::fs::create_dir_all(folder())?;
    let mut npm = Command::new(require("npm")?);
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .arg("--prefix")
        .arg(folder())
        .arg(PACKAGE);
    run(&mut npm)
}
