//! Events that wait for a name.

use std::collections::VecDeque;
use std::time::Duration;

use crate::frame::Timestamp;
use crate::report::{Event, HandshakeId};

/// How long an event waits at most.
const WAIT: Duration = Duration::from_secs(1);
/// How many wait at most.
const MOST: usize = 1024;

/// Events that wait for a name, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Held {
    waiting: VecDeque<(Timestamp, Event)>,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether one more finds room.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MOST
    }

    /// Lets an event wait from now on.
    pub(super) fn push(&mut self, event: Event, now: Timestamp) {
        self.waiting.push_back((now.plus(WAIT), event));
    }

    /// Whether the handshake waits that this revision is of: it must come first.
    pub(super) fn has(&self, id: HandshakeId) -> bool {
        let is_it = |event: &Event| matches!(event, Event::Handshake(one) if one.id == id);
        self.waiting.iter().any(|(_, event)| is_it(event))
    }

    /// The first that has waited long enough.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Option<Event> {
        let (until, _) = self.waiting.front()?;
        // A clock that was set back makes nobody wait for longer.
        let is_due = *until <= now || until.since(now) > WAIT;
        is_due
            .then(|| self.waiting.pop_front())
            .flatten()
            .map(|(_, event)| event)
    }

    /// The first that need not wait any more.
    pub(super) fn first(&mut self, is_done: impl Fn(&Event) -> bool) -> Option<Event> {
        let at = self.waiting.iter().position(|(_, event)| is_done(event))?;
        self.waiting.remove(at).map(|(_, event)| event)
    }
}
