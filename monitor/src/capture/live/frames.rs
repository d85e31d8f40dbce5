//! Makes a Frame of each record.
//!
//! Offloads show the hooks packets of up to 64 KB. Their pieces become what the device would have sent: packets of
//! their own, each with its sequence number and length, so that everything after this sees ordinary ones.

use monitor_common::abi::{PIECE_BYTES, RecordHead};

use crate::frame::{Direction, Frame, InterfaceId, Timestamp};

/// The most that an IP length field can say.
const LENGTH_MOST: u32 = u16::MAX as u32;

/// FIN and PSH belong to the last packet that a large one is cut into.
const LAST_ONLY: u8 = 0x01 | 0x08;
/// SYN and CWR belong to the first.
const FIRST_ONLY: u8 = 0x02 | 0x80;

/// Makes Frames; keeps the buffer in which headers are rewritten.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    buffer: Vec<u8>,
}

impl Cutter {
    /// The frame of a record: `bytes` are the headers and the piece.
    pub(super) fn frame<'a>(
        &'a mut self,
        head: &RecordHead,
        bytes: &'a [u8],
        time: Timestamp,
    ) -> Frame<'a> {
        let piece = Piece::new(head);
        let network = if piece.is_whole_packet() {
            bytes
        } else {
            self.rewrite(&piece, bytes)
        };
        Frame {
            time,
            interface: InterfaceId(head.interface),
            direction: direction(head),
            wire_len: piece.wire_len(),
            network,
        }
    }

    fn rewrite(&mut self, piece: &Piece<'_>, bytes: &[u8]) -> &[u8] {
        self.buffer.clear();
        self.buffer.extend_from_slice(bytes);
        piece.rewrite_ip(&mut self.buffer);
        piece.rewrite_tcp(&mut self.buffer);
        &self.buffer
    }
}

const fn direction(head: &RecordHead) -> Direction {
    if head.flags & RecordHead::EGRESS != 0 {
        Direction::Egress
    } else {
        Direction::Ingress
    }
}

/// A record that may be a part of a packet.
struct Piece<'a> {
    head: &'a RecordHead,
}

impl<'a> Piece<'a> {
    const fn new(head: &'a RecordHead) -> Self {
        Self { head }
    }

    const fn is_followed(&self) -> bool {
        self.head.flags & RecordHead::MORE != 0
    }

    const fn is_first(&self) -> bool {
        self.head.piece_offset == 0
    }

    const fn is_whole_packet(&self) -> bool {
        self.is_first() && !self.is_followed() && self.head.wire_len <= LENGTH_MOST
    }

    /// Bytes on the wire: of its own where another piece follows, else with what the kernel left out.
    const fn wire_len(&self) -> u32 {
        if self.is_whole_packet() {
            return self.head.wire_len;
        }
        let rest = self.head.payload_len.saturating_sub(self.head.piece_offset);
        let payload = if self.is_followed() {
            self.head.piece_len as u32
        } else {
            rest
        };
        payload + self.head.header_len as u32
    }

    fn rewrite_ip(&self, packet: &mut [u8]) {
        let length = u16::try_from(self.wire_len()).unwrap_or(u16::MAX);
        match packet.first().map(|first| first >> 4) {
            Some(4) => {
                put(packet, 2, &length.to_be_bytes());
                let ordinal =
                    u16::try_from(self.head.piece_offset / PIECE_BYTES).unwrap_or_default();
                let id = short(packet, 4).wrapping_add(ordinal);
                put(packet, 4, &id.to_be_bytes());
                rewrite_checksum(packet, usize::from(self.head.network_len));
            }
            Some(6) => put(packet, 4, &length.saturating_sub(40).to_be_bytes()),
            _ => {}
        }
    }

    fn rewrite_tcp(&self, packet: &mut [u8]) {
        let tcp = usize::from(self.head.network_len);
        let Some(sequence) = packet
            .get(tcp + 4..)
            .and_then(|rest| rest.first_chunk::<4>())
        else {
            return;
        };
        // A SYN takes one sequence number before its data.
        let syn = packet.get(tcp + 13).is_some_and(|flags| flags & 0x02 != 0) && !self.is_first();
        let sequence = u32::from_be_bytes(*sequence)
            .wrapping_add(self.head.piece_offset)
            .wrapping_add(u32::from(syn));
        put(packet, tcp + 4, &sequence.to_be_bytes());
        if let Some(flags) = packet.get_mut(tcp + 13) {
            *flags &= if self.is_followed() { !LAST_ONLY } else { !0 };
            *flags &= if self.is_first() { !0 } else { !FIRST_ONLY };
        }
    }
}

