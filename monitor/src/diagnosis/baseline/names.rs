//! The names that an endpoint answers.

use hashbrown::HashMap;

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
    windows: HashMap<Box<[u8]>, Window>,
    /// A name that was answered found no room.
    crowded: bool,
    /// The minute in which names that were not used lately last made room.
    tidied: u32,
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
        self.windows.len()
    }

    /// Whether every name that was answered lately is known.
    pub(super) const fn is_whole(&self) -> bool {
        !self.crowded
    }

    /// What was tried with this name.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Window> {
        self.windows.get(name)
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
        if let Some(window) = self.windows.get_mut(name) {
            window.add(tried, marks, at);
            return Entry::Kept;
        }
        if tried.answered == 0 {
            return Entry::Kept;
        }
        if !room || self.is_full(at) {
            self.crowded = true;
            return Entry::NoRoom;
        }
        let window = self.windows.entry(name.into()).or_default();
        window.add(tried, marks, at);
        Entry::New
    }

    /// Whether there is no room, after names that were not used lately have made some. They are looked through once a
    /// minute, however many find no room in it.
    fn is_full(&mut self, now: Timestamp) -> bool {
        let minute = window::minute(now);
        if self.windows.len() >= MAX && self.tidied != minute {
            self.tidied = minute;
            self.windows
                .retain(|_, window| window.tried(now) != Tried::default());
            self.crowded = self.windows.len() >= MAX;
        }
        self.windows.len() >= MAX
    }
}
