//! The record layer's headers (RFC 8446 section 5.1).

use super::malformed::Malformed;
use super::version::Version;

/// Record of type change_cipher_spec.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// Record of type alert.
pub const ALERT: u8 = 21;
/// Record of type handshake.
pub const HANDSHAKE: u8 = 22;
/// Record of type application_data.
pub const APPLICATION_DATA: u8 = 23;
/// Record of type heartbeat (RFC 6520).
pub const HEARTBEAT: u8 = 24;

/// The longest body a record may have, in bytes: 2^14 and what encryption may add to it (RFC 5246 section 6.2.3).
pub const MAX_BODY: u16 = 16_384 + 2_048;

/// Length of a record header, in bytes.
pub(super) const HEADER: usize = 5;

/// Bytes of an SSL 2.0 ClientHello that are looked at: length, message type and version (RFC 5246 appendix E.2).
const SSL2_HEAD: u16 = 5;

/// A record header that makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) content_type: u8,
    pub(super) len: u16,
}

impl Header {
    pub(super) const fn read(bytes: [u8; HEADER]) -> Result<Self, Malformed> {
        let [content_type, major, minor, high, low] = bytes;
        let len = u16::from_be_bytes([high, low]);
        match (content_type, major, minor) {
            (CHANGE_CIPHER_SPEC..=HEARTBEAT, 3, 0..=4) if len > MAX_BODY => {
                Err(Malformed::RecordLength)
            }
            (CHANGE_CIPHER_SPEC..=HEARTBEAT, 3, 0..=4) => Ok(Self { content_type, len }),
            (CHANGE_CIPHER_SPEC..=HEARTBEAT, ..) => Err(Malformed::RecordVersion),
            _ => Err(Malformed::ContentType),
        }
    }
}

/// What the first bytes of a stream turn out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// It cannot be told yet.
    More,
    /// A TLS record.
    Record(Header),
    /// A ClientHello in the format of SSL 2.0; `left` bytes of it follow the five that tell.
    Ssl2 { version: Version, left: u16 },
    /// No TLS.
    NotTls,
}

impl Opening {
    /// Judges the first bytes of a stream, as soon as they leave no doubt.
    pub(super) const fn of(first: &[u8]) -> Result<Self, Malformed> {
        match first {
            [] => Ok(Self::More),
            [kind @ CHANGE_CIPHER_SPEC..=HEARTBEAT, rest @ ..] => Self::record(*kind, rest),
            [high @ 0x80..=0xff, rest @ ..] => Ok(Self::ssl2(*high, rest)),
            _ => Ok(Self::NotTls),
        }
    }

    const fn record(kind: u8, rest: &[u8]) -> Result<Self, Malformed> {
        match *rest {
            [] | [3] | [3, 0..=4] | [3, 0..=4, _] => Ok(Self::More),
            [3, minor @ 0..=4, high, low, ..] => match Header::read([kind, 3, minor, high, low]) {
                Ok(header) => Ok(Self::Record(header)),
                Err(malformed) => Err(malformed),
            },
            _ => Ok(Self::NotTls),
        }
    }

    const fn ssl2(high: u8, rest: &[u8]) -> Self {
        match *rest {
            [] | [_] | [_, 1] | [_, 1, 0 | 3] => Self::More,
            [low, 1, major @ 0, minor @ 2, ..] | [low, 1, major @ 3, minor @ 0..=4, ..] => {
                // The length does not count itself.
                let len = u16::from_be_bytes([high & 0x7f, low]);
                let version = Version(u16::from_be_bytes([major, minor]));
                match len.checked_sub(SSL2_HEAD - 2) {
                    Some(left) => Self::Ssl2 { version, left },
                    None => Self::NotTls,
                }
            }
            _ => Self::NotTls,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_handshake_record(&[22, 3, 1, 0, 5], Opening::Record(Header { content_type: 22, len: 5 }))]
    #[case::a_stream_joined_late(&[23, 3, 3, 0, 5], Opening::Record(Header { content_type: 23, len: 5 }))]
    #[case::half_a_header(&[22, 3, 1, 0], Opening::More)]
    #[case::nothing(&[], Opening::More)]
    #[case::http(b"G", Opening::NotTls)]
    #[case::dtls(&[22, 0xfe], Opening::NotTls)]
    #[case::a_version_that_is_none(&[22, 3, 5], Opening::NotTls)]
    #[case::half_an_ssl2_hello(&[0x80, 46, 1, 3], Opening::More)]
    #[case::an_ssl2_hello_that_offers_tls_1_0(&[0x80, 46, 1, 3, 1], Opening::Ssl2 { version: Version::TLS1_0, left: 43 })]
    #[case::an_ssl2_hello_for_ssl2(&[0x80, 46, 1, 0, 2], Opening::Ssl2 { version: Version::SSL2_0, left: 43 })]
    #[case::an_ssl2_server_hello(&[0x80, 46, 4], Opening::NotTls)]
    #[case::an_ssl2_hello_shorter_than_its_head(&[0x80, 2, 1, 3, 1], Opening::NotTls)]
    fn the_first_bytes_tell(#[case] first: &[u8], #[case] opening: Opening) {
        assert_eq!(Opening::of(first), Ok(opening));
    }

    #[test]
    fn no_prefix_is_judged_otherwise_than_the_whole() {
        for whole in [&[22, 3, 1, 0, 5][..], &[0x80, 46, 1, 3, 1], b"GET /"] {
            for cut in 0..whole.len() {
                let early = Opening::of(&whole[..cut]).unwrap();
                assert!(early == Opening::More || Ok(early) == Opening::of(whole));
            }
        }
    }

    #[rstest]
    #[case([22, 3, 1, 0x48, 0x00], Ok(Header { content_type: 22, len: MAX_BODY }))]
    #[case([22, 3, 1, 0x48, 0x01], Err(Malformed::RecordLength))]
    #[case([22, 4, 1, 0, 1], Err(Malformed::RecordVersion))]
    #[case([25, 3, 1, 0, 1], Err(Malformed::ContentType))]
    fn a_header_is_checked(#[case] bytes: [u8; 5], #[case] header: Result<Header, Malformed>) {
        assert_eq!(Header::read(bytes), header);
    }
}
