//! Running other programs: loudly when a person should see them work, quietly when only the answer matters.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use nix::unistd::geteuid;

use crate::say;

/// Where Debian keeps programs that an ordinary user's PATH does not name.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Runs a command in plain sight; an exit status other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    say::note(format_args!("$ {}", shown(command)));
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a command out of sight and gives its stdout; the error of a failed one holds what it said.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} failed: {}\n{}",
            shown(command),
            output.status,
            tail(&said, 20)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a command can be started and ends well.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where `program` is, in PATH or in the system's own folders.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(SYSTEM_FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// `find`, or an error that names the way to get it.
pub fn require(program: &str) -> Result<PathBuf> {
    find(program).with_context(|| format!("{program} is not installed\nhelp: cargo xtask setup"))
}

/// A program that setup has built, or an error that names the way to get it.
pub fn built(program: PathBuf) -> Result<PathBuf> {
    if !program.is_file() {
        bail!(
            "{} is not built\nhelp: cargo xtask setup",
            program.display()
        );
    }
    Ok(program)
}

/// Where this program is. Cargo may have built it anew while it runs; the new one stands where this one stood, and Linux says
/// of this one that it is deleted (proc_pid_exe(5)).
pub fn this_program() -> Result<PathBuf> {
    let path = std::env::current_exe().context("cannot tell where this program is")?;
    let new = path
        .to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"));
    Ok(new.map_or_else(|| path.clone(), PathBuf::from))
}

/// A command that runs as root: through sudo for everybody else.
pub fn as_root(program: impl AsRef<OsStr>) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg("-E").arg(program);
    command
}

/// Whether this process is root.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The last lines of a long text.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<_> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..)
        .unwrap_or_default()
        .join("\n")
}

/// The text of a file's last lines; empty when it cannot be read.
pub fn file_tail(path: &Path, lines: usize) -> String {
    tail(&std::fs::read_to_string(path).unwrap_or_default(), lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-servername", "two words", "it's"]);
        assert_eq!(
            shown(&command),
            r"openssl s_client -servername 'two words' 'it'\''s'"
        );
    }

    #[test]
    fn the_tail_of_a_short_text_is_all_of_it() {
        assert_eq!(tail("a\nb", 5), "a\nb");
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
    }
}
