//! The registries as they are published now, beside the files in the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::compare::differences;
use super::registry::{REGISTRIES, Registry, assigned_in};
use crate::say;

/// Where IANA publishes them.
pub(super) const URL: &str = "https://www.iana.org/assignments";

/// Says for each registry whether its file is up to date; how many differences there are. A registry that cannot be had is
/// said to be not compared, which is no difference.
pub(super) fn compare(from: Option<&Path>, url: &str) -> Result<usize> {
    let fetched = tempfile::tempdir().context("cannot make a folder for registry files")?;
    let mut faults = 0;
    let mut seen = 0;
    for registry in &REGISTRIES {
        let found = match from {
            Some(folder) => saved(registry, folder),
            None => fetch(registry, url, fetched.path()),
        };
        match found {
            Ok(path) => {
                seen += 1;
                faults += compare_one(registry, &path)?;
            }
            Err(why) => say::note(format_args!("{}: NOT COMPARED: {why:#}", registry.title)),
        }
        if seen == 0 && from.is_none() {
            say::note("the others are not tried");
            break;
        }
    }
    if seen < REGISTRIES.len() {
        say::note(format_args!(
            "{seen} of {} registries could be had: of the others it is not known whether the files are up to date",
            REGISTRIES.len()
        ));
    }
    Ok(faults)
}

fn compare_one(registry: &Registry, path: &Path) -> Result<usize> {
    let found = differences(&registry.registered()?, &assigned_in(path)?);
    match found.len() {
        0 => say::note(format_args!("{}: the same", registry.title)),
        count => say::note(format_args!("{}: {count} differences", registry.title)),
    }
    for difference in &found {
        say::note(format_args!("  {}", difference.text()));
    }
    Ok(found.len())
}

fn saved(registry: &Registry, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{}.csv", registry.file));
    path.metadata()
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(path)
}

fn fetch(registry: &Registry, url: &str, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{}.csv", registry.file));
    let address = format!("{url}/{}/{}.csv", registry.group, registry.file);
    let mut curl = Command::new("curl");
    curl.args(["--fail", "--silent", "--show-error", "--location"])
        .args(["--connect-timeout", "5", "--max-time", "30", "--output"])
        .arg(&path)
        .arg(&address);
    let output = curl.output().context("cannot start curl")?;
    if !output.status.success() {
        bail!(
            "{address}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(path)
}
