//! The pcap format: one header, then records (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html>).
//!
//! Either byte order, microseconds or nanoseconds, and the longer records of Alexey Kuznetsov's "modified" format.

use pcap_parser::pcap::{PcapHeader, parse_pcap_header};

use super::clock::Clock;
use super::interfaces::{Description, Interfaces, Record};
use super::order::Order;
use super::{Damage, MAX_RECORD, Records, Step};
use crate::frame::{Direction, FrameSink, Timestamp};

/// Microseconds, nanoseconds, modified; as they look read in little-endian order, written in either.
const MAGICS: [u32; 5] = [
    0xa1b2_c3d4,
    0xd4c3_b2a1,
    0xa1b2_3c4d,
    0x4d3c_b2a1,
    0xa1b2_cd34,
];

/// Bytes of the header of the file, and of a record.
const HEADER: usize = 24;
const RECORD: usize = 16;

/// Whether a file that starts like this is a pcap file.
pub(super) fn is_magic(head: [u8; 4]) -> bool {
    MAGICS.contains(&u32::from_le_bytes(head))
}

/// A pcap file: one interface, which the header describes.
#[derive(Default)]
pub(super) struct File {
    layout: Option<Layout>,
    interfaces: Interfaces,
}

/// How the records of a file are written.
///
/// ```text
/// seconds (4)  ticks (4)  captured (4)  original (4)  modified: more (8)  packet
/// ```
#[derive(Clone, Copy)]
struct Layout {
    order: Order,
    /// Bytes between a record's header and its packet.
    more: usize,
    nanos_per_tick: u64,
}

impl Records for File {
    fn take(&mut self, bytes: &[u8], sink: &mut impl FrameSink) -> Result<Step, Damage> {
        match self.layout {
            Some(layout) => self.take_records(layout, bytes, sink),
            None if bytes.len() < HEADER => Ok(Step::Needs(HEADER)),
            None => self.take_header(bytes, sink),
        }
    }
}

impl File {
    fn take_header(&mut self, bytes: &[u8], sink: &mut impl FrameSink) -> Result<Step, Damage> {
        let Ok((_, header)) = parse_pcap_header(bytes) else {
            return Err(Damage::Malformed("the header is not a pcap header"));
        };
        self.layout = Some(Layout::of(&header));
        let what = Description {
            name: None,
            link_type: link_type(&header),
            snaplen: header.snaplen,
            clock: Clock::MICROSECONDS,
        };
        self.interfaces.add(&what, sink);
        Ok(Step::Took(HEADER))
    }

    /// Takes all records that are at hand.
    fn take_records(
        &mut self,
        layout: Layout,
        bytes: &[u8],
        sink: &mut impl FrameSink,
    ) -> Result<Step, Damage> {
        let mut rest = bytes;
        while let Some((record, behind)) = layout.split(rest) {
            self.interfaces.deliver(0, &record, sink);
            rest = behind;
            if !sink.wants_more() {
                break;
            }
        }
        match bytes.len() - rest.len() {
            0 => layout.needs(bytes),
            taken => Ok(Step::Took(taken)),
        }
    }
}

/// Only the lower half is the link type; above it there may be the length of a frame check sequence.
fn link_type(header: &PcapHeader) -> u16 {
    let [low, high, ..] = header.network.0.to_le_bytes();
    u16::from_le_bytes([low, high])
}

impl Layout {
    fn of(header: &PcapHeader) -> Self {
        let order = if header.is_bigendian() {
            Order::Big
        } else {
            Order::Little
        };
        let nanos_per_tick = if header.is_nanosecond_precision() {
            1
        } else {
            1_000
        };
        Self {
            order,
            more: if header.is_modified_format() { 8 } else { 0 },
            nanos_per_tick,
        }
    }

    /// The first record, and what is behind it; `None` where it is not all there.
    fn split(self, bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
        let (head, rest) = bytes.split_first_chunk::<RECORD>()?;
        let captured = usize::try_from(self.order.u32(head, 8)?).ok()?;
        let (packet, behind) = rest.get(self.more..)?.split_at_checked(captured)?;
        let seconds = u64::from(self.order.u32(head, 0)?) * 1_000_000_000;
        let ticks = u64::from(self.order.u32(head, 4)?) * self.nanos_per_tick;
        let record = Record {
            time: Timestamp(seconds + ticks),
            direction: Direction::Unknown,
            original: self.order.u32(head, 12)?,
            bytes: packet,
        };
        Some((record, behind))
    }

