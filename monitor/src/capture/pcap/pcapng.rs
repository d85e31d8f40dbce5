//! The pcapng format: sections of blocks (draft-ietf-opsawg-pcapng).
//!
//! Each block says its length before and after its body, so one that makes no sense is counted and stepped over.

use pcap_parser::PcapNGOption;
use pcap_parser::pcapng::{
    InterfaceDescriptionBlock, InterfaceStatisticsBlock, OptionCode,
    parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
    parse_interfacestatisticsblock_be, parse_interfacestatisticsblock_le, parse_sectionheaderblock,
};

use super::clock::Clock;
use super::interfaces::{Description, Interfaces, PLACE, Record};
use super::order::Order;
use super::packets::{self, Packet};
use super::{Damage, MAX_RECORD, Records, Step};
use crate::frame::{FrameSink, Timestamp};

/// The same in either byte order.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// A section header's byte-order magic, in a section that is written little-endian and in one that is not.
const MAGIC_LITTLE: &[u8] = &[0x4d, 0x3c, 0x2b, 0x1a];
const MAGIC_BIG: &[u8] = &[0x1a, 0x2b, 0x3c, 0x4d];

/// Type and length, which stand before the body.
const BEFORE: usize = 8;
/// The length again, which stands after it.
const AFTER: usize = 4;

/// Whether a file that starts like this is a pcapng file.
pub(super) fn is_magic(head: [u8; 4]) -> bool {
    u32::from_be_bytes(head) == SECTION_HEADER
}

/// A pcapng file, read as far as the current section.
#[derive(Default)]
pub(super) struct File {
    order: Order,
    interfaces: Interfaces,
    /// The time of the packet before: the best guess for one that has none.
    last: Timestamp,
}

/// A whole block, lengths and all.
struct Block<'a> {
    kind: u32,
    whole: &'a [u8],
    body: &'a [u8],
}

impl Records for File {
    fn take(&mut self, bytes: &[u8], sink: &mut dyn FrameSink) -> Result<Step, Damage> {
        if bytes.len() < BEFORE + AFTER {
            return Ok(Step::Needs(BEFORE + AFTER));
        }
        if self.order.u32(bytes, 0) == Some(SECTION_HEADER) {
            self.order = order(bytes.get(8..12))?;
        }
        let length = checked_length(self.order.u32(bytes, 4))?;
        let Some(whole) = bytes.get(..length) else {
            return Ok(Step::Needs(length));
        };
        let block = Block {
            kind: self.order.u32(whole, 0).unwrap_or_default(),
            whole,
            body: self.body(whole)?,
        };
        if self.take_block(&block, sink).is_none() {
            sink.lost(PLACE, "malformed_block", 1);
        }
        Ok(Step::Took(length))
    }
}

fn order(magic: Option<&[u8]>) -> Result<Order, Damage> {
    match magic {
        Some(MAGIC_LITTLE) => Ok(Order::Little),
        Some(MAGIC_BIG) => Ok(Order::Big),
        _ => Err(Damage::Malformed("a section header of no known byte order")),
    }
}

fn checked_length(length: Option<u32>) -> Result<usize, Damage> {
    match length.map_or(0, |length| length as usize) {
        length if length > MAX_RECORD => Err(Damage::TooLarge(length as u64)),
        length if length >= BEFORE + AFTER && length.is_multiple_of(4) => Ok(length),
        _ => Err(Damage::Malformed("not the length of a block")),
    }
}

