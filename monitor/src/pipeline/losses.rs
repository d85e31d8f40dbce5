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

    /// Whether there are any to state, and it is time.
    pub(super) fn are_due(&self, now: Timestamp) -> bool {
        let waited = |stated| now.since(stated) >= INTERVAL;
        !self.counts.is_empty() && self.stated.is_none_or(waited)
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
        assert!(losses.are_due(Timestamp(0)), "the first at once");
        let counts = |losses: Vec<Event>| losses.iter().map(count).collect::<Vec<_>>();
        assert_eq!(counts(losses.all(Timestamp(0))), [2]);
        losses.add("kernel", "ring_full", 3);
        losses.add("kernel", "ring_full", 4);
        assert!(!losses.are_due(Timestamp(999_999_999)));
        assert!(losses.are_due(Timestamp(1_000_000_000)));
        assert_eq!(counts(losses.all(Timestamp(1_000_000_000))), [7]);
        assert!(
            losses.all(Timestamp(9_000_000_000)).is_empty(),
            "nothing twice"
        );
    }
}
