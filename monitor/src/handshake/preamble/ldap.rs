//! LDAP: messages in BER (RFC 4511 section 4.1.1).

use super::unit::{Guess, Unit};
use crate::report::Starttls;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// The name of the extended request StartTLS (RFC 4511 section 4.14.1).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// The request is not longer than this, in any encoding of its lengths.
const MAX_REQUEST: usize = 64;

/// Whether a client begins like this: a sequence that begins with the number of the message.
pub(super) fn begins(first: &[u8]) -> Guess {
    match header(first) {
        Head::More => Guess::More,
        Head::Foreign => Guess::No,
        Head::Length { head, .. } => match first.get(head) {
            None => Guess::More,
            Some(&INTEGER) => Guess::Yes,
            Some(_) => Guess::No,
        },
    }
}

/// A message of either side.
pub(super) fn unit(bytes: &[u8]) -> Unit {
    let len = match header(bytes) {
        Head::More => return Unit::More,
        Head::Foreign => return Unit::Foreign,
        Head::Length { head, body } => head.saturating_add(body),
    };
    let seen = bytes.get(..len.min(bytes.len())).unwrap_or_default();
    if len <= MAX_REQUEST && seen.len() < len {
        return Unit::More;
    }
    let asked = len <= MAX_REQUEST && seen.windows(START_TLS.len()).any(|part| part == START_TLS);
    Unit::Whole {
        len,
        asks: asked.then_some(Starttls::Ldap),
    }
}

/// Tag and length.
enum Head {
    More,
    Length { head: usize, body: usize },
    Foreign,
}

/// Lengths are definite, in one byte or in up to four that follow it (ITU-T X.690 section 8.1.3).
fn header(bytes: &[u8]) -> Head {
    match *bytes {
        [] | [SEQUENCE] => Head::More,
        [SEQUENCE, short @ ..=0x7f, ..] => Head::Length {
            head: 2,
            body: short.into(),
        },
        [SEQUENCE, long @ 0x81..=0x84, ref rest @ ..] => {
            let count = usize::from(long & 0x0f);
            let Some(digits) = rest.get(..count) else {
                return Head::More;
            };
            let body = digits
                .iter()
                .fold(0_usize, |body, digit| body << 8 | usize::from(*digit));
            Head::Length {
                head: 2 + count,
                body,
            }
        }
        _ => Head::Foreign,
    }
}
