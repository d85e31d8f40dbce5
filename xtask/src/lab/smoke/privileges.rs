//! Which capabilities tlsmon cannot start without, found by taking each away.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::command::require;
use crate::lab::{Agent, AgentOptions, Network};

/// What the documentation promises to be enough.
const PROMISED: [&str; 3] = ["bpf", "net_admin", "perfmon"];

/// What raises the limit of locked memory, against which maps count before kernel 5.11.
const LIMITS: &str = "sys_resource";

/// The fewest capabilities, and a tlsmon that runs with these.
pub(super) struct Privileges {
    /// As capabilities(7) calls them, without `CAP_`.
    pub(super) needed: Vec<String>,
    folder: TempDir,
}

impl Privileges {
    /// Tries the promised ones, with what an old kernel takes beside them where they are not enough; then without each.
    pub(super) fn found(program: &Path) -> Result<Self> {
        let folder = TempDir::with_prefix("tlsmon-privileges-")?;
        let network = Network::create()?;
        let starts = |with: &[&str]| {
            write(program, with, folder.path())?;
            let options = AgentOptions::new(script(folder.path()));
            Ok::<_, anyhow::Error>(Agent::start(&network.node, &options).map(drop))
        };
        let mut enough = PROMISED.to_vec();
        if let Err(first) = starts(&enough)? {
            enough.push(LIMITS);
            if let Err(error) = starts(&enough)? {
                bail!("it does not start with {enough:?}: {error:#}\nand first: {first:#}");
            }
        }
        let mut needed = Vec::new();
        for one in &enough {
            let others: Vec<_> = enough
                .iter()
                .filter(|other| *other != one)
                .copied()
                .collect();
            if starts(&others)?.is_err() {
                needed.push((*one).to_owned());
            }
        }
        write(program, &enough, folder.path())?;
        Ok(Self { needed, folder })
    }

    /// The tlsmon that has no more.
    pub(super) fn program(&self) -> PathBuf {
        script(self.folder.path())
    }
}

fn script(folder: &Path) -> PathBuf {
    folder.join("tlsmon")
}

fn write(program: &Path, capabilities: &[&str], folder: &Path) -> Result<()> {
    let text = format!(
        "#!/bin/sh\nexec {} --bounding-set=-all,+{} --inh-caps=-all --no-new-privs {} \"$@\"\n",
        require("setpriv")?.display(), // by its path: busybox has one too, which knows less
        capabilities.join(",+"),
        program.display()
    );
    let script = script(folder);
    fs::write(&script, text)?;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
