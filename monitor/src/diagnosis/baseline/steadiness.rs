//! Whether an endpoint was up at a time: what is refused by a server that restarts says nothing about the hello.

use crate::frame::Timestamp;

/// When the endpoint was seen to be up, and when it was in trouble: it refused what it had answered before, refused
/// connections, or was silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steadiness {
    /// Since when there was no sign of trouble.
    since: Timestamp,
    /// When it last answered a hello.
    answered: Timestamp,
    /// It has not answered since the last sign of trouble.
    troubled: bool,
}

impl Steadiness {
    /// First seen now.
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            answered: Timestamp(0),
            troubled: false,
        }
    }

    /// It answered a hello. Gives whether it was in trouble before.
    pub(super) fn answered(&mut self, at: Timestamp) -> bool {
        let recovers = self.troubled;
        if recovers {
            self.since = at;
            self.troubled = false;
        }
        self.answered = self.answered.max(at);
        recovers
    }

    /// A sign of trouble. Gives whether it is the first since the last answer.
    pub(super) const fn trouble(&mut self) -> bool {
        let is_first = !self.troubled;
        self.troubled = true;
        is_first
    }

    /// Whether nothing speaks against its having been up at that time.
    pub(super) fn was_up(&self, at: Timestamp) -> bool {
        self.since <= at && (!self.troubled || at < self.answered)
    }
}
