//! What was read of certificates lately: a server sends the same to everybody.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Chain;
use crate::memo::Memo;
use crate::tls::ServerName;

/// The longest Certificate message, with the name that was asked for, that is remembered, in bytes.
const LONGEST: usize = 16 * 1024;

/// Reads Certificate messages, each but once while it keeps coming.
#[derive(Debug)]
pub struct Certificates {
    /// By the name that was asked for, its length before it, and the message. `None`: it cannot be read.
    chains: Memo<u8, Option<Arc<Chain>>>,
}

impl Default for Certificates {
    fn default() -> Self {
        Self {
            chains: Memo::new(LONGEST),
        }
    }
}

impl Certificates {
    /// What the body of a Certificate message of TLS 1.2 or before says to a client that asked for this name. `None` when it
    /// cannot be read.
    pub fn read(&mut self, body: &[u8], asked: Option<&ServerName>) -> Option<Arc<Chain>> {
        let name = asked.map_or(&[][..], ServerName::as_bytes);
        let whole = asked.is_some_and(ServerName::is_whole);
        let mut question: SmallVec<[u8; 4096]> = SmallVec::new();
        question.extend_from_slice(&name.len().to_be_bytes());
        question.push(u8::from(asked.is_some()) | u8::from(whole) << 1);
        question.extend_from_slice(name);
        question.extend_from_slice(body);
        self.chains
            .answer(&question, || Chain::read(body, asked).ok().map(Arc::new))
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
    fn what_cannot_be_read_gives_nothing() {
        assert_eq!(Certificates::default().read(&[0, 0], None), None);
    }
}
