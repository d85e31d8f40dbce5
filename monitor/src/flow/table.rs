//! A bounded table of conversations, each with a deadline.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use super::FlowKey;
use crate::frame::Timestamp;

/// Conversations by key. When it is full, the one whose deadline comes first makes room.
///
/// Deadlines that move later cost nothing: the timer finds out when it fires. Each entry has one timer, or two for a
/// short while after its deadline moved earlier, so the timers are bounded by the entries.
#[derive(Debug)]
pub struct Table<V> {
    entries: HashMap<FlowKey, Entry<V>>,
    timers: BinaryHeap<Reverse<(Timestamp, u64, FlowKey)>>,
    capacity: usize,
    next_serial: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    deadline: Timestamp,
    /// When the earliest timer of this entry fires.
    timer: Timestamp,
    /// Tells this entry from an earlier one under the same key.
    serial: u64,
}

/// What an insertion did to others.
#[derive(Debug, PartialEq, Eq)]
pub enum Inserted<V> {
    /// There was room.
    InFreeSpace,
    /// This one had to go.
    Evicting(FlowKey, V),
}

impl<V> Table<V> {
    /// A table that never holds more than `capacity` conversations (at least one).
    pub fn new(capacity: usize) -> Self {
        Self {
            entries: HashMap::new(),
            timers: BinaryHeap::new(),
            capacity: capacity.max(1),
            next_serial: 0,
        }
    }

    /// How many conversations it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The conversation under this key.
    pub fn get_mut(&mut self, key: &FlowKey) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    /// Adds a conversation, or replaces the one under the same key.
    pub fn insert(&mut self, key: FlowKey, value: V, deadline: Timestamp) -> Inserted<V> {
        let evicted = if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.evict()
        } else {
            None
        };
        let serial = self.next_serial;
        self.next_serial += 1;
        self.entries.insert(
            key,
            Entry {
                value,
                deadline,
                timer: deadline,
                serial,
            },
        );
        self.timers.push(Reverse((deadline, serial, key)));
        self.sweep_timers();
        evicted.map_or(Inserted::InFreeSpace, |(key, value)| {
            Inserted::Evicting(key, value)
        })
    }

    /// Removes a conversation.
    pub fn remove(&mut self, key: &FlowKey) -> Option<V> {
        self.entries.remove(key).map(|entry| entry.value)
    }

    /// Moves a conversation's deadline.
    pub fn reschedule(&mut self, key: &FlowKey, deadline: Timestamp) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        entry.deadline = deadline;
        if deadline < entry.timer {
            entry.timer = deadline;
            self.timers.push(Reverse((deadline, entry.serial, *key)));
        }
    }

    /// When [`Self::expired`] may next have something; early, never late.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.peek().map(|Reverse((time, ..))| *time)
    }

    /// The key of a conversation whose deadline has passed. It stays in the table, without a timer until rescheduled.
    pub fn expired(&mut self, now: Timestamp) -> Option<FlowKey> {
        while self.next_deadline().is_some_and(|time| time <= now) {
            let due = self.pop_timer();
            if due.is_some() {
                return due;
            }
        }
        None
    }

    /// Takes one conversation out, whichever, until none is left.
    pub fn take_any(&mut self) -> Option<(FlowKey, V)> {
        while let Some(Reverse((_, serial, key))) = self.timers.pop() {
            if self
                .entries
                .get(&key)
                .is_some_and(|entry| entry.serial == serial)
            {
                return self.entries.remove(&key).map(|entry| (key, entry.value));
            }
        }
        None
    }

    fn evict(&mut self) -> Option<(FlowKey, V)> {
        while !self.timers.is_empty() {
            if let Some(key) = self.pop_timer() {
                return self.entries.remove(&key).map(|entry| (key, entry.value));
            }
        }
        None
    }

    /// Timers of entries that were replaced stay behind until they fire; sweep them before they add up.
    fn sweep_timers(&mut self) {
        if self.timers.len() > 4 * self.entries.len() + 64 {
            let entries = &self.entries;
            self.timers.retain(|Reverse((_, serial, key))| {
                entries
                    .get(key)
                    .is_some_and(|entry| entry.serial == *serial)
            });
        }
    }

    /// Takes the earliest timer; the key when its conversation's deadline is really due then.
    fn pop_timer(&mut self) -> Option<FlowKey> {
        let Reverse((time, serial, key)) = self.timers.pop()?;
        let entry = self
            .entries
            .get_mut(&key)
            .filter(|entry| entry.serial == serial && entry.timer == time)?;
        if entry.deadline <= time {
            entry.timer = Timestamp(u64::MAX);
            return Some(key);
        }
        entry.timer = entry.deadline;
        self.timers.push(Reverse((entry.deadline, serial, key)));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Endpoint, Protocol};
    use super::*;

    fn key(port: u16) -> FlowKey {
        let address = "192.0.2.1".parse().unwrap();
        FlowKey::new(
            Protocol::Tcp,
            Endpoint { address, port },
            Endpoint { address, port: 443 },
        )
    }

    #[test]
    fn the_conversation_with_the_earliest_deadline_makes_room() {
        let mut table = Table::new(2);
        table.insert(key(1), "late", Timestamp(30));
        table.insert(key(2), "early", Timestamp(20));
        assert_eq!(
            table.insert(key(3), "new", Timestamp(40)),
            Inserted::Evicting(key(2), "early")
        );
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_deadline_that_moved_later_is_honoured() {
        let mut table = Table::new(8);
        table.insert(key(1), (), Timestamp(10));
        table.reschedule(&key(1), Timestamp(50));
        assert_eq!(table.expired(Timestamp(49)), None);
        assert_eq!(table.expired(Timestamp(50)), Some(key(1)));
    }

    #[test]
    fn a_deadline_that_moved_earlier_is_honoured() {
        let mut table = Table::new(8);
        table.insert(key(1), (), Timestamp(50));
        table.reschedule(&key(1), Timestamp(10));
        assert_eq!(table.expired(Timestamp(10)), Some(key(1)));
        assert_eq!(table.expired(Timestamp(60)), None, "the old timer is stale");
    }

    #[test]
    fn an_expired_conversation_can_be_given_a_new_deadline() {
        let mut table = Table::new(8);
        table.insert(key(1), (), Timestamp(10));
        assert_eq!(table.expired(Timestamp(10)), Some(key(1)));
        table.reschedule(&key(1), Timestamp(20));
        assert_eq!(table.expired(Timestamp(20)), Some(key(1)));
    }

    #[test]
    fn the_timer_of_a_replaced_conversation_does_not_expire_its_successor() {
        let mut table = Table::new(8);
        table.insert(key(1), "old", Timestamp(10));
        table.insert(key(1), "new", Timestamp(90));
        assert_eq!(table.expired(Timestamp(50)), None);
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn replacing_for_ever_does_not_grow_the_timers() {
        let mut table = Table::new(8);
        for time in 0..10_000 {
            table.insert(key(1), (), Timestamp(1_000_000 + time));
        }
        assert!(
            table.timers.len() < 100,
            "{} timers for one conversation",
            table.timers.len()
        );
    }

    #[test]
    fn everything_can_be_taken_out() {
        let mut table = Table::new(8);
        for port in 1..=5 {
            table.insert(key(port), port, Timestamp(u64::from(port)));
        }
        let mut taken: Vec<u16> = std::iter::from_fn(|| table.take_any())
            .map(|(_, port)| port)
            .collect();
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3, 4, 5]);
        assert!(table.is_empty());
    }
}
