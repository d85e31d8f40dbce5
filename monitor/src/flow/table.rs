//! A bounded table of conversations, each with a deadline.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::FlowKey;
use super::alarms::Alarms;
use crate::frame::Timestamp;

/// Conversations by key. When it is full, the one whose deadline comes first makes room.
///
/// ```text
///   index: key --> place                     alarms: which place is due next
///            \-->  places: [ entry | entry | free | entry ]  <--/
/// ```
///
/// A packet looks its key up once and goes by the place from then on.
#[derive(Debug)]
pub struct Table<V> {
    hasher: DefaultHashBuilder,
    index: HashTable<Place>,
    recent: Recent,
    places: Vec<Option<Entry<V>>>,
    free: Vec<Place>,
    alarms: Alarms,
    capacity: usize,
}

/// Where a conversation stands, until it is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

impl Place {
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// From the beginning of a cache line on: a value of 24 bytes stands in the same as its key.
#[derive(Debug)]
#[repr(C, align(64))]
struct Entry<V> {
    key: FlowKey,
    value: V,
}

impl<V> Table<V> {
    /// A table that never holds more than `capacity` conversations (at least one).
    pub fn new(capacity: usize) -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            index: HashTable::new(),
            recent: Recent::default(),
            places: Vec::new(),
            free: Vec::new(),
            alarms: Alarms::default(),
            capacity: capacity.clamp(1, u32::MAX as usize),
        }
    }

    /// How many conversations it holds.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Where the conversation with this key stands.
    #[inline]
    pub fn find(&mut self, key: &FlowKey) -> Option<Place> {
        let hash = self.hasher.hash_one(key);
        let place = self.recent.get(hash);
        if is_of(&self.places, place, key) {
            return Some(place);
        }
        self.find_in_index(hash, key)
    }

    fn find_in_index(&mut self, hash: u64, key: &FlowKey) -> Option<Place> {
        let is_it = |place: &Place| is_of(&self.places, *place, key);
        let place = *self.index.find(hash, is_it)?;
        self.recent.set(hash, place);
        Some(place)
    }

    /// The conversation in this place.
    pub fn get_mut(&mut self, place: Place) -> Option<&mut V> {
        self.entry_mut(place).map(|entry| &mut entry.value)
    }

    /// Adds a conversation under a key that has none. Gives its place, and the one that had to make room for it.
    pub fn insert(&mut self, key: FlowKey, value: V, deadline: Timestamp) -> (Place, Option<V>) {
        let full = self.len() >= self.capacity;
        let evicted = if full { self.evict() } else { None };
        let place = self.put(Entry { key, value });
        let (places, hasher) = (&self.places, &self.hasher);
        let rehash = |place: &Place| entry(places, *place).map_or(0, |at| hasher.hash_one(at.key));
        let hash = hasher.hash_one(key);
        self.index.insert_unique(hash, place, rehash);
        self.recent.set(hash, place);
        self.alarms.begin(place, deadline);
        (place, evicted)
    }

    /// Removes a conversation.
    pub fn remove(&mut self, place: Place) -> Option<V> {
        let entry = self.places.get_mut(place.index())?.take()?;
        let hash = self.hasher.hash_one(entry.key);
        if let Ok(found) = self.index.find_entry(hash, |other| *other == place) {
            found.remove();
        }
        self.alarms.end(place);
        self.free.push(place);
        Some(entry.value)
    }

    /// Moves a conversation's deadline.
    #[inline]
    pub fn reschedule(&mut self, place: Place, deadline: Timestamp) {
        self.alarms.reschedule(place, deadline);
    }

    /// When [`Self::expired`] may next have something; early, never late.
    pub const fn next_deadline(&self) -> Option<Timestamp> {
        self.alarms.next()
    }

    /// A conversation whose deadline has passed. It stays in the table, without a timer until rescheduled.
    #[inline]
    pub fn expired(&mut self, now: Timestamp) -> Option<Place> {
        self.alarms.expired(now)
    }

    /// Where the conversations stand for which this holds, in the order in which their timers would fire.
    pub fn places_of(&self, wanted: impl Fn(&V) -> bool) -> Vec<Place> {
        let at = |(number, entry): (usize, &Option<Entry<V>>)| {
            entry.as_ref().filter(|entry| wanted(&entry.value))?;
            let place = Place(u32::try_from(number).ok()?);
            Some((self.alarms.rank(place), place))
        };
        let mut found: Vec<_> = self.places.iter().enumerate().filter_map(at).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, place)| place).collect()
    }

    /// Lets all go.
    pub fn clear(&mut self) {
        self.index.clear();
        self.places.clear();
        self.free.clear();
        self.alarms = Alarms::default();
    }

    fn entry_mut(&mut self, place: Place) -> Option<&mut Entry<V>> {
        self.places.get_mut(place.index())?.as_mut()
    }

    fn put(&mut self, entry: Entry<V>) -> Place {
        let free = self.free.pop();
        if let Some(empty) = free.and_then(|place| self.places.get_mut(place.index())) {
            *empty = Some(entry);
        } else {
            self.places.push(Some(entry));
        }
        // There are never more places than `capacity`.
        free.unwrap_or_else(|| {
            let last = self.places.len().saturating_sub(1);
            Place(u32::try_from(last).unwrap_or(u32::MAX))
        })
    }

    fn evict(&mut self) -> Option<V> {
        let place = self.alarms.first()?;
        self.remove(place)
    }
}

