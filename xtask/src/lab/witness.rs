//! tcpdump beside tlsmon: a second witness of the same packets.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::wait::{pause, until};
use super::{Namespace, Process};
use crate::command::require;

/// A running capture.
#[derive(Debug)]
pub struct Witness {
    process: Process,
    file: PathBuf,
}

impl Witness {
    /// Captures what passes `interface` into a file in `folder`; returns once it listens.
    pub fn start(namespace: &Namespace, interface: &str, folder: &Path) -> Result<Self> {
        let file = folder.join("witness.pcap");
        let mut command = Command::new(require("tcpdump")?);
        command
            .args([
                "-i",
                interface,
                "-U",
                "--immediate-mode",
                "-Z",
                "root",
                "-B",
                "65536",
                "-w",
            ])
            .arg(&file);
        let process = Process::start(namespace, &mut command, &folder.join("witness.log"))?;
        until("tcpdump to listen", Duration::from_secs(10), || {
            Ok(process.said().contains("listening on").then_some(()))
        })?;
        Ok(Self { process, file })
    }

    /// Ends it and gives the file; what is on the wire has some time to get there first.
    pub fn stop(mut self) -> Result<PathBuf> {
        pause(Duration::from_millis(300))?;
        self.process.signal(Signal::SIGINT)?;
        self.process.wait(Duration::from_secs(10))?;
        Ok(self.file.clone())
    }
}
