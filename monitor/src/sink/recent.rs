//! The last handshakes, for those who ask after the fact.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use super::position::Position;
use crate::filter::Filter;
use crate::report::{Event, HandshakeId, Revision};

/// How many failures, and revisions of them, are kept.
const FAILURES: usize = 512;
/// How many others: established, probes, what was seen in part.
const OTHERS: usize = 128;

/// Keeps the last events in bounded room. Failures have their own, so that successes do not push them out.
#[derive(Debug)]
pub struct Recent {
    rings: Mutex<Rings>,
    /// Which run of the agent this is.
    run: u32,
}

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

/// What came after a position.
#[derive(Debug)]
pub struct Later {
    /// What is still held and fits, with its number, the oldest first.
    pub events: Vec<(u64, Arc<Event>)>,
    /// How many more came after it and have made room for others, whether they would fit or not.
    pub forgotten: u64,
    /// Where this ends.
    pub position: Position,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            rings: Mutex::new(Rings {
                failures: Ring::new(FAILURES),
                others: Ring::new(OTHERS),
                count: 0,
            }),
            // Zero is no run; without randomness a restart is not noticed, and nothing else is wrong.
            run: getrandom::u32().unwrap_or(1).max(1),
        }
    }
}

impl Recent {
    /// Keeps a handshake or a revision, and gives it a number, from 1 on.
    pub fn observe(&self, event: &Arc<Event>) -> Option<u64> {
        let is_failure = match &**event {
            Event::Handshake(handshake) => handshake.is_failure(),
            Event::Revision(_) => true,
            Event::Loss(_) | Event::Summary(_) | Event::Probe(_) | Event::Check(_) => return None,
        };
        let mut rings = self.rings();
        rings.count += 1;
        let number = rings.count;
        let ring = if is_failure {
            &mut rings.failures
        } else {
            &mut rings.others
        };
        ring.keep(number, Arc::clone(event));
        Some(number)
    }

    /// After the newest.
    pub fn position(&self) -> Position {
        self.at(self.rings().count)
    }

    /// This number of this run.
    pub const fn at(&self, number: u64) -> Position {
        Position {
            run: self.run,
            number,
        }
    }

    /// What came after this position; all of it when the position is of another run.
    pub fn since(&self, position: Position, filter: &Filter) -> Later {
        let rings = self.rings();
        let after = if position.run == self.run {
            position.number
        } else {
            0
        };
        let both = [&rings.failures, &rings.others];
        let held = both.into_iter().flat_map(|ring| &ring.events);
        let mut events: Vec<_> = held
            .filter(|(number, _)| *number > after)
            .cloned()
            .collect();
        let count = rings.count;
        drop(rings);
        let forgotten = count.saturating_sub(after) - events.len() as u64;
        events.retain(|(_, event)| filter.passes(event));
        events.sort_unstable_by_key(|(number, _)| *number);
        Later {
            events,
            forgotten,
            position: self.at(count),
        }
    }

    /// The newest that the filter passes, at most `limit`: each handshake once, with what is said of it now.
    pub fn select(&self, filter: &Filter, limit: usize) -> Selection {
        let rings = self.rings();
        let both = [&rings.failures, &rings.others];
        let held = both.into_iter().flat_map(|ring| &ring.events);
        let mut held: Vec<_> = held.cloned().collect();
        let forgotten = both.iter().map(|ring| ring.forgotten).sum();
        drop(rings);
        held.sort_unstable_by_key(|(number, _)| *number);
        let mut events = newest_forms(held.into_iter().map(|(_, event)| event));
        events.retain(|event| filter.passes(event));
        events.drain(..events.len().saturating_sub(limit));
        Selection { events, forgotten }
    }

