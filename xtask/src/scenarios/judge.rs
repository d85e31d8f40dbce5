//! Was tlsmon right about a run? And was the lab?

use super::play::Played;
use super::watch::{Report, Watch};

/// A run, what tlsmon said of it, and what is wrong with that.
pub(super) struct Judged<'a> {
    pub(super) played: Played<'a>,
    pub(super) reports: Vec<Report>,
    /// None when tlsmon was right.
    pub(super) wrong: Option<String>,
    /// The client did not what its line says: the lab's own fault, or the scenario's.
    pub(super) not_as_planned: Option<String>,
}

impl<'a> Judged<'a> {
    /// Looks at what tlsmon said.
    pub(super) fn of(played: Played<'a>, watch: &Watch) -> Self {
        let reports = played.reports(watch);
        Self {
            wrong: wrong(&played, &reports),
            not_as_planned: not_as_planned(&played),
            reports,
            played,
        }
    }

    /// As the confusion table calls what was named: the first that is wrong, else the first.
    pub(super) fn named(&self) -> &str {
        let bad = self.reports.iter().find(|one| !fits(&self.played, one));
        let shown = bad.or_else(|| self.reports.first());
        shown.map_or("(nothing)", Report::label)
    }

    /// One that is wrong and was said to be certain, if only until it was revised.
    pub(super) fn is_certainly_wrong(&self) -> bool {
        let expected = &self.played.run.expected;
        self.reports.iter().any(|one| {
            let mut causes = one.certain_causes();
            causes.any(|cause| !expected.holds(one.outcome(), cause))
        })
    }

    /// No failure, and told as one.
    pub(super) fn is_false_alarm(&self) -> bool {
        let healthy = self.played.run.expected.is_healthy();
        healthy && self.reports.iter().any(|one| one.outcome() == "failed")
    }
}

fn wrong(played: &Played<'_>, reports: &[Report]) -> Option<String> {
    let wanted = played.run.words.or("reports", "1");
    if reports.len().to_string() != wanted {
        let told: Vec<_> = reports.iter().map(Report::label).collect();
        return Some(format!(
            "{} handshakes told, not {wanted}: {}",
            reports.len(),
            told.join(", ")
        ));
    }
    let bad = reports.iter().find(|one| !fits(played, one))?;
    let outcome = bad.outcome();
    let sure = if bad.is_certain() { ", certain" } else { "" };
    Some(format!("{} ({outcome}{sure})", bad.label()))
}

fn fits(played: &Played<'_>, report: &Report) -> bool {
    let expected = &played.run.expected;
    expected.holds(report.outcome(), report.cause())
}

/// A client of a library is content with what is established, and with nothing else. One that is made by hand says nothing.
fn not_as_planned(played: &Played<'_>) -> Option<String> {
    let said = || super::play::last_words(&played.said[0]);
    match (played.run.expected.outcome(), played.content) {
        _ if played.run.client == "raw" => None,
        ("established", Some(true)) | ("failed", Some(false) | None) => None,
        ("established", _) => Some(format!("the client failed: {}", said())),
        ("failed", _) => Some(format!("the client was content: {}", said())),
        _ => None,
    }
}
