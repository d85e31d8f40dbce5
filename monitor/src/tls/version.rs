//! Protocol versions, and the values that mean nothing on purpose.

use std::fmt;

use crate::label::shown;

/// A protocol version as sent (RFC 8446 section 4.2.1), known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

impl Version {
    /// SSL 2.0, which only its own ClientHello format can name.
    pub const SSL2_0: Self = Self(0x0002);
    /// SSL 3.0 (RFC 6101).
    pub const SSL3_0: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLS1_0: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLS1_1: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS1_3: Self = Self(0x0304);

    /// The number of the TLS 1.3 draft that this stands for (`0x7f12` is draft 18).
    pub const fn draft(self) -> Option<u8> {
        let [high, low] = self.0.to_be_bytes();
        if high == 0x7f { Some(low) } else { None }
    }

    /// TLS 1.3 or one of its drafts: everything after the ServerHello is encrypted.
    pub const fn is_tls13(self) -> bool {
        self.0 == Self::TLS1_3.0 || self.draft().is_some()
    }

    /// A value that means nothing on purpose (RFC 8701).
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }

    /// The name of a version that is not a draft.
    const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x0002 => "SSL2.0",
            0x0300 => "SSL3.0",
            0x0301 => "TLS1.0",
            0x0302 => "TLS1.1",
            0x0303 => "TLS1.2",
            0x0304 => "TLS1.3",
            0xfefd => "DTLS1.2",
            0xfeff => "DTLS1.0",
            value if is_grease(value) => "GREASE",
            _ => return None,
        })
    }
}

impl fmt::Display for Version {
    /// `TLS1.2`, `SSL3.0`, `TLS1.3-draft-18`, `GREASE`, and hexadecimal for the unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.draft()) {
            (Some(name), _) => f.pad(name),
            (None, Some(draft)) => write!(f, "TLS1.3-draft-{draft}"),
            (None, None) => write!(f, "{:#06x}", self.0),
        }
    }
}

shown!(Version);

/// Whether `value` is one of the sixteen values that peers send to see that unknown ones are ignored: 0x0a0a, 0x1a1a to
/// 0xfafa (RFC 8701 section 2).
pub const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value == value.swap_bytes()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0x0304, "TLS1.3")]
    #[case(0x0300, "SSL3.0")]
    #[case(0x7f1c, "TLS1.3-draft-28")]
    #[case(0x7a7a, "GREASE")]
    #[case(0x0305, "0x0305")]
    #[case(0x7a8a, "0x7a8a")]
    fn a_version_prints_as(#[case] value: u16, #[case] text: &str) {
        assert_eq!(Version(value).to_string(), text);
    }

    #[test]
    fn there_are_sixteen_grease_values() {
        assert_eq!((0..=u16::MAX).filter(|&value| is_grease(value)).count(), 16);
    }

    #[test]
    fn drafts_count_as_tls_1_3() {
        assert!(Version(0x7f17).is_tls13());
        assert!(!Version::TLS1_2.is_tls13());
    }
}
