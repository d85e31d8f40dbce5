//! What a TLS 1.3 cipher suite makes of a message: how long its Finished is, and what encryption adds to it.

/// Bytes before the content of a handshake message.
const MESSAGE_HEADER: u16 = 4;
/// The byte behind the content that tells its real type (RFC 8446 section 5.2).
const CONTENT_TYPE: u16 = 1;

/// The sizes that a TLS 1.3 cipher suite fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSizes {
    hash: u16,
    tag: u16,
}

impl RecordSizes {
    /// `None` for a suite that is not known to be one of TLS 1.3 (RFC 8446 appendix B.4, RFC 8998, RFC 9150, and the AEGIS
    /// suites of draft-irtf-cfrg-aegis-aead).
    pub const fn of(suite: u16) -> Option<Self> {
        let (hash, tag) = match suite {
            0x1301 | 0x1303 | 0x1304 | 0x1307 | 0x00c6 | 0x00c7 => (32, 16),
            0x1302 => (48, 16),
            0x1305 => (32, 8),
            0x1306 => (64, 16),
            0xc0b4 => (32, 32),
            0xc0b5 => (48, 48),
            _ => return None,
        };
        Some(Self { hash, tag })
    }

    /// The body of a record that holds `content` bytes without padding.
    pub const fn of_content(self, content: u16) -> u16 {
        content
            .saturating_add(CONTENT_TYPE)
            .saturating_add(self.tag)
    }

    /// The body of a record that holds a handshake message of `body` bytes, and nothing else.
    pub const fn of_message(self, body: u16) -> u16 {
        self.of_content(body.saturating_add(MESSAGE_HEADER))
    }

    /// A Finished message.
    pub const fn finished(self) -> u16 {
        self.hash.saturating_add(MESSAGE_HEADER)
    }

    /// The body of a record that holds Finished, and nothing else.
    pub const fn of_finished(self) -> u16 {
        self.of_content(self.finished())
    }

    /// The body of a record that holds an alert.
    pub const fn of_alert(self) -> u16 {
        self.of_content(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_wire() {
        let sizes = |suite| RecordSizes::of(suite).map(|s| (s.of_finished(), s.of_alert()));
        assert_eq!(sizes(0x1301), Some((53, 19)));
        assert_eq!(sizes(0x1302), Some((69, 19)));
        assert_eq!(sizes(0x1305), Some((45, 11)));
        assert_eq!(sizes(0xc02f), None);
    }
}
