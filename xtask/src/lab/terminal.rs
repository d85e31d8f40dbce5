//! A real terminal, by tmux: keys go in, the screen comes out.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::until;
use crate::command::{output, require, run};

/// How long the screen may take to show what is waited for.
const SOON: Duration = Duration::from_secs(20);

/// A server of tmux with a socket of its own, so that nobody else's sessions are touched.
#[derive(Debug)]
pub struct Terminal {
    folder: TempDir,
}

impl Terminal {
    /// A shell in a terminal of this size, in this folder, with these variables.
    pub fn start(size: (u16, u16), folder: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        require("tmux")?;
        let terminal = Self {
            folder: tempfile::tempdir()?,
        };
        let mut tmux = terminal.tmux();
        for (name, value) in variables {
            tmux.env(name, value);
        }
        let (columns, lines) = (size.0.to_string(), size.1.to_string());
        tmux.args(["-f", "/dev/null", "new-session", "-d", "-s", "t"])
            .args(["-x", &columns, "-y", &lines, "-c"])
            .arg(folder)
            .arg("sh");
        run(&mut tmux)?;
        Ok(terminal)
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        let socket: PathBuf = self.folder.path().join("socket");
        command.arg("-S").arg(socket).env_remove("TMUX");
        command
    }

    /// Presses keys, by tmux's names for them.
    pub fn keys(&self, keys: &[&str]) -> Result<()> {
        run(self.tmux().args(["send-keys", "-t", "t", "--"]).args(keys))
    }

    /// Makes the window another size.
    pub fn resize(&self, columns: u16, lines: u16) -> Result<()> {
        let size = ["-x", &columns.to_string(), "-y", &lines.to_string()];
        run(self.tmux().args(["resize-window", "-t", "t"]).args(size))
    }

    /// What stands on the screen.
    pub fn screen(&self) -> Result<String> {
        output(self.tmux().args(["capture-pane", "-p", "-t", "t"]))
    }

    /// The same with its colours.
    pub fn colored(&self) -> Result<String> {
        output(self.tmux().args(["capture-pane", "-e", "-p", "-t", "t"]))
    }

    /// Waits until this stands on the screen, and gives that.
    pub fn shows(&self, text: &str) -> Result<String> {
        let found = until(text, SOON, || {
            let screen = self.screen()?;
            Ok(screen.contains(text).then_some(screen))
        });
        found.with_context(|| self.screen().unwrap_or_default())
    }

    /// The process of the shell.
    pub fn shell(&self) -> Result<u32> {
        let shell = output(
            self.tmux()
                .args(["list-panes", "-t", "t", "-F", "#{pane_pid}"]),
        )?;
        Ok(shell.trim().parse()?)
    }

    /// Closes the window, with all that runs in it.
    pub fn close(&self) -> Result<()> {
        run(self.tmux().arg("kill-server"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.tmux().arg("kill-server").output());
    }
}
