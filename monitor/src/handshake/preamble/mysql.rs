//! MySQL and MariaDB: the server greets, the client asks in the place of its answer.
//!
//! A packet has three bytes of length, least first, and one of sequence.

use super::unit::{Guess, Unit};
use crate::report::Starttls;

/// A packet's header.
const HEADER: usize = 4;
/// SSLRequest: capabilities, the longest packet, a character set, filler. It is the connection's second packet.
const SSL_REQUEST: &[u8] = &[32, 0, 0, 1];
/// CLIENT_SSL, in the second byte of the capabilities.
const CLIENT_SSL: u8 = 0x08;

/// Whether a client that asks begins like this.
pub(super) fn begins(first: &[u8]) -> Guess {
    match (Guess::word(first, SSL_REQUEST), first.get(HEADER + 1)) {
        (Guess::Yes, None) => Guess::More,
        (Guess::Yes, Some(capabilities)) if capabilities & CLIENT_SSL == 0 => Guess::No,
        (guess, _) => guess,
    }
}

/// The request.
pub(super) fn request(bytes: &[u8]) -> Unit {
    match begins(bytes) {
        Guess::More => Unit::More,
        Guess::No => Unit::Foreign,
        Guess::Yes => Unit::Whole {
            len: HEADER + 32,
            asks: Some(Starttls::MySql),
        },
    }
}

/// The server's greeting, or its error.
pub(super) fn greeting(bytes: &[u8]) -> Unit {
    match *bytes {
        [a, b, 0, 0, ..] => Unit::plain(HEADER + usize::from(u16::from_le_bytes([a, b]))),
        [] | [_] | [_, _] | [_, _, 0] => Unit::More,
        _ => Unit::Foreign,
    }
}