impl File {
    /// What stands between the two lengths of a block, which must agree.
    fn body<'a>(&self, whole: &'a [u8]) -> Result<&'a [u8], Damage> {
        let end = whole.len().saturating_sub(AFTER);
        if self.order.u32(whole, end).map(|length| length as usize) != Some(whole.len()) {
            return Err(Damage::Malformed("the two lengths of a block differ"));
        }
        Ok(whole.get(BEFORE..end).unwrap_or_default())
    }

    /// `None` where the block makes no sense.
    fn take_block(&mut self, block: &Block<'_>, sink: &mut dyn FrameSink) -> Option<()> {
        match block.kind {
            ENHANCED_PACKET => {
                let packet = packets::enhanced(self.order, block.body)?;
                self.deliver(&packet, sink);
            }
            OBSOLETE_PACKET => {
                let packet = packets::obsolete(self.order, block.body)?;
                self.deliver(&packet, sink);
            }
            SIMPLE_PACKET => {
                let snaplen = self.interfaces.get_mut(0).map_or(0, |it| it.snaplen);
                let packet = packets::simple(self.order, block.body, snaplen)?;
                self.deliver(&packet, sink);
            }
            INTERFACE_DESCRIPTION => self.describe(block, sink)?,
            INTERFACE_STATISTICS => self.statistics(block, sink)?,
            SECTION_HEADER => {
                parse_sectionheaderblock(block.whole).ok()?;
                self.interfaces.start_section();
            }
            // Names, secrets, comments, other programs' own: nothing that is needed.
            _ => (),
        }
        Some(())
    }

    fn deliver(&mut self, packet: &Packet<'_>, sink: &mut dyn FrameSink) {
        if packet.dropped > 0 {
            sink.lost(PLACE, "dropped_by_recorder", packet.dropped);
        }
        let interface = self.interfaces.get_mut(packet.interface);
        if let (Some(interface), Some(ticks)) = (interface, packet.ticks) {
            self.last = interface.clock.time(ticks);
        }
        let record = Record {
            time: self.last,
            direction: packet.direction,
            original: packet.original,
            bytes: packet.bytes,
        };
        self.interfaces.deliver(packet.interface, &record, sink);
    }

    fn describe(&mut self, block: &Block<'_>, sink: &mut dyn FrameSink) -> Option<()> {
        let (_, interface) = match self.order {
            Order::Little => parse_interfacedescriptionblock_le(block.whole),
            Order::Big => parse_interfacedescriptionblock_be(block.whole),
        }
        .ok()?;
        if self.interfaces.is_full() {
            return None;
        }
        let what = Description {
            name: interface.if_name().and_then(Result::ok),
            link_type: u16::try_from(interface.linktype.0).ok()?,
            snaplen: interface.snaplen,
            clock: self.clock(&interface),
        };
        self.interfaces.add(&what, sink);
        Some(())
    }

    /// The library reads the offset as little-endian whatever the section is.
    fn clock(&self, interface: &InterfaceDescriptionBlock<'_>) -> Clock {
        let offset = self.number(&interface.options, OptionCode::IfTsoffset);
        Clock::new(
            interface.if_tsresol,
            offset.unwrap_or_default().cast_signed(),
        )
    }

    /// Counts what the recorder says it dropped since it said so last.
    fn statistics(&mut self, block: &Block<'_>, sink: &mut dyn FrameSink) -> Option<()> {
        let (_, said) = match self.order {
            Order::Little => parse_interfacestatisticsblock_le(block.whole),
            Order::Big => parse_interfacestatisticsblock_be(block.whole),
        }
        .ok()?;
        let dropped = self.dropped(&said);
        let interface = self.interfaces.get_mut(said.if_id)?;
        let news = dropped.saturating_sub(interface.dropped);
        interface.dropped += news;
        if news > 0 {
            sink.lost(PLACE, "dropped_by_recorder", news);
        }
        Some(())
    }

    /// By the interface and by the system, since the capture began.
    fn dropped(&self, said: &InterfaceStatisticsBlock<'_>) -> u64 {
        let by_interface = self.number(&said.options, OptionCode::IsbIfDrop);
        let by_system = self.number(&said.options, OptionCode::IsbOsDrop);
        by_interface
            .unwrap_or_default()
            .saturating_add(by_system.unwrap_or_default())
    }

    fn number(&self, options: &[PcapNGOption<'_>], code: OptionCode) -> Option<u64> {
        let option = options.iter().find(|option| option.code == code)?;
        self.order.u64(option.as_bytes().ok()?)
    }
}
