//! The baselines of all endpoints.

use hashbrown::HashMap;

use super::endpoint::Baseline;
use super::facts::Facts;
use super::lesson::{Lesson, Seen};
use super::names::Entry;
use crate::flow::{Endpoint, Protocol};
use crate::frame::Timestamp;

/// How many names are told apart at all endpoints together.
const MAX_NAMES: usize = 16_384;

/// A server endpoint. What it does over TCP says nothing about QUIC.
pub type Service = (Protocol, Endpoint);

/// The baselines of all endpoints, bounded: the one that was used least lately makes room.
#[derive(Debug)]
pub struct Endpoints {
    baselines: HashMap<Service, Baseline>,
    capacity: usize,
    /// How many names they tell apart.
    names: usize,
    nothing: Baseline,
}

/// What became of a lesson.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// A verdict on a hello that this endpoint refused may turn on it.
    pub news: bool,
    /// How many other baselines had to make room.
    pub evicted: u64,
    /// How many names that were answered found no room.
    pub unnamed: u64,
}

impl Endpoints {
    /// Baselines for at most `capacity` endpoints.
    pub fn new(capacity: usize) -> Self {
        Self {
            baselines: HashMap::new(),
            capacity: capacity.max(1),
            names: 0,
            nothing: Baseline::default(),
        }
    }

    /// What this endpoint did lately.
    pub fn of(&self, server: Service) -> &Baseline {
        self.baselines.get(&server).unwrap_or(&self.nothing)
    }

    /// What every endpoint did lately, in no order: copies, bounded as the baselines are.
    pub fn facts(&self, now: Timestamp) -> Vec<Facts> {
        let baselines = self.baselines.iter();
        baselines
            .map(|(service, baseline)| Facts::of(*service, baseline, now))
            .collect()
    }

    /// Takes a lesson about an endpoint. One of which nothing but trouble was seen is not remembered: whoever knocks at
    /// closed ports would fill the table.
    pub fn learn(&mut self, server: Service, lesson: &Lesson<'_>) -> Learned {
        let room = self.names < MAX_NAMES;
        if let Some(baseline) = self.baselines.get_mut(&server) {
            return teach(baseline, lesson, room, &mut self.names);
        }
        if matches!(lesson.seen, Seen::Trouble) {
            return Learned::default();
        }
        let is_full = self.baselines.len() >= self.capacity;
        let evicted = if is_full { self.evict() } else { 0 };
        let new = || Baseline::new(lesson.at);
        let baseline = self.baselines.entry(server).or_insert_with(new);
        Learned {
            evicted,
            ..teach(baseline, lesson, room, &mut self.names)
        }
    }

    /// Takes out the least lately used of a few: good enough, and the cost does not grow with the table.
    fn evict(&mut self) -> u64 {
        let few = self.baselines.iter().take(16);
        let oldest = few
            .min_by_key(|(_, baseline)| baseline.last_use)
            .map(|(key, _)| *key);
        let Some(baseline) = oldest.and_then(|key| self.baselines.remove(&key)) else {
            return 0;
        };
        self.names = self.names.saturating_sub(baseline.names());
        1
    }
}

/// Gives the lesson to a baseline, and keeps count of its names.
fn teach(baseline: &mut Baseline, lesson: &Lesson<'_>, room: bool, names: &mut usize) -> Learned {
    let before = baseline.names();
    let heard = baseline.learn(lesson, room);
    *names = (*names + baseline.names()).saturating_sub(before);
    Learned {
        news: heard.news || heard.name == Entry::New,
        evicted: 0,
        unnamed: u64::from(heard.name == Entry::NoRoom),
    }
}
