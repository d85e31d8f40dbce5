//! A record in the ring: a head, the packet's headers, and a piece of its payload.
//!
//! ```text
//! | RecordHead | IP header … TCP or UDP header | payload piece |
//!   32 bytes     header_len                      piece_len
//! ```
//!
//! A TCP packet of more than [`PIECE_BYTES`] of payload (offloads make 64 KB ones) becomes several records that repeat
//! the headers and differ in `piece_offset`. A UDP packet that an offload made of several datagrams becomes a record for
//! each of them ([`RecordHead::DATAGRAM`]). Of ICMP the headers are the IP header alone.

use core::mem::offset_of;

/// The most payload bytes in one record.
pub const PIECE_BYTES: u32 = 4096;
/// The most header bytes in one record: IPv4 and TCP never have more than 120; this leaves room for extension headers.
pub const HEADER_BYTES: u32 = 256;

/// What stands before the packet bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHead {
    /// Nanoseconds of the kernel's monotonic clock.
    pub time: u64,
    /// The interface's index.
    pub interface: u32,
    /// Bytes of the whole packet from the IP header on; of one datagram where [`RecordHead::DATAGRAM`] is set.
    pub wire_len: u32,
    /// Payload bytes of the whole packet, or of the one datagram.
    pub payload_len: u32,
    /// Where in the payload this record's piece begins.
    pub piece_offset: u32,
    /// Payload bytes in this record.
    pub piece_len: u16,
    /// Header bytes in this record.
    pub header_len: u16,
    /// Bytes of the IP header with all its options and extension headers.
    pub network_len: u16,
    /// [`RecordHead::EGRESS`], [`RecordHead::MORE`], [`RecordHead::DATAGRAM`], and from [`RecordHead::ORDINAL_SHIFT`] on
    /// which of its packet's datagrams this is.
    pub flags: u16,
}

impl RecordHead {
    /// The packet left the host.
    pub const EGRESS: u16 = 1;
    /// Another record with the next piece of this packet follows.
    pub const MORE: u16 = 2;
    /// One of the datagrams that an offload made one packet of; the headers are still those of the packet.
    pub const DATAGRAM: u16 = 4;
    /// Where in `flags` the datagram's place in its packet begins, from 0 on.
    pub const ORDINAL_SHIFT: u16 = 8;
    /// Bytes of a head.
    pub const BYTES: usize = size_of::<Self>();

    /// Reads a head from the start of a record; `None` where the record is too short for what its head claims.
    #[must_use]
    pub fn split(record: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = record.split_first_chunk::<{ Self::BYTES }>()?;
        let head = Self::decode(head)?;
        let claimed = usize::from(head.header_len) + usize::from(head.piece_len);
        Some((head, rest.get(..claimed)?))
    }

    fn decode(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let mut longs = rest
            .chunks_exact(4)
            .filter_map(|c| c.first_chunk::<4>())
            .map(|c| u32::from_ne_bytes(*c));
        let mut shorts = rest
            .get(16..)?
            .chunks_exact(2)
            .filter_map(|c| c.first_chunk::<2>())
            .map(|c| u16::from_ne_bytes(*c));
        Some(Self {
            time: u64::from_ne_bytes(*time),
            interface: longs.next()?,
            wire_len: longs.next()?,
            payload_len: longs.next()?,
            piece_offset: longs.next()?,
            piece_len: shorts.next()?,
            header_len: shorts.next()?,
            network_len: shorts.next()?,
            flags: shorts.next()?,
        })
    }

    /// The head as it lies in the ring.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let longs = [
            self.interface,
            self.wire_len,
            self.payload_len,
            self.piece_offset,
        ]
        .into_iter()
        .flat_map(u32::to_ne_bytes);
        let shorts = [
            self.piece_len,
            self.header_len,
            self.network_len,
            self.flags,
        ]
        .into_iter()
        .flat_map(u16::to_ne_bytes);
        let all = self
            .time
            .to_ne_bytes()
            .into_iter()
            .chain(longs)
            .chain(shorts);
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = from;
        }
        bytes
    }
}

/// A whole record, as the kernel programs assemble it.
#[repr(C)]
pub struct Record {
    /// What stands before the packet bytes.
    pub head: RecordHead,
    /// The headers and, right behind them, the piece.
    pub bytes: [u8; (HEADER_BYTES + PIECE_BYTES) as usize],
}

const _: () = {
    assert!(RecordHead::BYTES == 32 && align_of::<RecordHead>() == 8);
    assert!(offset_of!(RecordHead, interface) == 8 && offset_of!(RecordHead, wire_len) == 12);
    assert!(
        offset_of!(RecordHead, payload_len) == 16 && offset_of!(RecordHead, piece_offset) == 20
    );
    assert!(offset_of!(RecordHead, piece_len) == 24 && offset_of!(RecordHead, header_len) == 26);
    assert!(offset_of!(RecordHead, network_len) == 28 && offset_of!(RecordHead, flags) == 30);
    assert!(size_of::<Record>() == 32 + 256 + 4096 && offset_of!(Record, bytes) == 32);
    assert!(HEADER_BYTES.is_power_of_two() && PIECE_BYTES.is_power_of_two());
};

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: RecordHead = RecordHead {
        time: 0x0102_0304_0506_0708,
        interface: 3,
        wire_len: 1500,
        payload_len: 1448,
        piece_offset: 4096,
        piece_len: 2,
        header_len: 1,
        network_len: 20,
        flags: RecordHead::EGRESS,
    };

    #[test]
    fn a_head_reads_back_as_it_was_written() {
        let mut record = HEAD.encode().to_vec();
        record.extend([9, 8, 7]);
        assert_eq!(RecordHead::split(&record), Some((HEAD, &[9, 8, 7][..])));
    }

    #[test]
    fn a_record_shorter_than_its_head_claims_is_refused_at_every_length() {
        let mut record = HEAD.encode().to_vec();
        record.extend([9, 8, 7]);
        for length in 0..record.len() {
            assert_eq!(RecordHead::split(&record[..length]), None, "{length} bytes");
        }
    }
}
