//! What was worked out lately, so that it need not be worked out again: peers say the same thing over and over.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// How many answers are remembered before the older half is forgotten.
const GENERATION: usize = 128;

/// Answers by the numbers that they follow from, which are compared in full. What keeps being asked for stays; of the rest,
/// between one and two generations are remembered.
#[derive(Debug)]
pub(crate) struct Memo<N, V> {
    hasher: DefaultHashBuilder,
    recent: HashTable<Entry<N, V>>,
    /// Those that were recent before; what is asked for again becomes recent again.
    older: HashTable<Entry<N, V>>,
    /// How many numbers the longest question has that is remembered.
    longest: usize,
}

#[derive(Debug)]
struct Entry<N, V> {
    hash: u64,
    question: Box<[N]>,
    answer: V,
}

impl<N: Copy + Eq + Hash, V: Clone> Memo<N, V> {
    /// A memo that remembers no question of more than this many numbers, and so never holds more than 256 times as many.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            recent: HashTable::new(),
            older: HashTable::new(),
            longest,
        }
    }

    /// The answer to a question, worked out if it is not remembered.
    pub(crate) fn answer(&mut self, question: &[N], work_out: impl FnOnce() -> V) -> V {
        let hash = self.hasher.hash_one(question);
        let is_it = |entry: &Entry<N, V>| *entry.question == *question;
        if let Some(entry) = self.recent.find(hash, is_it) {
            return entry.answer.clone();
        }
        let entry = match self.older.find_entry(hash, is_it) {
            Ok(found) => found.remove().0,
            Err(_) if question.len() > self.longest => return work_out(),
            Err(_) => Entry {
                hash,
                question: question.into(),
                answer: work_out(),
            },
        };
        let answer = entry.answer.clone();
        self.remember(entry);
        answer
    }

    fn remember(&mut self, entry: Entry<N, V>) {
        if self.recent.len() >= GENERATION {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent
            .insert_unique(entry.hash, entry, |entry| entry.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks, and says whether the answer had to be worked out.
    fn ask(memo: &mut Memo<u8, usize>, question: &[u8]) -> bool {
        let mut worked = false;
        let answer = memo.answer(question, || {
            worked = true;
            question.len()
        });
        assert_eq!(answer, question.len());
        worked
    }

    #[test]
    fn a_question_is_worked_out_once() {
        let mut memo = Memo::new(8);
        assert!(ask(&mut memo, b"one"));
        assert!(!ask(&mut memo, b"one"));
        assert!(ask(&mut memo, b"other"));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_keeps_being_asked_stays() {
        let mut memo = Memo::new(8);
        ask(&mut memo, b"kept");
        for number in 0..10_000_u32 {
            ask(&mut memo, &number.to_be_bytes());
            assert!(!ask(&mut memo, b"kept"));
        }
        assert!(memo.recent.len() + memo.older.len() <= 2 * GENERATION);
        assert!(ask(&mut memo, &0_u32.to_be_bytes()), "forgotten long ago");
    }

    #[test]
    fn a_long_question_is_answered_and_not_remembered() {
        let mut memo = Memo::new(8);
        assert!(ask(&mut memo, b"123456789"));
        assert!(ask(&mut memo, b"123456789"));
    }
}