/// The header checksum of IPv4 (RFC 791 section 3.1).
fn rewrite_checksum(packet: &mut [u8], header_len: usize) {
    put(packet, 10, &[0, 0]);
    let words = packet
        .get(..header_len)
        .unwrap_or_default()
        .chunks_exact(2)
        .filter_map(|pair| pair.first_chunk::<2>());
    let mut sum: u32 = words.map(|pair| u32::from(u16::from_be_bytes(*pair))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let checksum = !u16::try_from(sum).unwrap_or_default();
    put(packet, 10, &checksum.to_be_bytes());
}

fn short(packet: &[u8], at: usize) -> u16 {
    packet
        .get(at..)
        .and_then(|rest| rest.first_chunk::<2>())
        .map_or(0, |bytes| u16::from_be_bytes(*bytes))
}

fn put(packet: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = packet
        .get_mut(at..)
        .and_then(|rest| rest.get_mut(..bytes.len()))
    {
        place.copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: [u8; 20] = [
        0x45, 0, 0x20, 0x28, 0, 9, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    const TCP: [u8; 20] = [
        1, 187, 200, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0x50, 0x19, 1, 0, 0, 0, 0, 0,
    ];

    fn head(piece_offset: u32, piece_len: u16, flags: u16, network_len: u16) -> RecordHead {
        RecordHead {
            time: 0,
            interface: 2,
            wire_len: u32::from(network_len) + 20 + 8192,
            payload_len: 8192,
            piece_offset,
            piece_len,
            header_len: network_len + 20,
            network_len,
            flags,
        }
    }

    fn cut(head: &RecordHead, ip: &[u8]) -> (u32, Vec<u8>) {
        let bytes = [ip, &TCP, &vec![7; usize::from(head.piece_len)]].concat();
        let mut cutter = Cutter::default();
        let frame = cutter.frame(head, &bytes, Timestamp(1));
        (frame.wire_len, frame.network.to_vec())
    }

    #[test]
    fn the_first_piece_keeps_its_number_and_loses_fin_and_psh() {
        let (wire_len, packet) = cut(&head(0, 4096, RecordHead::MORE, 20), &V4);
        assert_eq!((wire_len, packet.len()), (4136, 4136));
        assert_eq!(packet[2..4], 4136_u16.to_be_bytes());
        assert_eq!((&packet[24..28], packet[33]), (&[0xff; 4][..], 0x10));
    }

    #[test]
    fn a_later_piece_is_a_packet_of_its_own_with_a_valid_header_checksum() {
        let (wire_len, packet) = cut(&head(4096, 4096, 0, 20), &V4);
        assert_eq!(wire_len, 4136);
        assert_eq!(short(&packet, 4), 10);
        assert_eq!(
            (&packet[24..28], packet[33]),
            (&4095_u32.to_be_bytes()[..], 0x19)
        );
        let sum: u32 = packet[..20]
            .chunks(2)
            .map(|pair| u32::from(short(pair, 0)))
            .sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
    }

    #[test]
    fn a_last_piece_that_the_kernel_cut_says_how_long_it_was_on_the_wire() {
        let (wire_len, packet) = cut(&head(4096, 100, 0, 20), &V4);
        assert_eq!((wire_len, packet.len()), (4136, 140));
        assert_eq!(packet[2..4], 4136_u16.to_be_bytes());
    }

    #[test]
    fn a_piece_of_ipv6_gets_its_own_payload_length() {
        let mut ip = [0; 40];
        ip[0] = 0x60;
        let (wire_len, packet) = cut(&head(4096, 4096, RecordHead::MORE, 40), &ip);
        assert_eq!((wire_len, short(&packet, 4)), (4156, 4116));
    }

    #[test]
    fn a_whole_packet_is_passed_on_as_it_is() {
        let head = RecordHead {
            payload_len: 100,
            wire_len: 140,
            ..head(0, 100, 0, 20)
        };
        let (wire_len, packet) = cut(&head, &V4);
        assert_eq!((wire_len, &packet[..20]), (140, &V4[..]));
    }
}
