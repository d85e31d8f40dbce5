//! The pieces that a dialogue is made of, and which dialogues there are.

use super::{connect, ldap, lines, mysql, postgresql, xmpp};
use crate::flow::Side;
use crate::report::Starttls;

/// What comes next in a dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Its end has not come yet.
    More,
    /// It has this many bytes, of which some may be still to come.
    Whole {
        len: usize,
        /// The client asks for TLS with it.
        asks: Option<Starttls>,
    },
    /// This protocol has no such unit.
    Foreign,
}

impl Unit {
    pub(super) const fn plain(len: usize) -> Self {
        Self::Whole { len, asks: None }
    }
}

/// Whether bytes are the beginning of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// They may become it.
    More,
    Yes,
    No,
}

impl Guess {
    /// Whether `bytes` begin with `word`, in letters of either case.
    pub(super) fn word(bytes: &[u8], word: &[u8]) -> Self {
        match bytes.get(..word.len()) {
            Some(first) if first.eq_ignore_ascii_case(word) => Self::Yes,
            None if word
                .get(..bytes.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(bytes)) =>
            {
                Self::More
            }
            _ => Self::No,
        }
    }

    /// Whether `bytes` begin with any of these words.
    pub(super) fn words(bytes: &[u8], words: &[&[u8]]) -> Self {
        let guesses = words.iter().map(|word| Self::word(bytes, word));
        guesses.fold(Self::No, Self::or)
    }

    /// Either of two.
    pub(super) const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::More, _) | (_, Self::More) => Self::More,
            (Self::No, Self::No) => Self::No,
        }
    }
}

/// Whether a TLS record begins here: a handshake or an alert. In no text does a line begin with such a byte.
pub(super) const fn begins_tls(bytes: &[u8]) -> Guess {
    match bytes {
        [] | [21 | 22] => Guess::More,
        [21 | 22, 3, ..] => Guess::Yes,
        _ => Guess::No,
    }
}

/// It cannot be told yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NeedMore;

/// A kind of dialogue in which TLS can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialogue {
    /// Commands and answers in lines: SMTP, IMAP, POP3, FTP.
    Lines,
    Xmpp,
    Ldap,
    PostgreSql,
    MySql,
    Connect,
}

impl Dialogue {
    const ALL: [Self; 6] = [
        Self::Lines,
        Self::Xmpp,
        Self::Ldap,
        Self::PostgreSql,
        Self::MySql,
        Self::Connect,
    ];

    /// The dialogue that a client begins with these bytes, if any.
    pub(super) fn guess(first: &[u8]) -> Result<Option<Self>, NeedMore> {
        let mut more = false;
        for dialogue in Self::ALL {
            match dialogue.begins(first) {
                Guess::Yes => return Ok(Some(dialogue)),
                Guess::More => more = true,
                Guess::No => {}
            }
        }
        if more { Err(NeedMore) } else { Ok(None) }
    }

    fn begins(self, first: &[u8]) -> Guess {
        match self {
            Self::Lines => lines::begins(first),
            Self::Xmpp => xmpp::begins(first),
            Self::Ldap => ldap::begins(first),
            Self::PostgreSql => postgresql::begins(first),
            Self::MySql => mysql::begins(first),
            Self::Connect => connect::begins(first),
        }
    }

    /// The unit at the beginning of these bytes of one side.
    pub(super) fn unit(self, side: Side, bytes: &[u8]) -> Unit {
        match (self, side) {
            (Self::Lines, _) => lines::unit(bytes),
            (Self::Xmpp, _) => xmpp::unit(bytes),
            (Self::Ldap, _) => ldap::unit(bytes),
            (Self::PostgreSql, Side::Client) => postgresql::request(bytes),
            (Self::PostgreSql, Side::Server) => postgresql::answer(bytes),
            (Self::MySql, Side::Client) => mysql::request(bytes),
            (Self::MySql, Side::Server) => mysql::greeting(bytes),
            (Self::Connect, Side::Client) => connect::request(bytes),
            (Self::Connect, Side::Server) => connect::answer(bytes),
        }
    }
}
