//! What fails, in groups: one for each cause, endpoint and name. What a person should see first, on the screen, on the page and
//! in `/api/v1/summary`.
//!
//! Time is that of the handshakes, so that a capture file groups as a live run did.

mod certificates;
mod clients;
mod endpoints;
mod problem;
mod trend;

use hashbrown::HashMap;

pub use certificates::{Certificate, Certificates};
pub use clients::{Client, Clients};
pub use endpoints::{Endpoint, Endpoints, NameFacts};
pub use problem::{Name, Problem, ProblemKey};
pub use trend::{BUCKET, BUCKETS, Trend};

use crate::frame::Timestamp;
use crate::report::{Cause, EndpointName, Event, Handshake, Revision};

/// Groups that are held.
const PROBLEMS: usize = 512;
/// Names that one cause at one endpoint is split by: names may be invented without end.
const NAMES: usize = 32;

/// All groups. What fails anew when all places are taken gets that of the group that failed last longest ago.
#[derive(Clone, Debug)]
pub struct Problems {
    groups: HashMap<ProblemKey, Problem>,
    /// How many names each cause at each endpoint is split by.
    names: HashMap<(Cause, EndpointName), usize>,
    capacity: usize,
    now: Timestamp,
    forgotten: Forgotten,
}

/// What made room for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Groups.
    pub problems: u64,
    /// The failures in them.
    pub failures: u64,
}

impl Default for Problems {
    fn default() -> Self {
        Self::with_capacity(PROBLEMS)
    }
}

impl Problems {
    /// Room for so many groups, at least one.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            groups: HashMap::new(),
            names: HashMap::new(),
            capacity: capacity.max(1),
            now: Timestamp::default(),
            forgotten: Forgotten::default(),
        }
    }

    /// Counts a failure in its group, and moves it when its verdict is revised; other events only tell the time.
    pub fn observe(&mut self, event: &Event) {
        if let Some(time) = event.time() {
            self.advance(time);
        }
        match event {
            Event::Handshake(handshake) if handshake.is_failure() => self.failed(handshake),
            Event::Revision(revision) => self.revised(revision),
            _ => {}
        }
    }

    /// Time has come this far.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// How far time has come.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Every group, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.groups.values()
    }

    /// The group of this key.
    pub fn get(&self, key: &ProblemKey) -> Option<&Problem> {
        self.groups.get(key)
    }

    /// Every group: those that fail most in these minutes first, then those that failed most, then the latest.
    pub fn ranked(&self) -> Vec<&Problem> {
        let mut ranked: Vec<_> = self.groups.values().collect();
        ranked.sort_by_cached_key(|problem| {
            let lately = problem.trend.total(self.now);
            let rank = (lately, problem.count, problem.last);
            (std::cmp::Reverse(rank), problem.key.clone())
        });
        ranked
    }

    /// What made room for others since the start.
    pub const fn forgotten(&self) -> Forgotten {
        self.forgotten
    }

    fn failed(&mut self, handshake: &Handshake) {
        let cause = handshake.cause_or_unexplained();
        let endpoint = EndpointName::of(&handshake.server);
        let key = self.key(cause, endpoint, Name::of(handshake.sni()));
        self.group(key).add(&problem::Failure::of(handshake));
    }

    /// The failure counts in the group of what is said now, and no more in that of what was said before.
    fn revised(&mut self, revision: &Revision) {
        let failure = problem::Failure::revised(revision);
        let endpoint = EndpointName::of(&revision.server);
        let name = Name::of(revision.sni.as_ref());
        let was = self.key(revision.was.cause, endpoint.clone(), name.clone());
        self.take(&was, &failure);
        let key = self.key(revision.cause, endpoint, name);
        self.group(key).add(&failure);
    }

    fn take(&mut self, key: &ProblemKey, failure: &problem::Failure) {
        let Some(problem) = self.groups.get_mut(key) else {
            // It went with its group, and comes back with another.
            self.forgotten.failures = self.forgotten.failures.saturating_sub(1);
            return;
        };
        problem.take(failure);
        if problem.count == 0 {
            self.remove(&key.clone());
        }
    }

    /// The key of the group that has or gets this name; a name too many goes with the others.
    fn key(&self, cause: Cause, endpoint: EndpointName, name: Name) -> ProblemKey {
        let mut key = ProblemKey {
            cause,
            endpoint,
            name,
        };
        if matches!(key.name, Name::Named(_)) && !self.groups.contains_key(&key) {
            let place = (cause, key.endpoint.clone());
            if self.names.get(&place).is_some_and(|names| *names >= NAMES) {
                key.name = Name::Others;
            }
        }
        key
    }

    fn group(&mut self, key: ProblemKey) -> &mut Problem {
        if !self.groups.contains_key(&key) {
            self.make_room();
            if matches!(key.name, Name::Named(_)) {
                let place = (key.cause, key.endpoint.clone());
                *self.names.entry(place).or_default() += 1;
            }
        }
        let made = key.clone();
        self.groups.entry(key).or_insert_with(|| Problem::new(made))
    }

    fn make_room(&mut self) {
        if self.groups.len() < self.capacity {
            return;
        }
        let oldest = self.groups.values().min_by_key(|problem| problem.last);
        let Some(key) = oldest.map(|problem| problem.key.clone()) else {
            return;
        };
        if let Some(gone) = self.remove(&key) {
            self.forgotten.problems += 1;
            self.forgotten.failures += gone.count;
        }
    }

    fn remove(&mut self, key: &ProblemKey) -> Option<Problem> {
        let gone = self.groups.remove(key)?;
        let place = (key.cause, key.endpoint.clone());
        if matches!(key.name, Name::Named(_))
            && let Some(names) = self.names.get_mut(&place)
        {
            *names -= 1;
            if *names == 0 {
                self.names.remove(&place);
            }
        }
        Some(gone)
    }
}

#[cfg(test)]
mod tests;
