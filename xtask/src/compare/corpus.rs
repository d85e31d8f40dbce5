//! Captures, and what the peers say of them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::command::{shown, tail};
use crate::paths;

/// More time than any capture should take, in seconds.
const PATIENCE: &str = "60";
/// More address space than any capture should take, in bytes.
const MEMORY: &str = "--as=1073741824";

/// A folder of captures and a folder of the peers' rows, both with the same paths in them.
pub(super) struct Corpus {
    pub(super) captures: PathBuf,
    pub(super) oracle: PathBuf,
    /// Every capture must have a file of rows.
    pub(super) is_complete: bool,
}

impl Corpus {
    pub(super) fn at(dir: &Path) -> Self {
        Self {
            captures: dir.join("pcaps"),
            oracle: dir.join("oracle"),
            is_complete: false,
        }
    }

    /// The project's own.
    pub(super) fn own() -> Self {
        let tests = paths::root().join("monitor/tests");
        Self {
            captures: tests.join("captures"),
            oracle: tests.join("peers"),
            is_complete: true,
        }
    }

    /// All captures, by their paths in the folder. What is no capture is not told from one here: replay says so.
    pub(super) fn captures(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        collect(&self.captures, &mut names)?;
        let prefix = &self.captures;
        let mut names: Vec<_> = names
            .iter()
            .filter_map(|path| path.strip_prefix(prefix).ok())
            .map(|path| path.to_string_lossy().into_owned())
            .filter(|name| Path::new(name).extension().is_none_or(|end| end != "md"))
            .collect();
        names.sort();
        Ok(names)
    }

    /// What the peers say of a capture, as far as they agree with each other; nothing, when they were not asked.
    pub(super) fn rows(&self, name: &str) -> Result<Vec<Value>> {
        let path = self.rows_of(name);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = std::fs::read_to_string(&path)?;
        let rows = text.lines().map(serde_json::from_str::<Value>);
        let rows: Result<Vec<_>, _> = rows.collect();
        let mut rows = rows.with_context(|| format!("cannot read {}", path.display()))?;
        rows.retain(|row| {
            matches!(
                row.get("agree46").and_then(Value::as_str),
                None | Some("yes")
            )
        });
        Ok(rows)
    }

    pub(super) fn rows_of(&self, name: &str) -> PathBuf {
        self.oracle.join(format!("{name}.jsonl"))
    }

    /// What tlsmon says of a capture. Peers have no timers, so it is told to wait. A capture that is damaged gives what comes
    /// before the damage; to fail in any other way is a fault.
    pub(super) fn reports(&self, name: &str, tlsmon: &Path) -> Result<Vec<Value>> {
        let mut replay = Command::new("timeout");
        replay.args([PATIENCE, "prlimit", MEMORY]).arg(tlsmon);
        replay.args(["replay", "--all", "--output", "json"]);
        replay.args(["--answer-timeout", "60", "--connect-timeout", "60"]);
        replay.arg(self.captures.join(name)).stdin(Stdio::null());
        let output = replay
            .output()
            .with_context(|| format!("cannot start {}", shown(&replay)))?;
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0 | 2) if !said.contains("panicked") => {}
            _ => bail!("{}\n{}", output.status, tail(&said, 10)),
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let events: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        let mut events = events?;
        events.retain(|event| event.get("type").is_some_and(|kind| kind == "handshake"));
        Ok(events)
    }
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} and {}",
            self.captures.display(),
            self.oracle.display()
        )
    }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
