//! HAProxy, unpacked from Debian's package into the cache: installing the package would start a service on the machine.

use std::path::PathBuf;
use std::process::Command;

use super::{Item, debian};
use crate::command::{find, output, succeeds};
use crate::paths;

/// The HAProxy to run: the machine's own, else the one that setup unpacked, with the libraries unpacked beside it.
pub fn command() -> Command {
    if let Some(program) = find("haproxy") {
        return Command::new(program);
    }
    let mut command = Command::new(folder().join("usr/sbin/haproxy"));
    command.env("LD_LIBRARY_PATH", libraries().unwrap_or_default());
    command
}

fn folder() -> PathBuf {
    paths::cache().join("haproxy")
}

/// Where Debian keeps libraries: a folder named after the machine's architecture.
fn libraries() -> Option<PathBuf> {
    let folders = std::fs::read_dir(folder().join("usr/lib")).ok()?;
    let mut folders = folders.filter_map(|entry| Some(entry.ok()?.path()));
    folders.find(|folder| folder.to_string_lossy().ends_with("-linux-gnu"))
}

pub(super) fn item() -> Item {
    Item {
        name: "haproxy".into(),
        why: "a server of the lab; unpacked, not installed, so that no service starts",
        present: succeeds(command().arg("-v")),
        install: Box::new(|| {
            let packages = debian::with_what_it_needs("haproxy")?;
            let packages: Vec<_> = packages.iter().map(String::as_str).collect();
            debian::unpack(&packages, &folder())?;
            output(command().arg("-v")).map(drop)
        }),
    }
}
