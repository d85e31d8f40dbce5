//! What each server endpoint did for others lately: the contrast that turns a bare RST into a cause.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::Case;
use crate::flow::Endpoint;
use crate::frame::Timestamp;
use crate::report::Outcome;

const BUCKET_SECONDS: u64 = 60;
/// The baseline looks back five minutes, and there is the minute that is filling.
const BUCKETS: usize = 6;
/// How many served names are told apart at one endpoint.
const MAX_NAMES: usize = 128;

/// How often something was tried, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// The handshake was established.
    pub completed: u32,
    /// The server answered with a ServerHello, whatever came later.
    pub answered: u32,
    /// The server ended it before any ServerHello.
    pub refused: u32,
}

/// Counts over the last minutes.
#[derive(Clone, Debug, Default)]
struct Recent {
    /// The minute that each bucket counts, and its counts.
    buckets: [(u64, Tried); BUCKETS],
}

/// What one endpoint did lately.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    with_sni: Recent,
    without_sni: Recent,
    /// Names that were answered. Those that never were need no entry, so nobody can fill this with names he made up.
    names: HashMap<Arc<[u8]>, Recent>,
    /// A name that was answered found no room.
    crowded: bool,
    last_use: Timestamp,
}

/// The baselines of all endpoints, bounded: the one that was used least lately makes room.
#[derive(Debug)]
pub struct Endpoints {
    baselines: HashMap<(IpAddr, u16), Baseline>,
    capacity: usize,
    nothing: Baseline,
}

impl Endpoints {
    /// Baselines for at most `capacity` endpoints.
    pub fn new(capacity: usize) -> Self {
        Self {
            baselines: HashMap::new(),
            capacity: capacity.max(1),
            nothing: Baseline::default(),
        }
    }

    /// What this endpoint did lately.
    pub fn of(&self, server: Endpoint) -> &Baseline {
        self.baselines
            .get(&(server.address, server.port))
            .unwrap_or(&self.nothing)
    }

    /// Learns from a decided conversation. What says nothing about the endpoint (no hello, capture gaps) teaches nothing.
    /// Gives how many other baselines had to make room.
    pub fn learn(
        &mut self,
        server: Endpoint,
        tried: Tried,
        name: Option<&[u8]>,
        now: Timestamp,
    ) -> u64 {
        if tried == Tried::default() {
            return 0;
        }
        let key = (server.address, server.port);
        let is_full = self.baselines.len() >= self.capacity && !self.baselines.contains_key(&key);
        let evicted = if is_full { self.evict() } else { 0 };
        self.baselines.entry(key).or_default().add(tried, name, now);
        evicted
    }

    /// Takes out the least lately used of a few: good enough, and the cost does not grow with the table.
    fn evict(&mut self) -> u64 {
        let oldest = self
            .baselines
            .iter()
            .take(16)
            .min_by_key(|(_, baseline)| baseline.last_use)
            .map(|(key, _)| *key);
        u64::from(oldest.is_some_and(|key| self.baselines.remove(&key).is_some()))
    }
}

impl Baseline {
    /// Hellos that carried a name.
    pub fn with_sni(&self, now: Timestamp) -> Tried {
        self.with_sni.sum(now)
    }

    /// Hellos that carried none.
    pub fn without_sni(&self, now: Timestamp) -> Tried {
        self.without_sni.sum(now)
    }

    /// Hellos that carried this name.
    pub fn named(&self, name: &[u8], now: Timestamp) -> Tried {
        self.names
            .get(name)
            .map(|recent| recent.sum(now))
            .unwrap_or_default()
    }

    /// Whether every name that was answered lately is known.
    pub const fn knows_all_names(&self) -> bool {
        !self.crowded
    }

    fn add(&mut self, tried: Tried, name: Option<&[u8]>, now: Timestamp) {
        self.last_use = now;
        let Some(name) = name else {
            return self.without_sni.add(tried, now);
        };
        self.with_sni.add(tried, now);
        if let Some(recent) = self.names.get_mut(name) {
            recent.add(tried, now);
        } else if tried.answered > 0 {
            self.add_name(tried, name, now);
        }
    }

    fn add_name(&mut self, tried: Tried, name: &[u8], now: Timestamp) {
        self.crowded = !self.has_room(now);
        if !self.crowded {
            self.names
                .entry(Arc::from(name))
                .or_default()
                .add(tried, now);
        }
    }

    /// Whether one more name can be told apart, after names that were not used lately have made room.
    fn has_room(&mut self, now: Timestamp) -> bool {
        if self.names.len() >= MAX_NAMES {
            self.names
                .retain(|_, recent| recent.sum(now) != Tried::default());
        }
        self.names.len() < MAX_NAMES
    }
}

