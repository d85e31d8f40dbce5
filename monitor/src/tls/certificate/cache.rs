//! What was read of certificates lately: a server sends the same to everybody.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::Chain;
use crate::tls::ServerName;

/// How many messages are remembered before the older half is forgotten.
const GENERATION: usize = 128;
/// The longest message that is remembered, in bytes. Two generations of the longest take 4 MB.
const LONGEST: usize = 16 * 1024;

/// Reads Certificate messages, each but once while it keeps coming.
///
/// A message and the name that was asked for tell all that a [`Chain`] says, and both are compared byte for byte.
#[derive(Debug, Default)]
pub struct Certificates {
    hasher: DefaultHashBuilder,
    recent: HashTable<Entry>,
    /// Those that were recent before; what is asked for again becomes recent again.
    older: HashTable<Entry>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    body: Box<[u8]>,
    asked: Option<ServerName>,
    /// `None`: it cannot be read.
    chain: Option<Arc<Chain>>,
}

impl Certificates {
    /// What the body of a Certificate message of TLS 1.2 or before says to a client that asked for this name. `None` when it
    /// cannot be read.
    pub fn read(&mut self, body: &[u8], asked: Option<&ServerName>) -> Option<Arc<Chain>> {
        let hash = self.hasher.hash_one((body, asked));
        let is_it = |entry: &Entry| *entry.body == *body && entry.asked.as_ref() == asked;
        if let Some(entry) = self.recent.find(hash, is_it) {
            return entry.chain.clone();
        }
        let entry = match self.older.find_entry(hash, is_it) {
            Ok(found) => found.remove().0,
            Err(_) => Entry {
                hash,
                body: body.into(),
                asked: asked.cloned(),
                chain: Chain::read(body, asked).ok().map(Arc::new),
            },
        };
        let chain = entry.chain.clone();
        if body.len() <= LONGEST {
            self.remember(entry);
        }
        chain
    }

    fn remember(&mut self, entry: Entry) {
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

    /// A Certificate message with one certificate of one byte.
    fn message(byte: u8) -> [u8; 7] {
        [0, 0, 4, 0, 0, 1, byte]
    }

    #[test]
    fn the_same_message_is_read_once_and_another_by_itself() {
        let mut certificates = Certificates::default();
        let first = certificates.read(&message(1), None).unwrap();
        let again = certificates.read(&message(1), None).unwrap();
        let other = certificates.read(&message(2), None).unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        assert_ne!(first.leaf.fingerprint, other.leaf.fingerprint);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_keeps_coming_stays() {
        let mut certificates = Certificates::default();
        let first = certificates.read(&message(0), None).unwrap();
        for _round in 0..4 {
            for byte in 0..=255 {
                certificates.read(&message(byte), None);
                certificates.read(&message(0), None);
            }
        }
        assert!(certificates.recent.len() + certificates.older.len() <= 2 * GENERATION);
        assert!(Arc::ptr_eq(
            &first,
            &certificates.read(&message(0), None).unwrap()
        ));
    }

    #[test]
    fn what_cannot_be_read_gives_nothing() {
        assert_eq!(Certificates::default().read(&[0, 0], None), None);
    }
}
