//! Makes a Frame of each record.
//!
//! Offloads show the hooks packets of 64 KB, and of more with BIG TCP. Their pieces become what the device would have
//! sent: packets of their own, each with its sequence number and length, so that everything after this sees ordinary
//! ones. A UDP packet that holds several datagrams comes as these.

use monitor_common::abi::{PIECE_BYTES, RecordHead};

use crate::frame::{Direction, Frame, InterfaceId, Timestamp};

#[cfg(test)]
mod tests;

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
        if piece.is_datagram() {
            piece.rewrite_udp(&mut self.buffer);
        } else {
            piece.rewrite_tcp(&mut self.buffer);
        }
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

    const fn is_datagram(&self) -> bool {
        self.head.flags & RecordHead::DATAGRAM != 0
    }

    const fn is_whole_packet(&self) -> bool {
        self.is_first()
            && !self.is_followed()
            && !self.is_datagram()
            && self.head.wire_len <= LENGTH_MOST
    }

    /// Which of the packets that the device makes of this one.
    fn ordinal(&self) -> u16 {
        if self.is_datagram() {
            return self.head.flags >> RecordHead::ORDINAL_SHIFT;
        }
        u16::try_from(self.head.piece_offset / PIECE_BYTES).unwrap_or_default()
    }

    /// Bytes on the wire: of its own where another piece follows, else with what the kernel left out.
    const fn wire_len(&self) -> u32 {
        if self.is_whole_packet() || self.is_datagram() {
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

    /// A length of zero says what the field cannot: as long as the capture tells. So it is where the kernel left out the
    /// end of a packet of BIG TCP.
    fn rewrite_ip(&self, packet: &mut [u8]) {
        let length = u16::try_from(self.wire_len()).unwrap_or_default();
        match packet.first().map(|first| first >> 4) {
            Some(4) => {
                put(packet, 2, &length.to_be_bytes());
                let id = short(packet, 4).wrapping_add(self.ordinal());
                put(packet, 4, &id.to_be_bytes());
                rewrite_checksum(packet, usize::from(self.head.network_len));
            }
            Some(6) => put(packet, 4, &length.saturating_sub(40).to_be_bytes()),
            _ => {}
        }
    }

    fn rewrite_udp(&self, packet: &mut [u8]) {
        let length = u32::from(self.head.header_len.saturating_sub(self.head.network_len));
        let length = u16::try_from(length + self.head.payload_len).unwrap_or_default();
        let udp = usize::from(self.head.network_len);
        put(packet, udp + 4, &length.to_be_bytes());
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
