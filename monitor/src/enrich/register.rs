//! The objects of one kind that are there, by name.

use hashbrown::HashMap;

/// The objects of one kind.
#[derive(Debug)]
pub(super) struct Register<E> {
    of: HashMap<Box<str>, (u32, E)>,
    /// How many lists there have been: what the present one does not have is gone.
    list: u32,
    limit: usize,
    /// How many found no room.
    refused: u64,
}

impl<E> Register<E> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            of: HashMap::new(),
            list: 0,
            limit,
            refused: 0,
        }
    }

    /// A list begins.
    pub(super) const fn begin_list(&mut self) {
        self.list = self.list.wrapping_add(1);
    }

    /// Takes those out that the list did not have.
    pub(super) fn end_list(&mut self) -> Vec<E> {
        let list = self.list;
        let gone = self.of.extract_if(|_, (seen, _)| *seen != list);
        gone.map(|(_, (_, entry))| entry).collect()
    }

    /// Whether there is room for one of this name; if not, that is counted.
    pub(super) fn admits(&mut self, key: &str) -> bool {
        let admitted = self.of.len() < self.limit || self.of.contains_key(key);
        self.refused += u64::from(!admitted);
        admitted
    }

    pub(super) fn insert(&mut self, key: Box<str>, entry: E) {
        self.of.insert(key, (self.list, entry));
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<E> {
        self.of.remove(key).map(|(_, entry)| entry)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &E> {
        self.of.values().map(|(_, entry)| entry)
    }

    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// How many found no room, since the last call.
    pub(super) fn refused(&mut self) -> u64 {
        std::mem::take(&mut self.refused)
    }
}
