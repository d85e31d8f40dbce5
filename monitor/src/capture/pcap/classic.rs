//! The pcap format: one header, then records (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-06.html>).
//!
//! Either byte order, microseconds or nanoseconds, and the longer records of Alexey Kuznetsov's "modified" format.

use pcap_parser::PcapError;
use pcap_parser::nom::{Err as Stop, IResult, Needed};
use pcap_parser::pcap::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use super::clock::Clock;
use super::interfaces::{Description, Interfaces, Record};
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

const HEADER: usize = 24;

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
#[derive(Clone, Copy)]
struct Layout {
    parse: ParseRecord,
    nanos_per_tick: u64,
}

type ParseRecord = fn(&[u8]) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>>;

impl Records for File {
    fn take(&mut self, bytes: &[u8], sink: &mut dyn FrameSink) -> Result<Step, Damage> {
        match self.layout {
            Some(layout) => self.take_record(layout, bytes, sink),
            None if bytes.len() < HEADER => Ok(Step::Needs(HEADER)),
            None => self.take_header(bytes, sink),
        }
    }
}

impl File {
    fn take_header(&mut self, bytes: &[u8], sink: &mut dyn FrameSink) -> Result<Step, Damage> {
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

    fn take_record(
        &mut self,
        layout: Layout,
        bytes: &[u8],
        sink: &mut dyn FrameSink,
    ) -> Result<Step, Damage> {
        match (layout.parse)(bytes) {
            Ok((rest, record)) => {
                self.interfaces.deliver(0, &layout.record(&record), sink);
                Ok(Step::Took(bytes.len() - rest.len()))
            }
            Err(Stop::Incomplete(needed)) => needs(bytes, needed),
            Err(_) => Err(Damage::Malformed("not a packet record")),
        }
    }
}

/// Only the lower half is the link type; above it there may be the length of a frame check sequence.
fn link_type(header: &PcapHeader) -> u16 {
    let [low, high, ..] = header.network.0.to_le_bytes();
    u16::from_le_bytes([low, high])
}

fn needs(bytes: &[u8], needed: Needed) -> Result<Step, Damage> {
    let more = match needed {
        Needed::Size(count) => count.get(),
        Needed::Unknown => 1,
    };
    let whole = bytes.len().saturating_add(more);
    if whole > MAX_RECORD {
        return Err(Damage::TooLarge(whole as u64));
    }
    Ok(Step::Needs(whole))
}

impl Layout {
    fn of(header: &PcapHeader) -> Self {
        let parse: ParseRecord = if header.is_modified_format() {
            parse_pcap_frame_modified
        } else if header.is_bigendian() {
            parse_pcap_frame_be
        } else {
            parse_pcap_frame
        };
        let nanos_per_tick = if header.is_nanosecond_precision() {
            1
        } else {
            1_000
        };
        Self {
            parse,
            nanos_per_tick,
        }
    }

    fn record<'a>(&self, record: &LegacyPcapBlock<'a>) -> Record<'a> {
        let seconds = u64::from(record.ts_sec) * 1_000_000_000;
        let rest = u64::from(record.ts_usec) * self.nanos_per_tick;
        Record {
            time: Timestamp(seconds + rest),
            direction: Direction::Unknown,
            original: record.origlen,
            bytes: record.data,
        }
    }
}
