//! How often they agree, and where they do not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::FIELDS;
use super::listed::{Difference, Listed};
use super::pairs;
use super::values::{at, short};
use crate::say;

/// How often a field was compared, and with what result.
#[derive(Clone, Copy, Default)]
struct Count {
    agree: u64,
    differ: u64,
    not_judged: u64,
}

/// The comparison so far.
pub(super) struct Tally<'a> {
    listed: &'a Listed,
    counts: [Count; FIELDS.len()],
    captures: u64,
    rows: u64,
    /// Rows without a message of a handshake, about which tlsmon says nothing.
    without_handshake: u64,
    reports: u64,
    listed_seen: u64,
    unlisted: Vec<Difference>,
    faults: Vec<String>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(listed: &'a Listed) -> Self {
        Self {
            listed,
            counts: [Count::default(); FIELDS.len()],
            captures: 0,
            rows: 0,
            without_handshake: 0,
            reports: 0,
            listed_seen: 0,
            unlisted: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Compares what is said of one capture.
    pub(super) fn capture(&mut self, name: &str, rows: &[Value], reports: &[Value]) {
        self.captures += 1;
        self.rows += rows.len() as u64;
        self.reports += reports.len() as u64;
        let mut seen = BTreeSet::new();
        for (row, report) in pairs::of(rows, reports) {
            match report {
                Some(report) => self.pair(name, row, report, &mut seen),
                None => self.alone(name, row, &mut seen),
            }
        }
        let expected: Vec<_> = self.listed.of_capture(name).cloned().collect();
        for stale in expected.iter().filter(|listed| !seen.contains(listed)) {
            let Difference { stream, field, .. } = stale;
            self.fault(format!(
                "{name}, stream {stream}, {field}: listed, and does not differ so any more"
            ));
        }
    }

    /// Something that must not be, other than a difference.
    pub(super) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn is_good(&self) -> bool {
        self.unlisted.is_empty() && self.faults.is_empty()
    }

    fn pair(&mut self, name: &str, row: &Value, report: &Value, seen: &mut BTreeSet<Difference>) {
        for (index, field) in FIELDS.iter().enumerate() {
            let read = (field.read)(row, report);
            if let Some(count) = self.counts.get_mut(index) {
                match &read {
                    None => count.not_judged += 1,
                    Some((peer, ours)) if peer == ours => count.agree += 1,
                    Some(_) => count.differ += 1,
                }
            }
            if let Some((peer, ours)) = read.filter(|(peer, ours)| peer != ours) {
                self.differ(difference(name, row, field.name, (&peer, &ours)), seen);
            }
        }
    }

    /// A row about which tlsmon says nothing: right, when no message of a handshake was captured.
    fn alone(&mut self, name: &str, row: &Value, seen: &mut BTreeSet<Difference>) {
        let said = ["/ch", "/sh", "/cert"]
            .iter()
            .any(|part| !at(row, part).is_null());
        if said {
            self.differ(
                difference(name, row, "report", (&"yes".into(), &"none".into())),
                seen,
            );
        } else {
            self.without_handshake += 1;
        }
    }

    fn differ(&mut self, difference: Difference, seen: &mut BTreeSet<Difference>) {
        if self.listed.has(&difference) {
            self.listed_seen += 1;
        } else {
            self.unlisted.push(difference.clone());
        }
        seen.insert(difference);
    }

    pub(super) fn print(&self) {
        say::line(format_args!(
            "{:<24}{:>8}{:>8}{:>12}",
            "", "agree", "differ", "not judged"
        ));
        for (field, count) in FIELDS.iter().zip(&self.counts) {
            let Count {
                agree,
                differ,
                not_judged,
            } = count;
            say::line(format_args!(
                "{:<24}{agree:>8}{differ:>8}{not_judged:>12}",
                field.name
            ));
        }
        say::line(format_args!(
            "\n{} captures, {} streams that the peers describe, {} reports; {} of the streams hold no message of a handshake and have none",
            self.captures, self.rows, self.reports, self.without_handshake
        ));
        for fault in &self.faults {
            say::line(format_args!("fault: {fault}"));
        }
        for Difference {
            capture,
            stream,
            field,
            peer,
            ours,
        } in &self.unlisted
        {
            say::line(format_args!(
                "| `{capture}` | {stream} | {field} | `{peer}` | `{ours}` |  |"
            ));
        }
        say::line(format_args!(
            "{} differences are listed in docs/comparison.md with their reasons, {} are not",
            self.listed_seen,
            self.unlisted.len()
        ));
    }
}

fn difference(
    capture: &str,
    row: &Value,
    field: &str,
    (peer, ours): (&Value, &Value),
) -> Difference {
    Difference {
        capture: capture.to_owned(),
        stream: at(row, "/stream").as_u64().unwrap_or_default(),
        field: field.to_owned(),
        peer: short(peer),
        ours: short(ours),
    }
}
