//! What the first bytes of a datagram say (RFC 8999, RFC 9000 section 17, RFC 9369 section 3.2).

use super::shape::Start;

/// The long header bit of the first byte.
const LONG: u8 = 0x80;
/// The fixed bit: 1 in all packets of versions 1 and 2 but Version Negotiation.
const FIXED: u8 = 0x40;

/// Stands for Version Negotiation.
const NEGOTIATION: u32 = 0;
const V1: u32 = 1;
const V2: u32 = 0x6b33_43cf;
const MVFST: u32 = 0xface_b002;
/// The drafts of version 1 that user space can open.
const DRAFTS: core::ops::RangeInclusive<u32> = 0xff00_001b..=0xff00_0022;

impl Start {
    /// Reads the first byte and the version behind it.
    #[inline(always)]
    pub(super) const fn of_datagram(bytes: [u8; 6]) -> Self {
        let [first, a, b, c, d, _] = bytes;
        if first & LONG == 0 {
            return if first & FIXED == 0 {
                Self::Other
            } else {
                Self::Short
            };
        }
        let version = u32::from_be_bytes([a, b, c, d]);
        if version == NEGOTIATION {
            return Self::Long;
        }
        if first & FIXED == 0 || !is_known(version) {
            return Self::Other;
        }
        let kind = first >> 4 & 3;
        match if version == V2 {
            kind.wrapping_sub(1) & 3
        } else {
            kind
        } {
            0 => Self::Initial,
            1 => Self::Other,
            _ => Self::Long,
        }
    }
}

#[inline(always)]
const fn is_known(version: u32) -> bool {
    version == V1
        || version == V2
        || version == MVFST
        || (version >= *DRAFTS.start() && version <= *DRAFTS.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_the_packets_of_quic_from_the_rest() {
        let rows: &[(&str, [u8; 6], Start)] = &[
            ("Initial", [0xc3, 0, 0, 0, 1, 8], Start::Initial),
            ("early data", [0xd3, 0, 0, 0, 1, 8], Start::Other),
            ("Handshake", [0xe3, 0, 0, 0, 1, 8], Start::Long),
            ("Retry", [0xf3, 0, 0, 0, 1, 8], Start::Long),
            (
                "Initial of version 2",
                [0xd3, 0x6b, 0x33, 0x43, 0xcf, 8],
                Start::Initial,
            ),
            (
                "Retry of version 2",
                [0xc3, 0x6b, 0x33, 0x43, 0xcf, 8],
                Start::Long,
            ),
            (
                "early data of version 2",
                [0xe3, 0x6b, 0x33, 0x43, 0xcf, 8],
                Start::Other,
            ),
            (
                "Initial of draft 29",
                [0xc3, 0xff, 0, 0, 29, 8],
                Start::Initial,
            ),
            (
                "draft 26, which nobody can open",
                [0xc3, 0xff, 0, 0, 26, 8],
                Start::Other,
            ),
            (
                "Initial of mvfst",
                [0xc3, 0xfa, 0xce, 0xb0, 2, 8],
                Start::Initial,
            ),
            ("Version Negotiation", [0x80, 0, 0, 0, 0, 8], Start::Long),
            (
                "an unknown version",
                [0xc3, 0x1a, 0x2a, 0x3a, 0x4a, 8],
                Start::Other,
            ),
            ("no fixed bit", [0x83, 0, 0, 0, 1, 8], Start::Other),
            ("1-RTT", [0x43, 1, 2, 3, 4, 5], Start::Short),
            ("DTLS handshake", [22, 0xfe, 0xfd, 0, 0, 0], Start::Other),
            ("DNS", [0x12, 0x34, 1, 0, 0, 1], Start::Other),
        ];
        for (label, bytes, start) in rows {
            assert_eq!(Start::of_datagram(*bytes), *start, "{label}");
        }
    }
}
