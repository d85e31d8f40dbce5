//! PostgreSQL: the client asks before its start-up message (protocol 3.0, "SSL Session Encryption").

use super::unit::{Guess, Unit};
use crate::report::Starttls;

/// Length 8, code 1234.5679.
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// Length 8, code 1234.5680: asks for GSSAPI encryption first.
const GSS_REQUEST: &[u8] = &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30];

/// Whether a client that asks begins like this.
pub(super) fn begins(first: &[u8]) -> Guess {
    Guess::words(first, &[SSL_REQUEST, GSS_REQUEST])
}

/// A request. What else a client sends is its start-up message: then there is no TLS.
pub(super) fn request(bytes: &[u8]) -> Unit {
    match (
        Guess::word(bytes, SSL_REQUEST),
        Guess::word(bytes, GSS_REQUEST),
    ) {
        (Guess::Yes, _) => Unit::Whole {
            len: SSL_REQUEST.len(),
            asks: Some(Starttls::PostgreSql),
        },
        (_, Guess::Yes) => Unit::plain(GSS_REQUEST.len()),
        (Guess::More, _) | (_, Guess::More) => Unit::More,
        (Guess::No, Guess::No) => Unit::Foreign,
    }
}

/// One byte: yes (`S`, `G`) or no. An old server answers with an error message instead.
pub(super) const fn answer(bytes: &[u8]) -> Unit {
    match bytes {
        [] => Unit::More,
        [b'S' | b'N' | b'G', ..] => Unit::plain(1),
        _ => Unit::Foreign,
    }
}