/// Where those that were looked up last stand, by their hash: packets of one conversation come close together, and the index
/// of a full table lies far from the processor. What stands here is only a guess: who takes it looks at the key.
#[derive(Debug)]
struct Recent(Box<[Place; Self::SLOTS]>);

impl Recent {
    /// A power of two; four bytes each.
    const SLOTS: usize = 4096;

    fn slot(hash: u64) -> usize {
        // The index uses the other bits.
        usize::try_from(hash >> 20).unwrap_or(0) % Self::SLOTS
    }

    fn get(&self, hash: u64) -> Place {
        self.0.get(Self::slot(hash)).copied().unwrap_or_default()
    }

    fn set(&mut self, hash: u64, place: Place) {
        if let Some(slot) = self.0.get_mut(Self::slot(hash)) {
            *slot = place;
        }
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self(Box::new([Place::default(); Self::SLOTS]))
    }
}

/// Whether what stands there has this key.
fn is_of<V>(places: &[Option<Entry<V>>], place: Place, key: &FlowKey) -> bool {
    entry(places, place).is_some_and(|entry| entry.key == *key)
}

fn entry<V>(places: &[Option<Entry<V>>], place: Place) -> Option<&Entry<V>> {
    places.get(place.index())?.as_ref()
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

    /// A table with room for this many.
    fn table(capacity: usize) -> Table<&'static str> {
        Table::new(capacity)
    }

    #[test]
    fn a_conversation_is_found_by_its_key_until_it_is_removed() {
        let mut table = table(8);
        let (one, _) = table.insert(key(1), "one", Timestamp(10));
        let (two, _) = table.insert(key(2), "two", Timestamp(10));
        assert_eq!(table.find(&key(1)), Some(one));
        assert_eq!(table.remove(one), Some("one"));
        assert_eq!(table.find(&key(1)), None);
        assert_eq!(table.find(&key(2)), Some(two));
        assert_eq!(table.remove(one), None);
    }

    #[test]
    fn the_conversation_with_the_earliest_deadline_makes_room() {
        let mut table = table(2);
        table.insert(key(1), "late", Timestamp(30));
        table.insert(key(2), "early", Timestamp(20));
        let (_, evicted) = table.insert(key(3), "new", Timestamp(40));
        assert_eq!(evicted, Some("early"));
        assert_eq!(table.find(&key(2)), None);
        assert_eq!(table.len(), 2);
        assert_eq!(table.places.len(), 2, "its place is used again");
    }

    #[test]
    fn a_deadline_that_moved_later_is_honoured() {
        let mut table = table(8);
        let (place, _) = table.insert(key(1), "", Timestamp(10));
        table.reschedule(place, Timestamp(50));
        assert_eq!(table.expired(Timestamp(49)), None);
        assert_eq!(table.expired(Timestamp(50)), Some(place));
    }

    #[test]
    fn a_deadline_that_moved_earlier_is_honoured() {
        let mut table = table(8);
        let (place, _) = table.insert(key(1), "", Timestamp(50));
        table.reschedule(place, Timestamp(10));
        assert_eq!(table.expired(Timestamp(10)), Some(place));
        assert_eq!(table.expired(Timestamp(60)), None, "the old timer is stale");
    }

    #[test]
    fn an_expired_conversation_can_be_given_a_new_deadline() {
        let mut table = table(8);
        let (place, _) = table.insert(key(1), "", Timestamp(10));
        assert_eq!(table.expired(Timestamp(10)), Some(place));
        table.reschedule(place, Timestamp(20));
        assert_eq!(table.expired(Timestamp(20)), Some(place));
    }

    #[test]
    fn of_two_that_expire_at_once_the_older_comes_first() {
        let mut table = table(8);
        let (gap, _) = table.insert(key(9), "", Timestamp(1));
        let (older, _) = table.insert(key(1), "", Timestamp(10));
        table.remove(gap);
        let (younger, _) = table.insert(key(2), "", Timestamp(10));
        assert!(younger < older);
        assert_eq!(table.expired(Timestamp(10)), Some(older));
        assert_eq!(table.expired(Timestamp(10)), Some(younger));
    }

    #[test]
    fn the_timer_of_a_removed_conversation_does_not_expire_its_successor() {
        let mut table = table(8);
        let (place, _) = table.insert(key(1), "old", Timestamp(10));
        table.remove(place);
        assert_eq!(table.insert(key(1), "new", Timestamp(90)).0, place);
        assert_eq!(table.expired(Timestamp(50)), None);
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn those_that_are_wanted_are_found_in_the_order_of_their_deadlines() {
        let mut table = Table::new(8);
        for port in 1..=5 {
            table.insert(key(port), port, Timestamp(100 - u64::from(port)));
        }
        let places = table.places_of(|port| *port != 3).into_iter();
        let taken: Vec<u16> = places.filter_map(|place| table.remove(place)).collect();
        assert_eq!(taken, [5, 4, 2, 1]);
        assert_eq!(table.len(), 1);
        table.clear();
        assert!(table.is_empty() && table.find(&key(3)).is_none());
        assert_eq!(table.next_deadline(), None);
    }
}
