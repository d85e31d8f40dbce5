//! A tunnel through an HTTP/1 proxy (RFC 9110 section 9.3.6).

use super::lines;
use super::unit::{Guess, Unit};
use crate::report::Starttls;

const METHOD: &[u8] = b"CONNECT ";

/// Whether a client begins like this.
pub(super) fn begins(first: &[u8]) -> Guess {
    Guess::word(first, METHOD)
}

/// A request with its header fields. There may be several: the proxy may want a password first (status 407).
pub(super) fn request(bytes: &[u8]) -> Unit {
    const END: &[u8] = b"\r\n\r\n";
    match (begins(bytes), end_of(bytes, END)) {
        (Guess::No, _) => Unit::Foreign,
        (_, None) => Unit::More,
        (_, Some(len)) => Unit::Whole {
            len,
            asks: Some(Starttls::HttpConnect),
        },
    }
}

/// A line of the answer; its content, where it has any, is text.
pub(super) fn answer(bytes: &[u8]) -> Unit {
    lines::unit(bytes)
}

fn end_of(bytes: &[u8], end: &[u8]) -> Option<usize> {
    let at = bytes.windows(end.len()).position(|part| part == end)?;
    Some(at + end.len())
}
