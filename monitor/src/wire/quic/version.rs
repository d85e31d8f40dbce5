//! Versions of QUIC, and what differs between them for someone who watches.

use std::fmt;

/// A version of QUIC as sent, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(pub u32);

/// What kind of packet a long header introduces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
}

/// The labels of the keys' derivation (RFC 9001 section 5.1, RFC 9369 section 3.3.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels {
    pub(super) key: &'static [u8],
    pub(super) iv: &'static [u8],
    pub(super) hp: &'static [u8],
}

/// RFC 9001 section 5.2; also of drafts 33 and 34.
const SALT_V1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
];
/// RFC 9369 section 3.3.1.
const SALT_V2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb,
    0xf9, 0xbd, 0x2e, 0xd9,
];
/// draft-ietf-quic-tls-29 section 5.2, until draft 32.
const SALT_DRAFT_29: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
    0x43, 0x90, 0xa8, 0x99,
];

/// draft-ietf-quic-tls-23 section 5.2, until draft 28.
const SALT_DRAFT_23: [u8; 20] = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65,
    0xbe, 0xf9, 0xf5, 0x02,
];

impl Version {
    /// mvfst's own, as of draft 27.
    const MVFST: Self = Self(0xface_b002);
    /// QUIC version 2 while it was a draft (IANA registry QUIC Versions).
    const V2_DRAFT: Self = Self(0x709a_50c4);
    /// QUIC version 1 (RFC 9000).
    pub const V1: Self = Self(1);
    /// QUIC version 2 (RFC 9369).
    pub const V2: Self = Self(0x6b33_43cf);
    /// Stands for Version Negotiation (RFC 8999 section 6).
    pub const NEGOTIATION: Self = Self(0);

    /// Its packets can be read.
    pub const fn is_known(self) -> bool {
        self.salt().is_some()
    }

    /// The number of the draft of version 1 that this stands for.
    pub const fn draft(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0xff, 0, 0, draft] => Some(draft),
            _ => None,
        }
    }

    /// One that Google spoke before the RFC, as in `Q046`: its number is that text.
    fn google(self) -> Option<[char; 4]> {
        let letters = self.0.to_be_bytes();
        let is_one = matches!(
            letters,
            [b'Q' | b'T', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9']
        );
        is_one.then(|| letters.map(char::from))
    }

    /// A value that means nothing on purpose (RFC 9000 section 15).
    const fn is_grease(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }

    /// The salt of its Initial secrets.
    pub(super) const fn salt(self) -> Option<&'static [u8; 20]> {
        match (self, self.draft()) {
            (Self::V1, _) | (_, Some(33 | 34)) => Some(&SALT_V1),
            (Self::V2, _) => Some(&SALT_V2),
            (_, Some(29..=32)) => Some(&SALT_DRAFT_29),
            (Self::MVFST, _) | (_, Some(27 | 28)) => Some(&SALT_DRAFT_23),
            _ => None,
        }
    }

    pub(super) const fn labels(self) -> Labels {
        match self {
            Self::V2 => Labels {
                key: b"quicv2 key",
                iv: b"quicv2 iv",
                hp: b"quicv2 hp",
            },
            _ => Labels {
                key: b"quic key",
                iv: b"quic iv",
                hp: b"quic hp",
            },
        }
    }

    /// The kind of packet that the first byte of a long header names (RFC 9000 section 17.2, RFC 9369 section 3.2).
    pub(super) const fn kind(self, first: u8) -> Kind {
        let bits = first >> 4 & 3;
        let v1 = match self {
            Self::V2 => bits.wrapping_sub(1) & 3,
            _ => bits,
        };
        match v1 {
            0 => Kind::Initial,
            1 => Kind::ZeroRtt,
            2 => Kind::Handshake,
            _ => Kind::Retry,
        }
    }
}

impl fmt::Display for Version {
    /// `QUICv1`, `QUICv2`, `QUIC draft 29`, `Google QUIC Q046`, `GREASE`, and hexadecimal for the unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.draft()) {
            (Self::V1, _) => f.write_str("QUICv1"),
            (Self::V2, _) => f.write_str("QUICv2"),
            (Self::V2_DRAFT, _) => f.write_str("QUICv2 draft"),
            (Self::MVFST, _) => f.write_str("mvfst draft 27"),
            (_, Some(draft)) => write!(f, "QUIC draft {draft}"),
            (version, None) if version.is_grease() => f.write_str("GREASE"),
            (version, None) => match version.google() {
                Some([kind, a, b, c]) => write!(f, "Google QUIC {kind}{a}{b}{c}"),
                None => write!(f, "{:#010x}", version.0),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_versions_have_names_and_others_are_numbers() {
        for (version, shown) in [
            (0x0000_0001, "QUICv1"),
            (0x6b33_43cf, "QUICv2"),
            (0x709a_50c4, "QUICv2 draft"),
            (0xff00_001d, "QUIC draft 29"),
            (0x5130_3433, "Google QUIC Q043"),
            (0x5130_3436, "Google QUIC Q046"),
            (0x5430_3531, "Google QUIC T051"),
            (0xface_b002, "mvfst draft 27"),
            (0x1a2a_3a4a, "GREASE"),
            (0x1234_5678, "0x12345678"),
        ] {
            assert_eq!(Version(version).to_string(), shown);
        }
    }
}
