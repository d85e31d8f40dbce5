//! Failures by cause, endpoint and name.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::record::Record;
use super::trend::{Scale, Trend};
use crate::frame::Timestamp;

/// How many problems are held.
pub(crate) const MAX_PROBLEMS: usize = 300;
/// How many clients of one are told apart.
const MAX_CLIENTS: usize = 1000;
/// How many of its handshakes each holds for itself, so that others do not push them out.
const EXAMPLES: usize = 16;

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

/// Failures of the same cause, endpoint and name.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// What they have in common.
    pub(crate) key: Key,
    /// How many.
    pub(crate) count: u64,
    /// The first.
    pub(crate) first: Timestamp,
    /// The last.
    pub(crate) last: Timestamp,
    /// When.
    pub(crate) trend: Trend,
    clients: HashSet<IpAddr>,
    examples: VecDeque<Arc<Record>>,
}

impl Problem {
    fn new(key: Key, time: Timestamp) -> Self {
        Self {
            key,
            count: 0,
            first: time,
            last: time,
            trend: Trend::new(),
            clients: HashSet::new(),
            examples: VecDeque::new(),
        }
    }

    fn add(&mut self, record: &Arc<Record>, scale: &Scale) {
        self.count += 1;
        self.first = self.first.min(record.time);
        self.last = self.last.max(record.time);
        self.trend.add(scale, record.time);
        let proxied = record.proxied.map(|client| client.ip());
        if let Some(client) = proxied.or(record.client.address)
            && self.clients.len() < MAX_CLIENTS
        {
            self.clients.insert(client);
        }
        if self.examples.len() >= EXAMPLES {
            self.examples.pop_front();
        }
        self.examples.push_back(Arc::clone(record));
    }

    /// How many clients are affected; more than are told apart are `1000+`.
    pub(crate) fn clients(&self) -> String {
        match self.clients.len() {
            MAX_CLIENTS => format!("{MAX_CLIENTS}+"),
            count => count.to_string(),
        }
    }

    /// The same, to sort by.
    fn client_count(&self) -> usize {
        self.clients.len()
    }

    /// Its last handshakes, the oldest first.
    pub(crate) fn examples(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Arc<Record>> + ExactSizeIterator {
        self.examples.iter()
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

/// All problems, in bounded room.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    held: HashMap<Key, Problem>,
    scale: Scale,
    /// How many made room for others.
    pub(crate) forgotten: u64,
    /// How many failures were counted.
    pub(crate) failures: u64,
}

impl Problems {
    /// Time has come this far.
    pub(crate) fn reach(&mut self, time: Timestamp) {
        for _ in 0..self.scale.reach(time) {
            for problem in self.held.values_mut() {
                problem.trend.double();
            }
        }
    }

    /// Counts a failure.
    pub(crate) fn add(&mut self, record: &Arc<Record>) {
        self.reach(record.time);
        let key = Key::of(record);
        if self.held.len() >= MAX_PROBLEMS && !self.held.contains_key(&key) {
            self.make_room();
        }
        self.failures += 1;
        let problem = self
            .held
            .entry_ref(&key)
            .or_insert_with(|| Problem::new(key.clone(), record.time));
        problem.add(record, &self.scale);
    }

    /// The verdict on a failure has changed: it counts where it belongs now.
    pub(crate) fn revise(&mut self, before: &Record, now: &Arc<Record>) {
        let key = Key::of(before);
        if key == Key::of(now) {
            return;
        }
        if let Some(problem) = self.held.get_mut(&key) {
            self.failures = self.failures.saturating_sub(1);
            problem.count = problem.count.saturating_sub(1);
            problem.examples.retain(|record| record.id != now.id);
            if problem.count == 0 {
                self.held.remove(&key);
            }
        }
        self.add(now);
    }

    /// The problem that was seen least lately goes.
    fn make_room(&mut self) {
        let oldest = self.held.values().min_by_key(|problem| problem.last);
        if let Some(key) = oldest.map(|problem| problem.key.clone()) {
            self.held.remove(&key);
            self.forgotten += 1;
        }
    }

    /// The problem with this key.
    pub(crate) fn get(&self, key: &Key) -> Option<&Problem> {
        self.held.get(key)
    }

    /// How long a step of the trends is, and what they have in common.
    pub(crate) const fn scale(&self) -> &Scale {
        &self.scale
    }

    /// All of them, in this order; equals in that of their words.
    pub(crate) fn sorted(&self, order: Order) -> Vec<&Problem> {
        let mut all: Vec<&Problem> = self.held.values().collect();
        all.sort_by(|a, b| {
            let by = match order {
                Order::Count => b.count.cmp(&a.count),
                Order::Rate => {
                    let rate = |problem: &Problem| problem.trend.a_minute(&self.scale);
                    rate(b).total_cmp(&rate(a))
                }
                Order::Last => b.last.cmp(&a.last),
                Order::First => b.first.cmp(&a.first),
                Order::Clients => b.client_count().cmp(&a.client_count()),
                Order::Cause => std::cmp::Ordering::Equal,
            };
            by.then_with(|| a.key.cmp(&b.key))
        });
        all
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
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
        assert_eq!(problems.forgotten, MAX_PROBLEMS as u64);
        assert_eq!(problems.failures, 2 * MAX_PROBLEMS as u64);
    }
}
