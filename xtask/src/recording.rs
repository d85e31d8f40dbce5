//! `cargo xtask generate recording`: the screen of `tlsmon triage` as a person uses it, as an animated picture.
//!
//! A real tlsmon in a real terminal reads real packets: captures of one session of `monitor/tests/captures`, one behind the other
//! as they were taken. Nothing is drawn that did not stand on the screen, but the line below it that says what is pressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::lab::{Terminal, until};
use crate::paths;

mod incident;
mod picture;

/// How long a shell may take to start.
const SOON: Duration = Duration::from_secs(20);
/// Columns and lines of the terminal.
const SIZE: (u16, u16) = (104, 28);

/// What a person does, and what is to be seen then. To go back `h` is pressed: an Esc that comes with the next key would be another.
struct Step {
    /// The line below the screen.
    said: &'static str,
    /// What is pressed, by tmux's names.
    keys: &'static [&'static str],
    /// What stands on the screen once it is done.
    shows: &'static str,
    /// For how long one looks at it, in tenths of a second.
    tenths: u32,
}

const STEPS: &[Step] = &[
    Step {
        said: "Eight minutes of packets are at hand: what failed in them, and why?",
        keys: &["tlsmon triage incident.pcap"],
        shows: "incident.pcap",
        tenths: 18,
    },
    Step {
        said: "Enter    what fails, where, for which name, how many clients, since when",
        keys: &["Enter"],
        shows: "read to its end",
        tenths: 45,
    },
    Step {
        said: "j k      why, and what to do about it, stands below what is chosen",
        keys: &["j", "k"],
        shows: "no-sni-rejected (",
        tenths: 40,
    },
    Step {
        said: "Enter    the handshakes of a problem",
        keys: &["Enter"],
        shows: "Esc back",
        tenths: 18,
    },
    Step {
        said: "Enter    why, how sure, what that rests on, what to do, and the packets",
        keys: &["Enter"],
        shows: "bare acknowledgements",
        tenths: 60,
    },
    Step {
        said: "PgDn     everything that the hello said",
        keys: &["PageDown"],
        shows: "ja4",
        tenths: 30,
    },
    Step {
        said: "e        the page of the cause",
        keys: &["e"],
        shows: "On the wire",
        tenths: 38,
    },
    Step {
        said: "c        ask again what the client asked: Enter copies a command",
        keys: &["h", "c"],
        shows: "openssl s_client",
        tenths: 34,
    },
    Step {
        said: "w        the proof: its packets, with the verdict as comments, for Wireshark or a ticket",
        keys: &["h", "Home", "w"],
        shows: "saved tlsmon-",
        tenths: 34,
    },
    Step {
        said: "/        the filters of the command line",
        keys: &["h", "h", "/", "--cause certificate-expired"],
        shows: "--cause certificate-expired_",
        tenths: 26,
    },
    Step {
        said: "Enter    only what fits is shown, counted anew",
        keys: &["Enter"],
        shows: "filter --cause certificate-expired",
        tenths: 36,
    },
];

/// Writes the picture.
pub fn generate() -> Result<()> {
    fs::write(file(), made()?)?;
    Ok(())
}

/// Where the picture is.
pub fn file() -> PathBuf {
    paths::root().join("docs/triage.svg")
}

/// The picture, as the tlsmon that was built last makes it.
pub fn made() -> Result<String> {
    let folder = tempfile::tempdir()?;
    incident::write(&folder.path().join("incident.pcap"))?;
    let frames = play(folder.path())?;
    let saved = fs::read_dir(folder.path())?.count();
    ensure!(saved == 2, "the packets were not saved: {saved} files");
    Ok(picture::of(SIZE, &frames))
}

/// What is on the screen behind each step.
fn play(folder: &Path) -> Result<Vec<picture::Frame>> {
    let program = paths::tlsmon("debug");
    let programs = program.parent().context("a folder with tlsmon")?;
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let variables = [("PATH", &*path), ("HOME", "/nonexistent")];
    let terminal = Terminal::start(SIZE, folder, &variables)?;
    terminal.keys(&["PS1='$ '; clear", "Enter"])?;
    until("the prompt", SOON, || {
        Ok((terminal.screen()?.trim() == "$").then_some(()))
    })?;
    let mut frames = Vec::new();
    for step in STEPS {
        for key in step.keys {
            terminal.keys(&[key])?;
        }
        terminal.shows(step.shows)?;
        frames.push(picture::Frame {
            said: step.said,
            screen: settled(&terminal)?,
            tenths: step.tenths,
        });
    }
    Ok(frames)
}

/// The screen, once it stands still.
fn settled(terminal: &Terminal) -> Result<String> {
    let mut before = terminal.colored()?;
    loop {
        crate::lab::pause(Duration::from_millis(300))?;
        let now = terminal.colored()?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
}
