//! TCP segments (RFC 9293, section 3.1).

use std::fmt;

use super::{Unreadable, bytes};

/// The header without options.
const FIXED: u32 = 20;

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// Sequence number of the first byte of the payload, or of SYN where that is set.
    pub seq: u32,
    /// The next sequence number that the sender expects; says something only with [`Flags::ack`].
    pub ack: u32,
    /// What the segment does.
    pub flags: Flags,
    /// How many bytes the sender would take, not scaled.
    pub window: u16,
    /// The captured bytes of the payload.
    pub payload: &'a [u8],
    /// How many bytes the payload had on the wire: more than `payload` holds when the capture cut it.
    pub payload_len: u32,
}

/// The control bits of a segment.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// The sender sends no more.
    pub const FIN: Self = Self(0x01);
    /// Opens a connection.
    pub const SYN: Self = Self(0x02);
    /// Ends the connection at once.
    pub const RST: Self = Self(0x04);
    /// The sender asks to hand over what came so far.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement number counts.
    pub const ACK: Self = Self(0x10);

    const NAMES: [(Self, &'static str); 5] = [
        (Self::SYN, "SYN"),
        (Self::FIN, "FIN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
    ];

    /// FIN is set.
    pub const fn fin(self) -> bool {
        self.has(Self::FIN)
    }

    /// SYN is set.
    pub const fn syn(self) -> bool {
        self.has(Self::SYN)
    }

    /// RST is set.
    pub const fn rst(self) -> bool {
        self.has(Self::RST)
    }

    /// PSH is set.
    pub const fn psh(self) -> bool {
        self.has(Self::PSH)
    }

    /// ACK is set.
    pub const fn ack(self) -> bool {
        self.has(Self::ACK)
    }

    const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    /// The names of the flags that are set, as in `SYN/ACK`; `none` where none is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (flag, name) in Self::NAMES {
            if self.has(flag) {
                write!(f, "{separator}{name}")?;
                separator = "/";
            }
        }
        if separator.is_empty() {
            f.write_str("none")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({self})")
    }
}

/// Reads a segment of `wire_len` bytes, of which `captured` were captured.
pub(super) fn decode(captured: &[u8], wire_len: u32) -> Result<Segment<'_>, Unreadable> {
    if wire_len < FIXED {
        return Err(Unreadable::Malformed);
    }
    let fixed: &[u8; FIXED as usize] = captured.first_chunk().ok_or(Unreadable::Truncated)?;
    let header_len = u32::from(fixed[12] >> 4) << 2;
    if header_len < FIXED || header_len > wire_len {
        return Err(Unreadable::Malformed);
    }
    Ok(Segment {
        source_port: u16::from_be_bytes([fixed[0], fixed[1]]),
        destination_port: u16::from_be_bytes([fixed[2], fixed[3]]),
        seq: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        ack: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        flags: Flags(fixed[13]),
        window: u16::from_be_bytes([fixed[14], fixed[15]]),
        payload: bytes::after(bytes::first(captured, wire_len), header_len),
        payload_len: wire_len.saturating_sub(header_len),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::wire::build::tcp;

    #[test]
    fn fields_are_read_from_their_places() {
        let bytes = tcp(Flags::PSH | Flags::ACK, 2, b"hello");
        let expected = Segment {
            source_port: 40_000,
            destination_port: 443,
            seq: 1_000,
            ack: 2_000,
            flags: Flags(0x18),
            window: 512,
            payload: b"hello",
            payload_len: 5,
        };
        assert_eq!(decode(&bytes, 33), Ok(expected));
    }

    #[test]
    fn a_segment_cut_in_its_options_still_says_how_long_its_payload_was() {
        let bytes = tcp(Flags::ACK, 3, b"hello");
        let segment = decode(&bytes[..22], 37).unwrap();
        assert_eq!((segment.payload, segment.payload_len), (b"".as_slice(), 5));
    }

    #[rstest]
    #[case::offset_too_small(0x40)]
    #[case::offset_past_the_end(0x70)]
    fn contradictions_are_malformed(#[case] offset: u8) {
        let mut bytes = tcp(Flags::ACK, 0, b"hello");
        bytes[12] = offset;
        assert_eq!(decode(&bytes, 25), Err(Unreadable::Malformed));
    }

    #[rstest]
    #[case(Flags::SYN, "SYN")]
    #[case(Flags::SYN | Flags::ACK, "SYN/ACK")]
    #[case(Flags::RST | Flags::ACK, "RST/ACK")]
    #[case(Flags(0xff), "SYN/FIN/RST/PSH/ACK")]
    #[case(Flags(0), "none")]
    fn flags_print_as_people_write_them(#[case] flags: Flags, #[case] text: &str) {
        assert_eq!(flags.to_string(), text);
        assert_eq!(format!("{flags:?}"), format!("Flags({text})"));
    }

    #[test]
    fn each_flag_is_asked_for_by_name() {
        let of = |flags: Flags| {
            [
                flags.fin(),
                flags.syn(),
                flags.rst(),
                flags.psh(),
                flags.ack(),
            ]
            .map(u8::from)
        };
        assert_eq!(of(Flags::FIN), [1, 0, 0, 0, 0]);
        assert_eq!(of(Flags::SYN), [0, 1, 0, 0, 0]);
        assert_eq!(of(Flags::RST), [0, 0, 1, 0, 0]);
        assert_eq!(of(Flags::PSH), [0, 0, 0, 1, 0]);
        assert_eq!(of(Flags::ACK), [0, 0, 0, 0, 1]);
    }
}
