//! A program that runs in the background and ends with its value.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::Namespace;
use super::wait::until;
use crate::command::{file_tail, shown};

/// A program in a namespace. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts `command` in `namespace`; what it says on stderr (and on stdout, unless the caller took it) goes to `log`.
    pub fn start(namespace: &Namespace, command: &mut Command, log: &Path) -> Result<Self> {
        let name = shown(command);
        let file = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
        command
            .stdin(Stdio::null())
            .stderr(file.try_clone()?)
            .stdout(file);
        Self::adopt(namespace, command, name, log)
    }

    /// As `start`, with stdout to a file of its own.
    pub fn start_with_output(
        namespace: &Namespace,
        command: &mut Command,
        out: &Path,
        log: &Path,
    ) -> Result<Self> {
        let name = shown(command);
        command
            .stdin(Stdio::null())
            .stderr(File::create(log)?)
            .stdout(File::create(out)?);
        Self::adopt(namespace, command, name, log)
    }

    /// As `start`, with stdout for the caller to read.
    pub fn start_piped(
        namespace: &Namespace,
        command: &mut Command,
        log: &Path,
    ) -> Result<(Self, ChildStdout)> {
        let name = shown(command);
        command
            .stdin(Stdio::null())
            .stderr(File::create(log)?)
            .stdout(Stdio::piped());
        let mut process = Self::adopt(namespace, command, name, log)?;
        let stdout = process.child.stdout.take().context("stdout")?;
        Ok((process, stdout))
    }

    /// A group of its own keeps Ctrl-C for the lab, which then ends its programs in order.
    fn adopt(
        namespace: &Namespace,
        command: &mut Command,
        name: String,
        log: &Path,
    ) -> Result<Self> {
        command.process_group(0);
        let child = namespace
            .inside(|| command.spawn())?
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            child,
            name,
            log: log.to_owned(),
        })
    }

    /// The command line.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The end of what it said.
    pub fn said(&self) -> String {
        file_tail(&self.log, 30)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.child.id())?);
        signal::kill(pid, signal).with_context(|| format!("cannot send {signal} to {}", self.name))
    }

    /// Its exit status, once it ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        until(&what, limit, || self.ended())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
