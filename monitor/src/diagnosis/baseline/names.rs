//! The names that an endpoint answers.

use hashbrown::HashMap;

use super::facts::Named;
use super::keys::Keys;
use super::profile::Marks;
use super::tried::Tried;
use super::window::{self, Window};
use crate::frame::Timestamp;

/// How many names are told apart at one endpoint.
const MAX: usize = 512;

/// What was tried with each name that was answered. Those that never were need no entry, so nobody can fill this with names
/// that he made up.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    known: HashMap<Box<[u8]>, Known>,
    /// A name that was answered found no room.
    crowded: bool,
    /// The minute in which names that were not used lately last made room.
    tidied: u32,
}

/// One name.
#[derive(Clone, Debug, Default)]
struct Known {
    window: Window,
    keys: Keys,
}

/// What became of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is known, or need not be.
    Kept,
    /// It is known from now on.
    New,
    /// There is no room for it.
    NoRoom,
}

impl Names {
    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether every name that was answered lately is known.
    pub(super) const fn is_whole(&self) -> bool {
        !self.crowded
    }

    /// What was tried with this name.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Window> {
        self.known.get(name).map(|known| &known.window)
    }

    /// The names that were tried most, at most so many of them, and how many others there are.
    pub(super) fn most(&self, now: Timestamp, most: usize) -> (Vec<Named>, usize) {
        let tried = |(name, known): (_, &Known)| (name, known.window.tried(now));
        let mut names: Vec<(&Box<[u8]>, Tried)> = self.known.iter().map(tried).collect();
        names.retain(|(_, tried)| *tried != Tried::default());
        names.sort_unstable_by_key(|(name, tried)| {
            let count = tried.answered.saturating_add(tried.refused);
            (std::cmp::Reverse(count), *name)
        });
        let others = names.len().saturating_sub(most);
        names.truncate(most);
        let told = names.into_iter().map(|(name, tried)| Named {
            name: name.clone(),
            tried,
        });
        (told.collect(), others)
    }

    /// The keys of Encrypted Client Hello that clients who ask for this name have.
    pub(super) fn keys(&self, name: &[u8]) -> Option<Keys> {
        self.known.get(name).map(|known| known.keys)
    }

    /// A handshake for this name went on with this key.
    pub(super) fn used_key(&mut self, name: &[u8], id: u8, at: Timestamp) {
        if let Some(known) = self.known.get_mut(name) {
            known.keys.used(id, at);
        }
    }

    /// Adds what was tried with a name. `room` tells whether the endpoints together may have one more.
    pub(super) fn add(
        &mut self,
        name: &[u8],
        what: (Tried, Marks),
        at: Timestamp,
        room: bool,
    ) -> Entry {
        let (tried, marks) = what;
        if let Some(known) = self.known.get_mut(name) {
            known.window.add(tried, marks, at);
            return Entry::Kept;
        }
        if tried.answered == 0 {
            return Entry::Kept;
        }
        if !room || self.is_full(at) {
            self.crowded = true;
            return Entry::NoRoom;
        }
        let known = self.known.entry(name.into()).or_default();
        known.window.add(tried, marks, at);
        Entry::New
    }

    /// Whether there is no room, after names that were not used lately have made some. They are looked through once a
    /// minute, however many find no room in it.
    fn is_full(&mut self, now: Timestamp) -> bool {
        let minute = window::minute(now);
        if self.known.len() >= MAX && self.tidied != minute {
            self.tidied = minute;
            self.known
                .retain(|_, known| known.window.tried(now) != Tried::default());
            self.crowded = self.known.len() >= MAX;
        }
        self.known.len() >= MAX
    }
}