    fn rings(&self) -> MutexGuard<'_, Rings> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Each handshake once, where it was told first, as it was revised last. A revision stands for itself where its handshake has
/// made room.
fn newest_forms(events: impl Iterator<Item = Arc<Event>>) -> Vec<Arc<Event>> {
    let mut newest: Vec<Arc<Event>> = Vec::new();
    let mut places: HashMap<HandshakeId, usize> = HashMap::new();
    for event in events {
        let id = match &*event {
            Event::Handshake(handshake) => handshake.id,
            Event::Revision(revision) => revision.id,
            _ => continue,
        };
        let known = places.get(&id).and_then(|place| newest.get_mut(*place));
        if let (Some(known), Event::Revision(revision)) = (known, &*event) {
            *known = revised(known, revision, &event);
        } else {
            places.insert(id, newest.len());
            newest.push(event);
        }
    }
    newest
}

/// What is told of a handshake, after a revision of it.
fn revised(told: &Event, revision: &Revision, event: &Arc<Event>) -> Arc<Event> {
    match told {
        Event::Handshake(handshake) => {
            let now = revision.applied_to(handshake);
            Arc::new(Event::Handshake(Box::new(now)))
        }
        _ => Arc::clone(event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cause, example};

    fn event(handshake: crate::report::Handshake) -> Arc<Event> {
        Arc::new(Event::Handshake(Box::new(handshake)))
    }

    #[test]
    fn what_came_after_a_position_is_given_once_and_what_is_gone_is_counted() {
        let recent = Recent::default();
        for _ in 0..OTHERS + 10 {
            recent.observe(&event(example::established()));
        }
        let first = recent.since(Position::default(), &all());
        assert_eq!((first.events.len(), first.forgotten), (OTHERS, 10));
        assert_eq!(first.position, recent.position());
        recent.observe(&event(example::established()));
        recent.observe(&event(example::no_sni()));
        let later = recent.since(first.position, &Filter::default());
        assert_eq!((later.events.len(), later.forgotten), (1, 0));
        let other_run = Position { run: 0, number: 5 };
        assert_eq!(recent.since(other_run, &all()).events.len(), OTHERS + 1);
    }

    fn all() -> Filter {
        Filter {
            all: true,
            ..Filter::default()
        }
    }

    #[test]
    fn successes_do_not_push_failures_out_and_what_made_room_is_counted() {
        let recent = Recent::default();
        recent.observe(&event(example::no_sni()));
        let established = event(example::established());
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
            recent.observe(&event(handshake.clone()));
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
            recent.observe(&Arc::new(event));
        }
        let kept = recent.select(&all(), usize::MAX).events;
        let is_wanted =
            |event: &Arc<Event>| matches!(**event, Event::Handshake(_) | Event::Revision(_));
        assert!(!kept.is_empty() && kept.iter().all(is_wanted));
    }

    #[test]
    fn a_revised_handshake_is_given_once_as_it_is_now_and_streamed_as_it_was_told() {
        let recent = Recent::default();
        let mut first = example::no_sni();
        first.cause = Some(Cause::Unexplained);
        recent.observe(&event(first));
        let start = recent.position();
        let mut other = example::plaintext();
        other.id = "00000000000000aa".parse().unwrap();
        recent.observe(&event(other));
        let revision = Arc::new(Event::Revision(Box::new(example::revision())));
        recent.observe(&revision);
        let asked = |cause| Filter {
            causes: vec![cause],
            ..Filter::default()
        };
        let selection = recent.select(&asked(Cause::NoSniRejected), usize::MAX);
        let [only] = &selection.events[..] else {
            panic!("{selection:?}");
        };
        let Event::Handshake(now) = &**only else {
            panic!("{only:?}");
        };
        assert_eq!(now.cause, Some(Cause::NoSniRejected));
        assert_eq!(now.was.unwrap().cause, Cause::Unexplained);
        assert!(now.revised.is_some());
        let before = recent.select(&asked(Cause::Unexplained), usize::MAX);
        assert!(before.events.is_empty(), "it is not said any more");
        assert_eq!(recent.select(&all(), usize::MAX).events.len(), 2);
        let later = recent.since(start, &all()).events;
        assert!(matches!(&*later.last().unwrap().1, Event::Revision(_)));
    }

    #[test]
    fn a_revision_whose_handshake_made_room_stands_for_itself() {
        let recent = Recent::default();
        let mut revision = example::revision();
        recent.observe(&Arc::new(Event::Revision(Box::new(revision.clone()))));
        revision.cause = Cause::UnknownSni;
        recent.observe(&Arc::new(Event::Revision(Box::new(revision))));
        let events = recent.select(&Filter::default(), usize::MAX).events;
        let [only] = &events[..] else {
            panic!("{events:?}");
        };
        assert!(matches!(&**only, Event::Revision(now) if now.cause == Cause::UnknownSni));
    }
}
