//! One group of failures.

use std::collections::VecDeque;

use super::clients::{Affected, Clients};
use super::groups::Room;
use super::trend::{Scale, Trend};
use crate::frame::Timestamp;

/// What makes two failures the same problem.
pub trait Key: Clone + Eq + std::hash::Hash + Ord {
    /// The group of all names that are not told apart, where this one is of a name that could be among them.
    fn among_others(&self) -> Option<Self> {
        None
    }
}

/// What is held of one failure, to be looked at.
pub trait Example {
    /// Whether the other is of the same handshake.
    fn is_of(&self, other: &Self) -> bool;
}

/// What a group takes from one failure, whoever tells of it.
#[derive(Clone, Debug)]
pub struct Seen<E> {
    /// When its handshake began.
    pub time: Timestamp,
    /// Who failed, where that is known.
    pub client: Option<Affected>,
    /// What is held of it.
    pub example: E,
}

/// A group: how many, since when, how often lately, and whom it affects.
#[derive(Clone, Debug)]
pub struct Problem<K, E> {
    /// What its failures have in common.
    pub key: K,
    /// How many failures; each counts once, whatever the sample rate.
    pub count: u64,
    /// When the first of them began.
    pub first: Timestamp,
    /// When the last of them began.
    pub last: Timestamp,
    /// How many began in each step of time.
    pub trend: Trend,
    /// Who failed.
    pub clients: Clients,
    examples: VecDeque<E>,
}

impl<K, E: Example> Problem<K, E> {
    /// The last few of them, the oldest first.
    pub fn examples(&self) -> impl DoubleEndedIterator<Item = &E> + ExactSizeIterator {
        self.examples.iter()
    }

    pub(super) fn new(key: K) -> Self {
        Self {
            key,
            count: 0,
            first: Timestamp(u64::MAX),
            last: Timestamp::default(),
            trend: Trend::new(),
            clients: Clients::default(),
            examples: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, seen: Seen<E>, scale: &Scale, room: Room) {
        self.count += 1;
        self.first = self.first.min(seen.time);
        self.last = self.last.max(seen.time);
        self.trend.add(scale, seen.time);
        if let Some(client) = &seen.client {
            self.clients.add(client, room.clients);
        }
        if self.examples.len() >= room.examples {
            self.examples.pop_front();
        }
        self.examples.push_back(seen.example);
    }

    /// The first and the last time stay as they are: what was said was said.
    pub(super) fn take(&mut self, seen: &Seen<E>, scale: &Scale) {
        self.count = self.count.saturating_sub(1);
        self.trend.take(scale, seen.time);
        if let Some(client) = &seen.client {
            self.clients.take(client);
        }
        self.examples.retain(|held| !held.is_of(&seen.example));
    }
}
