//! UDP datagrams (RFC 768).

use super::{Unreadable, bytes};

const HEADER: u32 = 8;

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// The captured bytes of the payload.
    pub payload: &'a [u8],
    /// How many bytes the payload had on the wire: more than `payload` holds when the capture cut it.
    pub payload_len: u32,
}

/// Reads a datagram that had `wire_len` bytes for it in the IP packet, of which `captured` were captured.
pub(super) fn decode(captured: &[u8], wire_len: u32) -> Result<Datagram<'_>, Unreadable> {
    if wire_len < HEADER {
        return Err(Unreadable::Malformed);
    }
    let header: &[u8; HEADER as usize] = captured.first_chunk().ok_or(Unreadable::Truncated)?;
    let length = match u16::from_be_bytes([header[4], header[5]]) {
        0 => wire_len, // Past 64 KiB (RFC 2675, section 4).
        length => u32::from(length),
    };
    if length < HEADER || length > wire_len {
        return Err(Unreadable::Malformed);
    }
    let payload_len = length.saturating_sub(HEADER);
    Ok(Datagram {
        source_port: u16::from_be_bytes([header[0], header[1]]),
        destination_port: u16::from_be_bytes([header[2], header[3]]),
        payload: bytes::first(bytes::after(captured, HEADER), payload_len),
        payload_len,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::wire::build::udp;

    #[test]
    fn fields_are_read_from_their_places() {
        let bytes = udp(b"quic");
        let datagram = decode(&bytes, 12).unwrap();
        assert_eq!(
            (datagram.source_port, datagram.destination_port),
            (40_000, 443)
        );
        assert_eq!(
            (datagram.payload, datagram.payload_len),
            (b"quic".as_slice(), 4)
        );
    }

    #[rstest]
    #[case::all_of_a_jumbogram(0, b"quic++".as_slice())]
    #[case::what_its_length_covers(12, b"quic".as_slice())]
    #[case::nothing(8, b"".as_slice())]
    fn the_length_field_says_what_is_payload(#[case] length: u8, #[case] payload: &[u8]) {
        let mut bytes = udp(b"quic++");
        bytes[5] = length;
        assert_eq!(decode(&bytes, 14).unwrap().payload, payload);
    }

    #[rstest]
    #[case::shorter_than_the_header(7)]
    #[case::longer_than_the_packet(13)]
    fn contradictions_are_malformed(#[case] length: u8) {
        let mut bytes = udp(b"quic");
        bytes[5] = length;
        assert_eq!(decode(&bytes, 12), Err(Unreadable::Malformed));
    }
}