impl Recent {
    fn add(&mut self, tried: Tried, now: Timestamp) {
        let minute = minute(now);
        let index = usize::try_from(minute % BUCKETS as u64).unwrap_or(0);
        let Some((of, counts)) = self.buckets.get_mut(index) else {
            return;
        };
        if *of != minute {
            (*of, *counts) = (minute, Tried::default());
        }
        *counts = counts.plus(tried);
    }

    fn sum(&self, now: Timestamp) -> Tried {
        let last = minute(now);
        let first = last.saturating_sub(BUCKETS as u64 - 1);
        let recent = self
            .buckets
            .iter()
            .filter(|(of, _)| (first..=last).contains(of));
        recent.fold(Tried::default(), |sum, (_, counts)| sum.plus(*counts))
    }
}

impl Tried {
    /// What a decided conversation says about its endpoint.
    pub fn of(case: &Case<'_>) -> Self {
        let count = |happened: bool| u32::from(happened && case.hello().is_some());
        Self {
            completed: count(case.decision.outcome == Outcome::Established),
            answered: count(case.talk.progress.server_hello.is_some()),
            refused: count(case.decision.outcome == Outcome::Failed && case.refused_hello()),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            completed: self.completed.saturating_add(other.completed),
            answered: self.answered.saturating_add(other.answered),
            refused: self.refused.saturating_add(other.refused),
        }
    }
}

const fn minute(time: Timestamp) -> u64 {
    time.0 / 1_000_000_000 / BUCKET_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETED: Tried = Tried {
        completed: 1,
        answered: 1,
        refused: 0,
    };

    fn server(last: u8) -> Endpoint {
        Endpoint {
            address: IpAddr::from([192, 0, 2, last]),
            port: 443,
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp((1_700_000_000 + seconds) * 1_000_000_000)
    }

    #[test]
    fn names_are_told_apart_and_add_up() {
        let mut endpoints = Endpoints::new(8);
        endpoints.learn(server(1), COMPLETED, Some(b"a.test"), at(0));
        endpoints.learn(server(1), COMPLETED, Some(b"b.test"), at(1));
        endpoints.learn(server(1), COMPLETED, None, at(1));
        let baseline = endpoints.of(server(1));
        assert_eq!(baseline.named(b"a.test", at(2)).completed, 1);
        assert_eq!(baseline.with_sni(at(2)).completed, 2);
        assert_eq!(baseline.without_sni(at(2)).completed, 1);
    }

    #[test]
    fn what_happened_before_the_window_is_forgotten() {
        let mut endpoints = Endpoints::new(8);
        endpoints.learn(server(1), COMPLETED, Some(b"a.test"), at(0));
        assert_eq!(endpoints.of(server(1)).with_sni(at(300)).completed, 1);
        assert_eq!(endpoints.of(server(1)).with_sni(at(420)).completed, 0);
    }

    #[test]
    fn endpoints_are_bounded_and_evictions_counted() {
        let mut endpoints = Endpoints::new(4);
        let evicted: u64 = (0..10)
            .map(|last| endpoints.learn(server(last), COMPLETED, None, at(u64::from(last))))
            .sum();
        assert_eq!((endpoints.baselines.len(), evicted), (4, 6));
        let newest = endpoints.of(server(9)).without_sni(at(9));
        assert_eq!(newest.completed, 1, "the newest stays");
    }

    #[test]
    fn names_that_were_only_refused_take_no_room() {
        let refused = Tried {
            refused: 1,
            ..Tried::default()
        };
        let mut endpoints = Endpoints::new(1);
        for n in 0..1000 {
            endpoints.learn(
                server(1),
                refused,
                Some(format!("{n}.test").as_bytes()),
                at(0),
            );
        }
        let baseline = endpoints.of(server(1));
        assert_eq!(
            (baseline.names.len(), baseline.with_sni(at(0)).refused),
            (0, 1000)
        );
        assert!(baseline.knows_all_names());
    }

    #[test]
    fn names_at_one_endpoint_are_bounded_but_still_counted_together() {
        let mut endpoints = Endpoints::new(1);
        for n in 0..1000 {
            endpoints.learn(
                server(1),
                COMPLETED,
                Some(format!("{n}.test").as_bytes()),
                at(0),
            );
        }
        let baseline = endpoints.of(server(1));
        assert_eq!(baseline.names.len(), MAX_NAMES);
        assert_eq!(baseline.with_sni(at(0)).completed, 1000);
        assert!(!baseline.knows_all_names());
    }
}
