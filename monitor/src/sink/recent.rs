//! The last handshakes, for those who ask after the fact.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::filter::Filter;
use crate::report::Event;

/// How many failures, and revisions of them, are kept.
const FAILURES: usize = 512;
/// How many others: established, probes, what was seen in part.
const OTHERS: usize = 128;

/// Keeps the last events in bounded room. Failures have their own, so that successes do not push them out.
#[derive(Debug)]
pub struct Recent(Mutex<Rings>);

#[derive(Debug)]
struct Rings {
    failures: Ring,
    others: Ring,
    /// How many events were kept, ever: their order.
    count: u64,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<(u64, Arc<Event>)>,
    capacity: usize,
    forgotten: u64,
}

/// What somebody asked for.
#[derive(Debug)]
pub struct Selection {
    /// The newest that fit, the oldest of them first.
    pub events: Vec<Arc<Event>>,
    /// How many events made room for others since the start, whether they would fit or not.
    pub forgotten: u64,
}

impl Default for Recent {
    fn default() -> Self {
        Self(Mutex::new(Rings {
            failures: Ring::new(FAILURES),
            others: Ring::new(OTHERS),
            count: 0,
        }))
    }
}

impl Recent {
    /// Keeps a handshake or a revision.
    pub fn observe(&self, event: &Event) {
        let is_failure = match event {
            Event::Handshake(handshake) => handshake.is_failure(),
            Event::Revision(_) => true,
            Event::Loss(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => return,
        };
        let event = Arc::new(event.clone());
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rings.count += 1;
        let number = rings.count;
        if is_failure {
            rings.failures.keep(number, event);
        } else {
            rings.others.keep(number, event);
        }
    }

    /// The newest that the filter passes, at most `limit`.
    pub fn select(&self, filter: &Filter, limit: usize) -> Selection {
        let rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = [&rings.failures, &rings.others];
        let events = both.into_iter().flat_map(|ring| &ring.events);
        let fitting = events.filter(|(_, event)| filter.passes(event));
        let mut found: Vec<_> = fitting.cloned().collect();
        let forgotten = both.iter().map(|ring| ring.forgotten).sum();
        drop(rings);
        found.sort_unstable_by_key(|(number, _)| *number);
        let newest = found.len().saturating_sub(limit);
        Selection {
            events: found.drain(newest..).map(|(_, event)| event).collect(),
            forgotten,
        }
    }
}

impl Ring {
    const fn new(capacity: usize) -> Self {
        Self {
            events: VecDeque::new(),
            capacity,
            forgotten: 0,
        }
    }

    fn keep(&mut self, number: u64, event: Arc<Event>) {
        if self.events.len() >= self.capacity {
            self.events.pop_front();
            self.forgotten += 1;
        }
        self.events.push_back((number, event));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::example;

    fn all() -> Filter {
        Filter {
            all: true,
            ..Filter::default()
        }
    }

    #[test]
    fn successes_do_not_push_failures_out_and_what_made_room_is_counted() {
        let recent = Recent::default();
        recent.observe(&Event::Handshake(Box::new(example::no_sni())));
        let established = Event::Handshake(Box::new(example::established()));
        for _ in 0..OTHERS + 7 {
            recent.observe(&established);
        }
        let selection = recent.select(&all(), usize::MAX);
        assert_eq!(selection.events.len(), OTHERS + 1);
        assert_eq!(selection.forgotten, 7);
        let failures = recent.select(&Filter::default(), usize::MAX);
        assert_eq!(failures.events.len(), 1);
    }

    #[test]
    fn the_newest_are_given_in_the_order_in_which_they_came() {
        let recent = Recent::default();
        let mut handshake = example::no_sni();
        for port in 1..=5 {
            handshake.client.port = port;
            recent.observe(&Event::Handshake(Box::new(handshake.clone())));
        }
        let ports = |limit| -> Vec<u16> {
            let events = recent.select(&all(), limit).events;
            let port = |event: &Arc<Event>| match &**event {
                Event::Handshake(handshake) => handshake.client.port,
                _ => 0,
            };
            events.iter().map(port).collect()
        };
        assert_eq!(ports(2), [4, 5]);
        assert_eq!(ports(9), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn losses_are_not_kept() {
        let recent = Recent::default();
        for event in example::events() {
            recent.observe(&event);
        }
        let kept = recent.select(&all(), usize::MAX).events;
        let is_wanted =
            |event: &Arc<Event>| matches!(**event, Event::Handshake(_) | Event::Revision(_));
        assert!(!kept.is_empty() && kept.iter().all(is_wanted));
    }
}
