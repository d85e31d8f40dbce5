//! Counts what passed and what failed, from the lines that the test runner itself prints.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::command::shown;
use crate::say;

/// How many tests passed and failed so far, and which steps did.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) passed: u64,
    pub(super) failed: u64,
    steps_failed: Vec<String>,
}

impl Count {
    /// A step that is one test: it passes when the command ends well.
    pub(super) fn one(&mut self, name: &str, mut command: Command) -> Result<()> {
        say::note(format_args!("$ {}", shown(&command)));
        let status = command.stdin(Stdio::null()).status();
        let good = status
            .with_context(|| format!("cannot start {}", shown(&command)))?
            .success();
        self.add(name, u64::from(good), u64::from(!good));
        Ok(())
    }

    /// A step that is one test and runs in this process.
    pub(super) fn result(&mut self, name: &str, result: &Result<()>) {
        if let Err(error) = result {
            say::note(format_args!("{error:#}"));
        }
        self.add(name, u64::from(result.is_ok()), u64::from(result.is_err()));
    }

    /// A run of `cargo test`, shown as it goes. One that fails without a failed test (it did not compile) counts as one,
    /// and so does one that ran no test.
    pub(super) fn tests(&mut self, name: &str, mut command: Command) -> Result<()> {
        say::note(format_args!("$ {}", shown(&command)));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", shown(&command)))?;
        let (mut passed, mut failed) = (0, 0);
        for line in BufReader::new(child.stdout.take().context("stdout")?).lines() {
            let line = line?;
            say::line(&line);
            if let Some((more_passed, more_failed)) = counts(&line) {
                passed += more_passed;
                failed += more_failed;
            }
        }
        let good = child.wait()?.success() && passed > 0;
        failed += u64::from(!good && failed == 0);
        self.add(name, passed, failed);
        Ok(())
    }

    fn add(&mut self, name: &str, passed: u64, failed: u64) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            say::note(format_args!("FAILED: {name}"));
            self.steps_failed.push(name.to_owned());
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps_failed {
            writeln!(f, "failed: {step}")?;
        }
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Passed and failed, in `test result: ok. 12 passed; 0 failed; …`.
fn counts(line: &str) -> Option<(u64, u64)> {
    let (_verdict, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut numbers = numbers
        .split("; ")
        .map(|part| part.split(' ').next()?.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_own_line_is_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counts(line), Some((12, 3)));
        assert_eq!(counts("test a ... ok"), None);
    }
}
