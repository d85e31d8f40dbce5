//! XMPP: two XML streams (RFC 6120). A unit ends with a tag.

use super::unit::{Guess, Unit};
use crate::report::Starttls;

/// Whether a client begins like this.
pub(super) fn begins(first: &[u8]) -> Guess {
    Guess::words(first, &[b"<?xml ", b"<stream:stream "])
}

/// Up to the end of a tag, of either side.
pub(super) fn unit(bytes: &[u8]) -> Unit {
    match bytes.iter().position(|byte| *byte == b'>') {
        None => Unit::More,
        Some(end) => Unit::Whole {
            len: end + 1,
            asks: is_starttls(bytes.get(..end).unwrap_or_default()).then_some(Starttls::Xmpp),
        },
    }
}

/// Whether this is a tag of the element `starttls`, its first or its last.
fn is_starttls(tag: &[u8]) -> bool {
    let tag = tag.trim_ascii_start();
    [b"<starttls".as_slice(), b"</starttls"]
        .iter()
        .any(|word| tag.starts_with(word))
}
