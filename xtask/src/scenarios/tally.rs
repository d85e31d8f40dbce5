//! The figures of a lab: the confusion table, what was covered, and how fast.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::Judged;
use super::watch::Report;
use crate::say;

/// The least share of runs that must be right.
const LEAST: f64 = 0.95;

/// What all runs came to.
pub(super) struct Tally<'a> {
    judged: &'a [Judged<'a>],
}

impl<'a> Tally<'a> {
    pub(super) fn of(judged: &'a [Judged<'a>]) -> Self {
        Self { judged }
    }

    /// Expected by named: a line for each expected, with every name that it was given and how often.
    pub(super) fn print_confusion(&self) {
        let mut table: BTreeMap<_, BTreeMap<_, (usize, usize)>> = BTreeMap::new();
        for one in self.judged {
            let row = table.entry(one.played.run.expected.label()).or_default();
            let (right, wrong) = row.entry(one.named()).or_default();
            *(if one.wrong.is_some() { wrong } else { right }) += 1;
        }
        say::step("expected x named: how often (* where that was wrong)");
        for (expected, row) in table {
            let all: usize = row.values().map(|(right, wrong)| right + wrong).sum();
            say::line(format_args!("{expected:<32}{all:>4}  {}", cells(&row)));
        }
    }

    /// What ran, and how fast it was told.
    pub(super) fn print_figures(&self) {
        let runs = self.judged.iter().map(|one| &one.played);
        let distinct: BTreeSet<_> = runs
            .clone()
            .map(|one| (one.block.title(), one.run.to_string()))
            .collect();
        say::step("figures");
        say::line(format_args!(
            "runs: {} ({} distinct), right: {} ({:.1} %)",
            self.judged.len(),
            distinct.len(),
            self.right(),
            self.share() * 100.0
        ));
        let servers = counted(runs.clone().map(|one| one.block.server.as_str()));
        let clients = counted(runs.map(|one| one.run.client.as_str()));
        say::line(format_args!("servers: {servers}"));
        say::line(format_args!("clients: {clients}"));
        let certain = self.judged.iter().flat_map(|one| &one.reports);
        let certain = certain.filter(|report| report.is_certain()).count();
        say::line(format_args!(
            "certain verdicts: {certain}, wrong among them: {}; healthy told as failures: {}; revised: {}",
            self.count(Judged::is_certainly_wrong),
            self.count(Judged::is_false_alarm),
            self.count(|one| one.reports.iter().any(Report::is_revised)),
        ));
        self.print_delays();
    }

    /// How fast failures were told, and the slowest of them.
    fn print_delays(&self) {
        let mut delays = Vec::new();
        for one in self.judged {
            let failed = one
                .reports
                .iter()
                .filter(|report| report.outcome() == "failed");
            delays.extend(failed.filter_map(|report| Some((report.delay()?, one))));
        }
        delays.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let sorted: Vec<_> = delays.iter().map(|(delay, _)| *delay).collect();
        say::line(format_args!(
            "from the deciding packet of a failure to its line: median {:.1} ms, p99 {:.1} ms ({} lines)",
            percentile(&sorted, 50),
            percentile(&sorted, 99),
            sorted.len()
        ));
        for (delay, one) in delays.iter().rev().take(3) {
            let title = one.played.block.title();
            say::line(format_args!(
                "    {delay:.1} ms: {title} <- {}",
                one.played.run
            ));
        }
    }

    /// Why the lab as a whole failed, if it did.
    pub(super) fn verdict(&self) -> Vec<String> {
        let certain = self.count(Judged::is_certainly_wrong);
        let alarms = self.count(Judged::is_false_alarm);
        let unplanned = self.count(|one| one.not_as_planned.is_some());
        let mut all = Vec::new();
        let mut fail = |count: usize, what: &str| {
            all.extend((count > 0).then(|| format!("{count} {what}")));
        };
        fail(certain, "verdicts were certain and wrong");
        fail(alarms, "healthy runs were told as failures");
        fail(unplanned, "runs went not as planned: the lab's own fault");
        if self.share() < LEAST {
            all.push(format!("{:.1} % right is too little", self.share() * 100.0));
        }
        all
    }

    fn right(&self) -> usize {
        self.count(|one| one.wrong.is_none())
    }

    fn share(&self) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        count(self.right()) / count(self.judged.len().max(1))
    }

    fn count(&self, is: impl Fn(&Judged<'a>) -> bool) -> usize {
        self.judged.iter().filter(|one| is(one)).count()
    }
}

/// `certificate-expired 12, certificate-rejected 2*`
fn cells(row: &BTreeMap<&str, (usize, usize)>) -> String {
    let cells = row.iter().flat_map(|(named, (right, wrong))| {
        let cell = |count: usize, mark: &str| (count > 0).then(|| format!("{named} {count}{mark}"));
        [cell(*right, ""), cell(*wrong, "*")]
    });
    cells.flatten().collect::<Vec<_>>().join(", ")
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let each = counts.iter().map(|(name, count)| format!("{name} {count}"));
    each.collect::<Vec<_>>().join(", ")
}

/// The smallest value that this share of all do not pass; 0 of none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    let place = rank.saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert!((percentile(&values, 50) - 100.0).abs() < f64::EPSILON);
        assert!((percentile(&values, 99) - 198.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 50).abs() < f64::EPSILON);
    }
}
