//! Failures in groups, in bounded room, whoever tells of them and whatever makes two of them the same problem.

use hashbrown::HashMap;

use super::problem::{Example, Key, Problem, Seen};
use super::trend::Scale;
use crate::frame::Timestamp;

/// All groups. What fails anew when all places are taken gets that of the group that failed last longest ago.
#[derive(Clone, Debug)]
pub struct Groups<K, E> {
    held: HashMap<K, Problem<K, E>>,
    /// How many names stand beside each group of those that are not told apart.
    names: HashMap<K, usize>,
    room: Room,
    scale: Scale,
    /// How many failures were counted, those that made room for others among them.
    pub failures: u64,
    /// What made room for others.
    pub forgotten: Forgotten,
}

/// How much is held.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Groups, at least one.
    pub problems: usize,
    /// Names that are told apart of what is otherwise the same.
    pub names: usize,
    /// Clients that are told apart in one group.
    pub clients: usize,
    /// Failures that are held of one group.
    pub examples: usize,
}

/// What made room for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Groups.
    pub problems: u64,
    /// The failures in them.
    pub failures: u64,
}

impl<K: Key, E: Example> Groups<K, E> {
    /// With so much room, and trends of this scale.
    pub fn new(room: Room, scale: Scale) -> Self {
        Self {
            held: HashMap::new(),
            names: HashMap::new(),
            room,
            scale,
            failures: 0,
            forgotten: Forgotten::default(),
        }
    }

    /// Time has come this far.
    pub fn reach(&mut self, time: Timestamp) {
        for _ in 0..self.scale.reach(time) {
            for problem in self.held.values_mut() {
                problem.trend.double();
            }
        }
    }

    /// Counts a failure.
    pub fn failed(&mut self, key: K, seen: Seen<E>) {
        self.reach(seen.time);
        self.failures += 1;
        let (scale, room) = (self.scale, self.room);
        let key = self.told_apart(key);
        self.group(key).add(seen, &scale, room);
    }

    /// The failure that counted there counts here from now on: its verdict was revised.
    pub fn moved(&mut self, from: K, to: K, seen: Seen<E>) {
        self.withdrawn(from, &seen);
        self.failed(to, seen);
    }

    /// The failure that counted there counts no more.
    pub fn withdrawn(&mut self, from: K, seen: &Seen<E>) {
        let from = self.told_apart(from);
        self.failures = self.failures.saturating_sub(1);
        let scale = self.scale;
        if let Some(problem) = self.held.get_mut(&from) {
            problem.take(seen, &scale);
            if problem.count == 0 {
                self.remove(&from);
            }
        } else {
            // It went with its group.
            self.forgotten.failures = self.forgotten.failures.saturating_sub(1);
        }
    }

    /// What trends have in common: how long a step is, and how far time has come.
    pub const fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Every group, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Problem<K, E>> {
        self.held.values()
    }

    /// The group of this key.
    pub fn get(&self, key: &K) -> Option<&Problem<K, E>> {
        self.held.get(key)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing has failed.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The key of the group that has or gets this name; a name too many goes with the others.
    fn told_apart(&self, key: K) -> K {
        if self.held.contains_key(&key) {
            return key;
        }
        let others = key.among_others().filter(|others| {
            let names = self.names.get(others);
            names.is_some_and(|names| *names >= self.room.names)
        });
        others.unwrap_or(key)
    }

    fn group(&mut self, key: K) -> &mut Problem<K, E> {
        if !self.held.contains_key(&key) {
            self.make_room();
            if let Some(others) = key.among_others() {
                *self.names.entry(others).or_default() += 1;
            }
        }
        let made = key.clone();
        self.held.entry(key).or_insert_with(|| Problem::new(made))
    }

    fn make_room(&mut self) {
        if self.held.len() < self.room.problems.max(1) {
            return;
        }
        let oldest = self.held.values().min_by_key(|problem| problem.last);
        let Some(key) = oldest.map(|problem| problem.key.clone()) else {
            return;
        };
        if let Some(gone) = self.remove(&key) {
            self.forgotten.problems += 1;
            self.forgotten.failures += gone.count;
        }
    }

    fn remove(&mut self, key: &K) -> Option<Problem<K, E>> {
        let gone = self.held.remove(key)?;
        if let Some(others) = key.among_others()
            && let Some(names) = self.names.get_mut(&others)
        {
            *names -= 1;
            if *names == 0 {
                self.names.remove(&others);
            }
        }
        Some(gone)
    }
}
