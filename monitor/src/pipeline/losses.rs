//! What was not seen, counted by place and reason, and stated at most once a second.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::frame::Timestamp;
use crate::report::{Event, Loss, SCHEMA};

/// How often losses are stated while they go on.
const INTERVAL: Duration = Duration::from_secs(1);

/// Losses that have not been stated yet.
#[derive(Debug, Default)]
pub(super) struct Losses {
    counts: BTreeMap<(&'static str, &'static str), u64>,
    stated: Option<Timestamp>,
}

impl Losses {
    /// Counts a loss.
    pub(super) fn add(&mut self, place: &'static str, reason: &'static str, count: u64) {
        if count > 0 {
            *self.counts.entry((place, reason)).or_default() += count;
        }
    }

    /// There are none that have not been stated.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The losses to state now, if there are any and it is time.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Vec<Event>> {
        let waited = || {
            self.stated
                .is_none_or(|stated| now.since(stated) >= INTERVAL)
        };
        (!self.counts.is_empty() && waited()).then(|| self.all(now))
    }

    /// All losses that have not been stated.
    pub(super) fn all(&mut self, now: Timestamp) -> Vec<Event> {
        self.stated = Some(now);
        let counts = std::mem::take(&mut self.counts).into_iter();
        counts
            .map(|((place, reason), count)| loss(now, place, reason, count))
            .collect()
    }
}

fn loss(now: Timestamp, place: &'static str, reason: &'static str, count: u64) -> Event {
    Event::Loss(Loss {
        schema: SCHEMA.into(),
        time: now,
        place: place.into(),
        reason: reason.into(),
        count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(event: &Event) -> u64 {
        match event {
            Event::Loss(loss) => loss.count,
            _ => panic!("not a loss"),
        }
    }

    #[test]
    fn losses_add_up_and_are_stated_once_a_second() {
        let mut losses = Losses::default();
        losses.add("kernel", "ring_full", 2);
        assert_eq!(
            losses
                .due(Timestamp(0))
                .iter()
                .flatten()
                .map(count)
                .sum::<u64>(),
            2,
            "the first at once"
        );
        losses.add("kernel", "ring_full", 3);
        losses.add("kernel", "ring_full", 4);
        assert!(losses.due(Timestamp(999_999_999)).is_none());
        assert_eq!(
            losses
                .due(Timestamp(1_000_000_000))
                .iter()
                .flatten()
                .map(count)
                .collect::<Vec<_>>(),
            [7]
        );
        assert!(
            losses.all(Timestamp(9_000_000_000)).is_empty(),
            "nothing twice"
        );
    }
}
