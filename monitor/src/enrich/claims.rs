//! Who had an address or a port, from when until when.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use smallvec::SmallVec;

use crate::frame::Timestamp;

/// How long it is remembered who had an address: longer than any handshake takes, and its verdict may be revised.
const MEMORY: Duration = Duration::from_mins(10);
/// How much of the past is remembered.
const MOST_ENDED: usize = 8192;

/// Who had which key. Several may have had it, and several may have it at the same time.
#[derive(Debug)]
pub(super) struct Claims<K, T> {
    of: HashMap<K, SmallVec<[Claim<T>; 1]>>,
    /// Those that have ended, the first to end first.
    ended: VecDeque<(Timestamp, K)>,
    /// How many ended ones had to make room.
    evicted: u64,
}

#[derive(Debug)]
struct Claim<T> {
    from: Timestamp,
    /// The end of time while it lasts.
    until: Timestamp,
    holder: Arc<T>,
}

const FOR_EVER: Timestamp = Timestamp(u64::MAX);

impl<K: Copy + Eq + Hash, T> Claims<K, T> {
    pub(super) fn new() -> Self {
        Self {
            of: HashMap::new(),
            ended: VecDeque::new(),
            evicted: 0,
        }
    }

    /// From now on it is this holder's.
    pub(super) fn take(&mut self, key: K, holder: &Arc<T>, from: Timestamp) {
        self.of.entry(key).or_default().push(Claim {
            from,
            until: FOR_EVER,
            holder: Arc::clone(holder),
        });
    }

    /// It is this holder's no more.
    pub(super) fn release(&mut self, key: K, holder: &Arc<T>, at: Timestamp) {
        self.end(key, at, |claim| Arc::ptr_eq(&claim.holder, holder));
    }

    /// It is nobody's but this holder's.
    pub(super) fn release_others(&mut self, key: K, holder: &Arc<T>, at: Timestamp) {
        self.end(key, at, |claim| !Arc::ptr_eq(&claim.holder, holder));
    }

    fn end(&mut self, key: K, at: Timestamp, which: impl Fn(&Claim<T>) -> bool) {
        let Some(claims) = self.of.get_mut(&key) else {
            return;
        };
        for claim in claims.iter_mut() {
            if claim.until == FOR_EVER && which(claim) {
                claim.until = at;
                self.ended.push_back((at, key));
            }
        }
        if self.ended.len() > MOST_ENDED {
            self.forget_oldest();
            self.evicted += 1;
        }
    }

    /// Who had it at this time.
    pub(super) fn at(&self, key: K, time: Timestamp) -> impl Iterator<Item = &Arc<T>> {
        let claims = self.of.get(&key).into_iter().flatten();
        claims
            .filter(move |claim| claim.from <= time && time <= claim.until)
            .map(|claim| &claim.holder)
    }

    /// Who has it, and who had it lately.
    pub(super) fn ever(&self, key: K) -> impl Iterator<Item = &Arc<T>> {
        let claims = self.of.get(&key).into_iter().flatten();
        claims.map(|claim| &claim.holder)
    }

    /// Whose it is or was lately.
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.of.keys()
    }

    /// How many keys are somebody's, or were lately.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// How many of the past had to make room, since the last call.
    pub(super) fn evicted(&mut self) -> u64 {
        std::mem::take(&mut self.evicted)
    }

    /// Forgets what ended long ago.
    pub(super) fn forget(&mut self, now: Timestamp) {
        while let Some((until, _)) = self.ended.front() {
            if now.since(*until) < MEMORY {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((until, key)) = self.ended.pop_front() else {
            return;
        };
        let Entry::Occupied(mut claims) = self.of.entry(key) else {
            return;
        };
        claims.get_mut().retain(|claim| claim.until > until);
        if claims.get().is_empty() {
            claims.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    fn at(minutes: u64) -> Timestamp {
        Timestamp(minutes * MINUTE)
    }

    fn holders(claims: &Claims<u8, &'static str>, minutes: u64) -> Vec<&'static str> {
        claims.at(7, at(minutes)).map(|holder| **holder).collect()
    }

    #[test]
    fn each_has_it_in_its_time_and_nobody_in_between() {
        let (first, second) = (Arc::new("first"), Arc::new("second"));
        let mut claims = Claims::new();
        claims.take(7, &first, at(1));
        claims.release(7, &first, at(3));
        claims.take(7, &second, at(5));
        assert_eq!(holders(&claims, 0), [] as [&str; 0]);
        assert_eq!(holders(&claims, 2), ["first"]);
        assert_eq!(holders(&claims, 4), [] as [&str; 0]);
        assert_eq!(holders(&claims, 9), ["second"]);
    }

    #[test]
    fn what_ended_long_ago_is_forgotten_and_takes_no_memory() {
        let holder = Arc::new("gone");
        let mut claims = Claims::new();
        claims.take(7, &holder, at(1));
        claims.release(7, &holder, at(2));
        claims.forget(at(11));
        assert_eq!(holders(&claims, 2), ["gone"]);
        claims.forget(at(12));
        assert_eq!((claims.len(), claims.ended.len()), (0, 0));
    }

    #[test]
    fn the_past_is_bounded_and_what_makes_room_is_counted() {
        let mut claims = Claims::new();
        for key in 0..MOST_ENDED + 3 {
            let holder = Arc::new("short");
            claims.take(key, &holder, at(1));
            claims.release(key, &holder, at(1));
        }
        assert_eq!(claims.len(), MOST_ENDED);
        assert_eq!((claims.evicted(), claims.evicted()), (3, 0));
    }
}
