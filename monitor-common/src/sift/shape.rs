//! What the first bytes of a segment or datagram say.

/// What a payload begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A handshake record with a ClientHello or ServerHello.
    Hello,
    /// A ChangeCipherSpec record.
    CipherChange,
    /// An ApplicationData record.
    Sealed,
    /// An Initial packet of QUIC, of a version that user space can open.
    Initial,
    /// Another packet with a long header of QUIC, but early data.
    Long,
    /// A 1-RTT packet of QUIC, as far as its first byte says.
    Short,
    /// Anything else, or too little to say.
    Other,
}

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// The longest record of plain text (RFC 8446 section 5.1).
const PLAIN_MOST: u16 = 1 << 14;
/// The longest record of cipher text of any version (RFC 5246 section 6.2.3).
const CIPHER_MOST: u16 = (1 << 14) + 2048;

impl Start {
    /// Reads a record header and the byte behind it (RFC 8446 section 5.1).
    #[inline(always)]
    pub(super) const fn of(bytes: [u8; 6]) -> Self {
        let [kind, major, minor, length_high, length_low, message] = bytes;
        let length = u16::from_be_bytes([length_high, length_low]);
        if major != 3 || minor > 4 {
            return Self::Other;
        }
        match kind {
            HANDSHAKE
                if (message == CLIENT_HELLO || message == SERVER_HELLO)
                    && length >= 1
                    && length <= PLAIN_MOST =>
            {
                Self::Hello
            }
            CHANGE_CIPHER_SPEC if length == 1 => Self::CipherChange,
            APPLICATION_DATA if length >= 1 && length <= CIPHER_MOST => Self::Sealed,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_hellos_and_protected_records_from_the_rest() {
        let rows: &[(&str, [u8; 6], Start)] = &[
            ("ClientHello", [22, 3, 1, 2, 0, 1], Start::Hello),
            ("ServerHello", [22, 3, 3, 0, 80, 2], Start::Hello),
            (
                "ClientHello in a record of one byte",
                [22, 3, 1, 0, 1, 1],
                Start::Hello,
            ),
            ("Certificate", [22, 3, 3, 2, 0, 11], Start::Other),
            (
                "a hello longer than a record may be",
                [22, 3, 1, 0x40, 1, 1],
                Start::Other,
            ),
            (
                "an empty handshake record",
                [22, 3, 1, 0, 0, 1],
                Start::Other,
            ),
            (
                "an unknown major version",
                [22, 4, 1, 2, 0, 1],
                Start::Other,
            ),
            (
                "an unknown minor version",
                [22, 3, 5, 2, 0, 1],
                Start::Other,
            ),
            ("ChangeCipherSpec", [20, 3, 3, 0, 1, 1], Start::CipherChange),
            (
                "ChangeCipherSpec of two bytes",
                [20, 3, 3, 0, 2, 1],
                Start::Other,
            ),
            ("ApplicationData", [23, 3, 3, 0x40, 0x11, 0], Start::Sealed),
            (
                "ApplicationData that is too long",
                [23, 3, 3, 0x48, 1, 0],
                Start::Other,
            ),
            ("alert", [21, 3, 3, 0, 2, 2], Start::Other),
            ("HTTP", *b"GET / ", Start::Other),
        ];
        for (label, bytes, start) in rows {
            assert_eq!(Start::of(*bytes), *start, "{label}");
        }
    }
}