    /// How many bytes the first record takes; where its header is not all there, how many that does.
    fn needs(self, bytes: &[u8]) -> Result<Step, Damage> {
        let head = RECORD + self.more;
        let captured = self.order.u32(bytes, 8).filter(|_| bytes.len() >= head);
        let captured = usize::try_from(captured.unwrap_or(0)).unwrap_or(usize::MAX);
        let whole = head.saturating_add(captured);
        if whole > MAX_RECORD {
            return Err(Damage::TooLarge(whole as u64));
        }
        Ok(Step::Needs(whole))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::capture::pcap::build::{MICROSECONDS, MODIFIED, NANOSECONDS, RAW, packets, pcap};
    use crate::capture::pcap::order::Order;
    use crate::capture::pcap::seen::read_whole;
    use crate::frame::Direction;
    use crate::wire::build::ethernet;

    #[rstest]
    #[case::microseconds(MICROSECONDS, [7_000_001_000, 7_000_002_000])]
    #[case::nanoseconds(NANOSECONDS, [7_000_000_001, 7_000_000_002])]
    fn the_magic_tells_the_unit_of_time(
        #[values(Order::Little, Order::Big)] order: Order,
        #[case] magic: u32,
        #[case] times: [u64; 2],
    ) {
        let file = pcap(order, magic, RAW, &packets(2));
        assert_eq!(read_whole(&file).times(), times);
    }

    #[test]
    fn records_of_the_modified_format_are_longer() {
        let file = pcap(Order::Little, MODIFIED, RAW, &packets(2));
        assert_eq!(read_whole(&file).times(), [7_000_001_000, 7_000_002_000]);
    }

    #[test]
    fn the_link_header_comes_off_and_out_of_the_length() {
        let packet = packets(1).remove(0);
        let mut file = pcap(Order::Little, MICROSECONDS, 1, &[ethernet(0x0800, &packet)]);
        // The original length: the capture kept only a part of the packet.
        file[24 + 12..24 + 16].copy_from_slice(&1_514_u32.to_le_bytes());
        let frame = read_whole(&file).frames.remove(0);
        assert_eq!((frame.network, frame.wire_len), (packet, 1_500));
        assert_eq!((frame.interface, frame.direction), (0, Direction::Unknown));
    }

    #[test]
    fn an_original_length_below_the_captured_one_is_not_believed() {
        let packet = packets(1).remove(0);
        let mut file = pcap(
            Order::Little,
            MICROSECONDS,
            RAW,
            std::slice::from_ref(&packet),
        );
        file[24 + 12..24 + 16].copy_from_slice(&1_u32.to_le_bytes());
        assert_eq!(read_whole(&file).frames[0].wire_len as usize, packet.len());
    }

    #[test]
    fn the_length_of_a_check_sequence_is_no_part_of_the_link_type() {
        let mut file = pcap(Order::Little, MICROSECONDS, RAW, &packets(1));
        file[23] = 0x24;
        assert_eq!(read_whole(&file).frames.len(), 1);
    }

    #[test]
    fn packets_of_a_link_type_that_cannot_be_read_are_counted() {
        let file = pcap(Order::Little, MICROSECONDS, 127, &packets(3));
        let seen = read_whole(&file);
        assert!(seen.frames.is_empty());
        assert_eq!(seen.lost["unsupported_link_type"], 3);
    }

    #[test]
    fn what_is_not_ip_goes_by_and_what_is_cut_in_its_link_header_is_counted() {
        let frames = [ethernet(0x0806, b"who has"), vec![0; 13]];
        let file = pcap(Order::Little, MICROSECONDS, 1, &frames);
        let seen = read_whole(&file);
        assert!(seen.frames.is_empty());
        assert_eq!(
            seen.lost.into_iter().collect::<Vec<_>>(),
            [("truncated", 1)]
        );
    }

    #[test]
    fn the_interfaces_that_cooked_packets_name_are_told_apart() {
        let cooked = |index: u8, packet_type: u8| {
            let header = [0x08, 0, 0, 0, 0, 0, 0, index, 0, 1, packet_type, 6];
            [&header, [0; 8].as_slice(), &packets(1)[0]].concat()
        };
        let frames = [cooked(2, 0), cooked(7, 4), cooked(2, 4)];
        let file = pcap(Order::Little, MICROSECONDS, 276, &frames);
        let seen = read_whole(&file);
        assert_eq!(seen.names(), ["any", "if2", "if7"]);
        assert_eq!(seen.places(), [1, 2, 1]);
        let directions: Vec<_> = seen.frames.iter().map(|frame| frame.direction).collect();
        assert_eq!(
            directions,
            [Direction::Ingress, Direction::Egress, Direction::Egress]
        );
    }
}
