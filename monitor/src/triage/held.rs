//! The handshakes that are held: failures have their own room, so that successes do not push them out.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashSet;

use super::news::SourceId;
use super::record::Record;

/// How many failures.
pub(crate) const FAILURES: usize = 4096;
/// How many others.
pub(crate) const OTHERS: usize = 1024;

/// The last handshakes, in bounded room.
#[derive(Debug, Default)]
pub(crate) struct Held {
    failures: VecDeque<(u64, Arc<Record>)>,
    others: VecDeque<(u64, Arc<Record>)>,
    ids: HashSet<(SourceId, String)>,
    /// How many came, ever: their order.
    pub(crate) came: u64,
    /// How many made room for others.
    pub(crate) forgotten: u64,
}

impl Held {
    /// Whether this one is held: what a source holds may be told twice, when it is asked again.
    pub(crate) fn has(&self, record: &Record) -> bool {
        self.ids.contains(&(record.source, record.id.clone()))
    }

    /// Keeps a handshake.
    pub(crate) fn keep(&mut self, record: Arc<Record>) {
        self.came += 1;
        self.ids.insert((record.source, record.id.clone()));
        let (ring, room) = if record.is_failure() {
            (&mut self.failures, FAILURES)
        } else {
            (&mut self.others, OTHERS)
        };
        if ring.len() >= room {
            let gone = ring.pop_front();
            self.forgotten += 1;
            if let Some((_, gone)) = gone {
                self.ids.remove(&(gone.source, gone.id.clone()));
            }
        }
        ring.push_back((self.came, record));
    }

    /// Puts the revised handshake in the place of what it was, and gives that; none when it is not held any more.
    pub(crate) fn revise(
        &mut self,
        source: SourceId,
        id: &str,
        change: impl FnOnce(&Record) -> Record,
    ) -> Option<(Arc<Record>, Arc<Record>)> {
        let mut held = self.failures.iter_mut().rev();
        let (_, place) = held.find(|(_, record)| record.source == source && record.id == id)?;
        let now = Arc::new(change(place));
        let before = std::mem::replace(place, Arc::clone(&now));
        Some((before, now))
    }

    /// All of them, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Arc<Record>> {
        let mut failures = self.failures.iter().rev().peekable();
        let mut others = self.others.iter().rev().peekable();
        std::iter::from_fn(move || {
            let number = |next: Option<&&(u64, Arc<Record>)>| next.map(|(number, _)| *number);
            let next = if number(failures.peek()) > number(others.peek()) {
                failures.next()
            } else {
                others.next()
            };
            next.map(|(_, record)| record)
        })
    }

    /// How many are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.failures.len() + self.others.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{established, failure};
    use super::*;

    #[test]
    fn successes_do_not_push_failures_out_and_the_newest_is_first() {
        let mut held = Held::default();
        held.keep(failure(0, 1, None, "unknown-sni"));
        for second in 1..=OTHERS as u64 + 5 {
            held.keep(established(second));
        }
        held.keep(failure(9999, 2, None, "unknown-sni"));
        assert_eq!(held.len(), OTHERS + 2);
        assert_eq!(held.forgotten, 5);
        let times: Vec<_> = held.newest_first().map(|record| record.time).collect();
        assert!(times.is_sorted_by(|a, b| a >= b));
        assert_eq!(times.len(), held.len());
    }
}
