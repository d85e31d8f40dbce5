//! The groups of failures and the endpoints of a running agent, for those who ask.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::frame::Timestamp;
use crate::problems::{Endpoints, Problems};
use crate::report::Event;

/// Any thread may observe and read; a reader copies what it needs and lets go.
#[derive(Debug, Default)]
pub struct Lately(Mutex<Groups>);

/// What is held.
#[derive(Debug, Default)]
pub struct Groups {
    /// What fails.
    pub problems: Problems,
    /// What each server did.
    pub endpoints: Endpoints,
}

impl Lately {
    /// Counts one event.
    pub fn observe(&self, event: &Event) {
        let mut groups = self.groups();
        groups.problems.observe(event);
        groups.endpoints.observe(event);
    }

    /// Time has come this far.
    pub fn advance(&self, now: Timestamp) {
        self.groups().problems.reach(now);
    }

    /// What is held. The capture waits while it is borrowed, so not for long.
    pub fn read<T>(&self, read: impl FnOnce(&Groups) -> T) -> T {
        read(&self.groups())
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
