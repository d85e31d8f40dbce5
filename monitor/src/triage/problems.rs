//! Failures by cause, endpoint and name.

use std::sync::Arc;

use super::record::Record;
use crate::problems::{self, Affected, Example, Groups, Room, Scale, Seen};

/// How many problems are held.
pub(crate) const MAX_PROBLEMS: usize = 300;

const ROOM: Room = Room {
    problems: MAX_PROBLEMS,
    // Names are not gathered here: a person looks through them.
    names: MAX_PROBLEMS,
    clients: 1000,
    // Each holds handshakes for itself, so that others do not push them out.
    examples: 16,
};
/// How many seconds the steps of the trends become long: half an hour in all.
const LONGEST_STEP: u64 = 32;

/// The failures that sources told of.
pub(crate) type Problems = Groups<Key, Arc<Record>>;
/// Failures of the same cause, endpoint and name.
pub(crate) type Problem = problems::Problem<Key, Arc<Record>>;

/// What makes two failures the same problem.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The cause.
    pub(crate) cause: String,
    /// The endpoint.
    pub(crate) endpoint: String,
    /// The name that was asked for; none where there was none.
    pub(crate) name: Option<String>,
    /// The node that saw it, where there are several.
    pub(crate) node: Option<String>,
}

impl Key {
    /// The problem that this failure belongs to.
    pub(crate) fn of(record: &Record) -> Self {
        Self {
            cause: record.word().to_owned(),
            endpoint: record.server.label(),
            name: record.sni.clone(),
            node: record.node.clone(),
        }
    }
}

impl problems::Key for Key {}

impl Example for Arc<Record> {
    fn is_of(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What a problem takes from a failure.
fn seen(record: &Arc<Record>) -> Seen<Arc<Record>> {
    let proxied = record.proxied.map(|client| client.ip());
    let address = proxied.or(record.client.address);
    Seen {
        time: record.time,
        client: address.map(|address| Affected { address, pod: None }),
        example: Arc::clone(record),
    }
}

impl Problem {
    /// How many clients are affected; more than are told apart are `1000+`.
    pub(crate) fn clients(&self) -> String {
        let more = if self.clients.others() > 0 { "+" } else { "" };
        format!("{}{more}", self.clients.known())
    }
}

/// By what problems are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// Most frequent first.
    #[default]
    Count,
    /// Most frequent at this time first.
    Rate,
    /// Seen last, first.
    Last,
    /// Begun last, first: what is new.
    First,
    /// Most clients first.
    Clients,
    /// By their words.
    Cause,
}

impl Order {
    const ALL: [Self; 6] = [
        Self::Count,
        Self::Rate,
        Self::Last,
        Self::First,
        Self::Clients,
        Self::Cause,
    ];

    /// The one after this.
    pub(crate) fn next(self) -> Self {
        let place = Self::ALL.iter().position(|order| *order == self);
        let next = place.map_or(0, |place| (place + 1) % Self::ALL.len());
        Self::ALL.get(next).copied().unwrap_or_default()
    }

    /// What it is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Rate => "rate",
            Self::Last => "last seen",
            Self::First => "newest",
            Self::Clients => "clients",
            Self::Cause => "cause",
        }
    }
}

impl Default for Problems {
    fn default() -> Self {
        Self::new(ROOM, Scale::growing_to(LONGEST_STEP))
    }
}

impl Problems {
    /// Counts a failure.
    pub(crate) fn add(&mut self, record: &Arc<Record>) {
        self.failed(Key::of(record), seen(record));
    }

    /// The verdict on a failure has changed: it counts where it belongs now.
    pub(crate) fn revise(&mut self, before: &Record, now: &Arc<Record>) {
        self.moved(Key::of(before), Key::of(now), seen(now));
    }

    /// The failure is no longer among those that are asked for.
    pub(crate) fn withdraw(&mut self, before: &Arc<Record>) {
        self.withdrawn(Key::of(before), &seen(before));
    }

    /// All of them, in this order; equals in that of their words.
    pub(crate) fn sorted(&self, order: Order) -> Vec<&Problem> {
        let mut all: Vec<&Problem> = self.iter().collect();
        all.sort_by(|a, b| {
            let by = match order {
                Order::Count => b.count.cmp(&a.count),
                Order::Rate => {
                    let rate = |problem: &Problem| problem.trend.a_minute(self.scale());
                    rate(b).total_cmp(&rate(a))
                }
                Order::Last => b.last.cmp(&a.last),
                Order::First => b.first.cmp(&a.first),
                Order::Clients => b.clients.known().cmp(&a.clients.known()),
                Order::Cause => std::cmp::Ordering::Equal,
            };
            by.then_with(|| a.key.cmp(&b.key))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{failure, revised};
    use super::*;

    #[test]
    fn the_same_cause_at_the_same_place_is_one_problem() {
        let mut problems = Problems::default();
        for (second, client) in [(0, 1), (3, 2), (9, 2)] {
            problems.add(&failure(second, client, None, "no-sni-rejected"));
        }
        problems.add(&failure(4, 1, Some("a.example"), "unknown-sni"));
        let sorted = problems.sorted(Order::Count);
        let told: Vec<_> = sorted
            .iter()
            .map(|problem| (&*problem.key.cause, problem.count, problem.clients()))
            .collect();
        let expected = [
            ("no-sni-rejected", 3, "2".to_owned()),
            ("unknown-sni", 1, "1".to_owned()),
        ];
        assert_eq!(told, expected);
        assert_eq!(sorted[0].last.since(sorted[0].first).as_secs(), 9);
        let newest = problems.sorted(Order::First);
        assert_eq!(newest[0].key.cause, "unknown-sni");
    }

    #[test]
    fn a_revised_failure_moves_and_an_empty_problem_goes() {
        let mut problems = Problems::default();
        let before = failure(0, 1, None, "unexplained");
        problems.add(&before);
        problems.revise(&before, &revised(&before, "no-sni-rejected"));
        let sorted = problems.sorted(Order::Count);
        assert_eq!(sorted.len(), 1);
        assert_eq!(sorted[0].key.cause, "no-sni-rejected");
        assert_eq!(problems.failures, 1);
    }

    #[test]
    fn a_flood_of_names_takes_bounded_room_and_is_counted() {
        let mut problems = Problems::default();
        for number in 0..2 * MAX_PROBLEMS as u64 {
            let name = format!("n{number}.example");
            problems.add(&failure(number, 1, Some(&name), "unknown-sni"));
        }
        assert_eq!(problems.len(), MAX_PROBLEMS);
        assert_eq!(problems.forgotten.problems, MAX_PROBLEMS as u64);
        assert_eq!(problems.failures, 2 * MAX_PROBLEMS as u64);
    }
}
