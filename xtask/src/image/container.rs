//! The image, run by podman with what a pod of `deploy/overlays/least-privilege` has.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{require, succeeds};

/// Where Debian keeps the filter of system calls that podman applies.
const FILTER: &str = "/usr/share/containers/seccomp.json";

/// How podman works without systemd, on any layout of control groups.
const PODMAN: [&str; 6] = [
    "--cgroup-manager=cgroupfs",
    "--events-backend=file",
    "--runtime=runc",
    "run",
    "--rm",
    "--pull=never",
];

/// Three capabilities and nothing that can be written; the limits are there because those of podman may be above this machine's own.
const RIGHTS: [&str; 9] = [
    "--cap-drop=all",
    "--cap-add=BPF,NET_ADMIN,PERFMON",
    "--security-opt=no-new-privileges",
    "--read-only",
    "--read-only-tmpfs=false",
    "--network=host",
    "--ulimit=nofile=20000:20000",
    "--ulimit=nproc=4096:4096",
    "--log-driver=none",
];

/// How to run an image.
pub(super) struct Container {
    image: String,
    folder: TempDir,
}

impl Container {
    /// Of this image.
    pub(super) fn of(image: &str) -> Result<Self> {
        let container = Self {
            image: image.to_owned(),
            folder: TempDir::with_prefix("tlsmon-image-")?,
        };
        fs::write(container.filter(), filter()?)?;
        let script = format!(
            "#!/bin/sh\nexec {} --pidfile={} {} \"$@\"\n",
            container.podman()?,
            container.process_file().display(),
            container.image
        );
        fs::write(container.program(), script)?;
        fs::set_permissions(container.program(), fs::Permissions::from_mode(0o755))?;
        Ok(container)
    }

    /// A program that is tlsmon in the container.
    pub(super) fn program(&self) -> PathBuf {
        self.folder.path().join("tlsmon")
    }

    /// The number of the running tlsmon.
    pub(super) fn process(&self) -> Result<u32> {
        let file = self.process_file();
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(text.trim().parse()?)
    }

    /// Whether there is nothing but tlsmon to run.
    pub(super) fn has_no_shell(&self) -> Result<()> {
        let run = |program: &str| {
            let rest = format!("{} --entrypoint={program} {}", self.podman()?, self.image);
            let mut shell = Command::new("sh");
            Ok::<_, anyhow::Error>(succeeds(shell.args(["-c", &format!("{rest} --version")])))
        };
        ensure!(run("/tlsmon")?, "it does not run at all");
        for program in ["/bin/sh", "/bin/busybox", "/usr/bin/env"] {
            ensure!(!run(program)?, "there is a {program} in it");
        }
        Ok(())
    }

    fn podman(&self) -> Result<String> {
        let filter = format!("--security-opt=seccomp={}", self.filter().display());
        Ok(format!(
            "{} {} {} {filter}",
            require("podman")?.display(),
            PODMAN.join(" "),
            RIGHTS.join(" ")
        ))
    }

    fn process_file(&self) -> PathBuf {
        self.folder.path().join("process")
    }

    fn filter(&self) -> PathBuf {
        self.folder.path().join("seccomp.json")
    }
}

/// Podman's own filter, with what newer ones let those do who have `CAP_BPF`: this one refuses them `bpf` by a rule of its own.
fn filter() -> Result<String> {
    let text = fs::read_to_string(Path::new(FILTER)).context(FILTER)?;
    let mut filter: Value = serde_json::from_str(&text)?;
    let rules = filter.get_mut("syscalls").and_then(Value::as_array_mut);
    let rules = rules.context("a filter without rules")?;
    for rule in rules.iter_mut() {
        if let Some(names) = rule.get_mut("names").and_then(Value::as_array_mut) {
            names.retain(|name| name != "bpf");
        }
    }
    rules.retain(|rule| rule.get("names") != Some(&json!([])));
    rules.push(json!({ "names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_BPF"] } }));
    Ok(filter.to_string())
}
