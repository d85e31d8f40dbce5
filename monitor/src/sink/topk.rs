//! The most frequent among very many, in bounded memory.

use std::hash::Hash;

use hashbrown::HashMap;

/// Counts by key with room for `capacity` keys: the Space-Saving algorithm (Metwally, Agrawal, El Abbadi 2005).
///
/// A key without a place takes the place of the least frequent one. A key that makes up more than one in `capacity` of
/// all that was counted always has a place, however many others there are, so a flood of invented names cannot hide it.
#[derive(Debug)]
pub struct TopK<K> {
    counters: HashMap<K, Counter>,
    /// Those that were the least frequent when that was looked for last, with their count then. What is added since counts
    /// more, so one of them that still has that count is the least frequent.
    least: Vec<K>,
    least_count: u64,
    capacity: usize,
    total: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    count: u64,
    /// How much of `count` may belong to the keys that had this place before.
    inherited: u64,
}

impl<K: Clone + Hash + Ord> TopK<K> {
    /// Room for this many keys, at least one.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            counters: HashMap::new(),
            least: Vec::new(),
            least_count: 0,
            capacity,
            total: 0,
        }
    }

    /// Counts this key `weight` times.
    pub fn add(&mut self, key: &K, weight: u64) {
        self.total = self.total.saturating_add(weight);
        if let Some(counter) = self.counters.get_mut(key) {
            counter.count = counter.count.saturating_add(weight);
            return;
        }
        let inherited = self.make_room();
        let count = inherited.saturating_add(weight);
        self.counters
            .insert(key.clone(), Counter { count, inherited });
    }

    /// All that was counted, whether its key still has a place or not.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Each key that has a place, with the count that is certainly its own.
    pub fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.counters
            .iter()
            .map(|(key, counter)| (key, counter.count - counter.inherited))
    }

    /// Takes the least frequent key's place when there is no free one; returns the count that goes with the place.
    fn make_room(&mut self) -> u64 {
        if self.counters.len() < self.capacity {
            return 0;
        }
        self.take_least()
            .or_else(|| {
                self.look_for_least();
                self.take_least()
            })
            .unwrap_or(0)
    }

    /// Takes the place of one that is known to be the least frequent.
    fn take_least(&mut self) -> Option<u64> {
        while let Some(key) = self.least.pop() {
            let counter = self.counters.get(&key);
            if counter.is_some_and(|counter| counter.count == self.least_count) {
                self.counters.remove(&key);
                return Some(self.least_count);
            }
        }
        None
    }

    fn look_for_least(&mut self) {
        let counts = self.counters.values().map(|counter| counter.count);
        self.least_count = counts.min().unwrap_or(0);
        let is_least = |counter: &Counter| counter.count == self.least_count;
        let least = self
            .counters
            .iter()
            .filter(|(_, counter)| is_least(counter));
        self.least.extend(least.map(|(key, _)| key.clone()));
        // Of equals the same ones go each time: a capture that is read again has the same summary.
        self.least.sort_unstable();
    }
}

/// The `limit` most frequent, most frequent first, equals in order of their keys.
pub fn most_frequent<K: Ord>(
    counts: impl Iterator<Item = (K, u64)>,
    limit: usize,
) -> Vec<(K, u64)> {
    let mut sorted: Vec<_> = counts.collect();
    sorted.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    sorted.truncate(limit);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_there_is_room_counts_are_exact() {
        let mut top = TopK::new(3);
        for key in [1, 2, 2, 3, 3, 3] {
            top.add(&key, 1);
        }
        assert_eq!(most_frequent(top.iter(), 2), [(&3, 3), (&2, 2)]);
        assert_eq!(top.total(), 6);
    }

    #[test]
    fn the_same_input_leaves_the_same_keys() {
        let left = || {
            let mut top = TopK::new(16);
            (0..1_000_u32).for_each(|key| top.add(&key, 1));
            most_frequent(top.iter().map(|(key, _)| (*key, 1)), 16)
        };
        assert_eq!(left(), left());
    }

    #[test]
    fn a_flood_of_others_neither_hides_a_frequent_key_nor_overstates_it() {
        let mut top = TopK::new(64);
        for other in 0..100_000_u32 {
            top.add(&(other + 1), 1);
            if other % 20 == 0 {
                top.add(&0, 1);
            }
        }
        let first = most_frequent(top.iter(), 1);
        let (key, count) = first[0];
        assert_eq!(*key, 0);
        assert!((4_000..=5_000).contains(&count), "{count}");
        assert!(top.iter().count() <= 64);
        assert_eq!(top.total(), 105_000);
    }
}
