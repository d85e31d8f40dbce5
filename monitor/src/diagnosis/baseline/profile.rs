//! What an endpoint negotiates.

use arrayvec::ArrayVec;

use super::palette::{Bit, Palette};
use crate::tls::Version;

/// The longest name of an application protocol that is told apart, in bytes.
const LONGEST_PROTOCOL: usize = 24;

/// The name of an application protocol (RFC 7301), as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Protocol(ArrayVec<u8, LONGEST_PROTOCOL>);

impl PartialEq<[u8]> for Protocol {
    fn eq(&self, other: &[u8]) -> bool {
        self.0[..] == *other
    }
}

impl From<&[u8]> for Protocol {
    fn from(name: &[u8]) -> Self {
        Self(name.iter().copied().take(LONGEST_PROTOCOL).collect())
    }
}

/// A code point, as a palette wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code(u16);

impl PartialEq<u16> for Code {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl From<&u16> for Code {
    fn from(code: &u16) -> Self {
        Self(*code)
    }
}

/// What a server chose, as far as that is in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen<'a> {
    pub(super) version: Version,
    pub(super) suite: u16,
    /// Of the key share (TLS 1.3) or of ServerKeyExchange.
    pub(super) group: Option<u16>,
    /// Of ServerKeyExchange (TLS 1.2).
    pub(super) scheme: Option<u16>,
    /// TLS 1.2 and before.
    pub(super) alpn: Option<&'a [u8]>,
}

/// Bits that stand for what was negotiated, by the lists of [`Choices`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    suites: u32,
    groups: u16,
    schemes: u16,
    versions: u8,
    alpn: u8,
    /// Something was negotiated that found no room on its list.
    unlisted: bool,
}

impl Marks {
    /// Both together.
    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            suites: self.suites | other.suites,
            groups: self.groups | other.groups,
            schemes: self.schemes | other.schemes,
            versions: self.versions | other.versions,
            alpn: self.alpn | other.alpn,
            unlisted: self.unlisted | other.unlisted,
        }
    }
}

/// All that an endpoint has chosen lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices {
    versions: Palette<Code, 8>,
    suites: Palette<Code, 32>,
    groups: Palette<Code, 16>,
    schemes: Palette<Code, 16>,
    alpn: Palette<Protocol, 8>,
}

impl Choices {
    /// The marks of what was chosen, and whether there is something new in it. `in_use` tells which marks still count.
    pub(super) fn mark(
        &mut self,
        chosen: &Chosen<'_>,
        in_use: impl Fn() -> Marks,
    ) -> (Marks, bool) {
        let mut marks = Marker::default();
        let version = self
            .versions
            .bit(&chosen.version.0, || in_use().versions.into());
        let suite = self.suites.bit(&chosen.suite, || in_use().suites);
        let versions = marks.take(version);
        let suites = marks.take(suite);
        let groups = chosen.group.map_or(0, |group| {
            marks.take(self.groups.bit(&group, || in_use().groups.into()))
        });
        let schemes = chosen.scheme.map_or(0, |scheme| {
            marks.take(self.schemes.bit(&scheme, || in_use().schemes.into()))
        });
        let named = chosen.alpn.filter(|name| name.len() <= LONGEST_PROTOCOL);
        let alpn = named.map_or(0, |name| {
            marks.take(self.alpn.bit(name, || in_use().alpn.into()))
        });
        let marks_found = Marks {
            suites,
            groups: low(groups),
            schemes: low(schemes),
            versions: low(versions),
            alpn: low(alpn),
            unlisted: marks.unlisted,
        };
        (marks_found, marks.is_new)
    }
}

/// The lists have no more values than the marks have bits.
fn low<T: TryFrom<u32> + Default>(bits: u32) -> T {
    T::try_from(bits).unwrap_or_default()
}

#[derive(Default)]
struct Marker {
    is_new: bool,
    unlisted: bool,
}

impl Marker {
    const fn take(&mut self, bit: Bit) -> u32 {
        match bit {
            Bit::Known(bit) => bit,
            Bit::New(bit) => {
                self.is_new = true;
                bit
            }
            Bit::None => {
                self.unlisted = true;
                0
            }
        }
    }
}

/// What was negotiated lately, at an endpoint or for one name.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a> {
    pub(super) choices: &'a Choices,
    pub(super) marks: Marks,
    /// In how many handshakes.
    pub answered: u32,
}

impl Profile<'_> {
    /// Whether this is all that was negotiated.
    pub const fn is_whole(&self) -> bool {
        !self.marks.unlisted
    }

    /// Protocol versions.
    pub fn versions(&self) -> impl Iterator<Item = Version> {
        let bits = self.marks.versions.into();
        self.choices.versions.of(bits).map(|code| Version(code.0))
    }

    /// Cipher suites.
    pub fn suites(&self) -> impl Iterator<Item = u16> {
        self.choices.suites.of(self.marks.suites).map(|code| code.0)
    }

    /// Groups of the key exchange, where there was one.
    pub fn groups(&self) -> impl Iterator<Item = u16> {
        let bits = self.marks.groups.into();
        self.choices.groups.of(bits).map(|code| code.0)
    }

    /// Schemes that the server signed with, where they can be seen: TLS 1.2.
    pub fn schemes(&self) -> impl Iterator<Item = u16> {
        let bits = self.marks.schemes.into();
        self.choices.schemes.of(bits).map(|code| code.0)
    }

    /// Application protocols, where they can be seen: TLS 1.2 and before.
    pub fn protocols(&self) -> impl Iterator<Item = &[u8]> {
        let bits = self.marks.alpn.into();
        self.choices.alpn.of(bits).map(|name| &name.0[..])
    }
}
