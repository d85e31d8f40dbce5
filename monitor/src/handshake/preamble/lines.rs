//! Mail, news, chat and file transfer: commands and answers in lines.

use super::unit::{Guess, Unit};
use crate::report::Starttls;

/// How a client of SMTP or LMTP (RFC 5321, RFC 2033), POP3 (RFC 2449, RFC 2595), NNTP (RFC 3977), ManageSieve (RFC 5804), IRC
/// (IRCv3 capability negotiation) or FTP (RFC 2389, RFC 4217) begins.
const FIRST_WORDS: &[&[u8]] = &[
    b"EHLO ",
    b"HELO ",
    b"LHLO ",
    b"CAPA\r",
    b"CAPABILITIES\r",
    b"CAPABILITY\r",
    b"MODE READER\r",
    b"CAP LS",
    b"STARTTLS\r",
    b"STLS\r",
    b"AUTH TLS",
    b"AUTH SSL",
    b"FEAT\r",
];
/// How a client of IMAP goes on behind its tag.
const IMAP_COMMANDS: &[&[u8]] = &[b"CAPABILITY\r", b"STARTTLS\r", b"NOOP\r", b"ID "];
/// Longer tags are nobody's.
const MAX_TAG: usize = 16;

/// Whether a client that can ask for TLS begins like this.
pub(super) fn begins(first: &[u8]) -> Guess {
    Guess::words(first, FIRST_WORDS).or(imap(first))
}

/// A tag, a space, a command (RFC 9051 section 2.2.1).
fn imap(first: &[u8]) -> Guess {
    let is_tag = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'.';
    match first.iter().position(|byte| !is_tag(byte)) {
        None if first.len() <= MAX_TAG => Guess::More,
        Some(end @ 1..=MAX_TAG) if first.get(end) == Some(&b' ') => {
            Guess::words(first.get(end + 1..).unwrap_or_default(), IMAP_COMMANDS)
        }
        _ => Guess::No,
    }
}

/// A line of either side.
pub(super) fn unit(bytes: &[u8]) -> Unit {
    match bytes.iter().position(|byte| *byte == b'\n') {
        None => Unit::More,
        Some(end) => Unit::Whole {
            len: end + 1,
            asks: asks(bytes.get(..end).unwrap_or_default()),
        },
    }
}

/// Whose `STARTTLS` it is, by the first line of the server: SMTP and others have the same word.
pub(super) fn dialect(first: &[u8]) -> Option<Starttls> {
    match first {
        [b'"', ..] => Some(Starttls::ManageSieve),
        [b':', ..] => Some(Starttls::Irc),
        // Posting allowed, or not (RFC 3977 section 5.1); or the answer to STARTTLS itself.
        [b'2', b'0', b'0' | b'1', ..] | [b'3', b'8', b'2', ..] => Some(Starttls::Nntp),
        _ => None,
    }
}

fn asks(line: &[u8]) -> Option<Starttls> {
    let line = line.trim_ascii();
    let is = |word: &[u8]| line.eq_ignore_ascii_case(word);
    let behind_tag = line.iter().position(|byte| *byte == b' ').map(|at| at + 1);
    let command = behind_tag.and_then(|at| line.get(at..)).unwrap_or_default();
    match () {
        () if is(b"STARTTLS") => Some(Starttls::Smtp),
        () if is(b"STLS") => Some(Starttls::Pop3),
        () if is(b"AUTH TLS") || is(b"AUTH SSL") => Some(Starttls::Ftp),
        () if command.eq_ignore_ascii_case(b"STARTTLS") => Some(Starttls::Imap),
        () => None,
    }
}
