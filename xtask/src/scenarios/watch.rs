//! What tlsmon prints, and when each line came.

use std::io::{BufRead as _, BufReader};
use std::process::ChildStdout;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use serde_json::Value;

use crate::lab::{client_port, word};

/// A thread that reads tlsmon's stdout.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Arc<Mutex<Seen>>,
    thread: JoinHandle<()>,
}

/// What came so far.
#[derive(Debug, Default)]
struct Seen {
    reports: Vec<Report>,
    summary: Option<Value>,
    losses: Vec<Value>,
}

/// A handshake as tlsmon tells it.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// As it stands: with what later lines revised.
    pub(super) said: Value,
    /// As it stood before each revision.
    earlier: Vec<Value>,
    /// When its first line came.
    printed: Timestamp,
}

/// What is known once tlsmon has ended.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) summary: Option<Value>,
    pub(super) losses: Vec<Value>,
}

impl Watch {
    /// Reads until tlsmon ends.
    pub(super) fn start(stdout: ChildStdout) -> Self {
        let seen = Arc::default();
        let shared = Arc::clone(&seen);
        let thread = thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let now = now();
                if let Ok(event) = serde_json::from_str(&line) {
                    locked(&shared).add(event, now);
                }
            }
        });
        Self { seen, thread }
    }

    /// The handshakes at a server's address and port that began within this time.
    pub(super) fn reports(
        &self,
        server: (&str, u16),
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<Report> {
        let within = |report: &&Report| {
            let begun = report.begun();
            report.server() == Some(server)
                && begun.is_some_and(|begun| from <= begun && begun < to)
        };
        let seen = locked(&self.seen);
        seen.reports.iter().filter(within).cloned().collect()
    }

    /// Waits for tlsmon's last line.
    pub(super) fn finish(&self) -> Totals {
        while !self.thread.is_finished()
            && crate::lab::pause(std::time::Duration::from_millis(20)).is_ok()
        {}
        let mut seen = locked(&self.seen);
        Totals {
            summary: seen.summary.take(),
            losses: std::mem::take(&mut seen.losses),
        }
    }
}

impl Seen {
    fn add(&mut self, event: Value, now: Timestamp) {
        match word(&event, "/type") {
            "handshake" => self.reports.push(Report {
                said: event,
                earlier: Vec::new(),
                printed: now,
            }),
            "revision" => self.revise(&event),
            "summary" => self.summary = Some(event),
            "loss" => self.losses.push(event),
            _ => {}
        }
    }

    /// A revision gives another verdict about the handshake with its id.
    fn revise(&mut self, revision: &Value) {
        let id = word(revision, "/id");
        let mut reports = self.reports.iter_mut().rev();
        if let Some(report) = reports.find(|report| word(&report.said, "/id") == id) {
            report.earlier.push(report.said.clone());
            let verdict = ["cause", "confidence", "evidence", "next"].into_iter();
            let new =
                verdict.filter_map(|name| Some((name.to_owned(), revision.get(name)?.clone())));
            if let Some(said) = report.said.as_object_mut() {
                said.extend(new);
            }
        }
    }
}

impl Report {
    fn begun(&self) -> Option<Timestamp> {
        word(&self.said, "/time").parse().ok()
    }

    fn server(&self) -> Option<(&str, u16)> {
        let port = self.said.pointer("/server/port")?.as_u64()?;
        Some((
            word(&self.said, "/server/address"),
            u16::try_from(port).ok()?,
        ))
    }

    /// The client's port.
    pub(super) fn port(&self) -> Option<u16> {
        client_port(&self.said)
    }

    pub(super) fn outcome(&self) -> &str {
        word(&self.said, "/outcome")
    }

    /// Empty when there is none.
    pub(super) fn cause(&self) -> &str {
        word(&self.said, "/cause")
    }

    /// As the confusion table calls it: the cause, else the outcome.
    pub(super) fn label(&self) -> &str {
        match self.cause() {
            "" => self.outcome(),
            cause => cause,
        }
    }

    /// Whether it was revised.
    pub(super) fn is_revised(&self) -> bool {
        !self.earlier.is_empty()
    }

    pub(super) fn is_certain(&self) -> bool {
        word(&self.said, "/confidence") == "certain"
    }

    /// Every cause that was called certain, now or before.
    pub(super) fn certain_causes(&self) -> impl Iterator<Item = &str> {
        let all = self.earlier.iter().chain([&self.said]);
        let certain = all.filter(|said| word(said, "/confidence") == "certain");
        certain.map(|said| word(said, "/cause"))
    }

    /// Milliseconds from the packet (or the deadline) that decided a failure to its line. `ended.after_ms` counts from the
    /// ClientHello, which came `connect` and `client_hello` after the first packet.
    pub(super) fn delay(&self) -> Option<f64> {
        let number = |pointer: &str| self.said.pointer(pointer).and_then(Value::as_f64);
        let after = number("/ended/after_ms")?;
        let hello = match self.said.pointer("/client_hello") {
            Some(Value::Object(_)) => {
                number("/timing_ms/connect")? + number("/timing_ms/client_hello")?
            }
            _ => 0.0,
        };
        let since = self.printed.duration_since(self.begun()?);
        Some(since.as_secs_f64() * 1e3 - hello - after)
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time of day, by which tlsmon dates its lines too.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_revision_changes_the_report_with_its_id() {
        let mut seen = Seen::default();
        let now = now();
        seen.add(
            event(r#"{"type":"handshake","id":"1","cause":"unknown-sni"}"#),
            now,
        );
        seen.add(
            event(r#"{"type":"handshake","id":"2","cause":"unknown-sni"}"#),
            now,
        );
        seen.add(
            event(r#"{"type":"revision","id":"1","time":"later","cause":"endpoint-without-certificate"}"#),
            now,
        );
        let labels: Vec<_> = seen.reports.iter().map(Report::label).collect();
        assert_eq!(labels, ["endpoint-without-certificate", "unknown-sni"]);
        assert!(seen.reports[0].is_revised() && !seen.reports[1].is_revised());
    }

    #[test]
    fn the_delay_counts_from_the_end_that_the_report_tells() {
        let text = r#"{"time":"2026-01-01T00:00:00.000000Z","ended":{"after_ms":20.0},"client_hello":{},"timing_ms":{"connect":1.0,"client_hello":2.0}}"#;
        let report = Report {
            said: event(text),
            earlier: Vec::new(),
            printed: "2026-01-01T00:00:00.030Z".parse().unwrap(),
        };
        assert!((report.delay().unwrap() - 7.0).abs() < 0.01);
    }
}
