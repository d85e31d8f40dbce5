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
    fn take(&mut self, bytes: &[u8], sink: &mut impl FrameSink) -> Result<Step, Damage> {
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
    fn take_block(&mut self, block: &Block<'_>, sink: &mut impl FrameSink) -> Option<()> {
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

    fn deliver(&mut self, packet: &Packet<'_>, sink: &mut impl FrameSink) {
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

    fn describe(&mut self, block: &Block<'_>, sink: &mut impl FrameSink) -> Option<()> {
        if self.interfaces.is_full() {
            return None;
        }
        let parsed = match self.order {
            Order::Little => parse_interfacedescriptionblock_le(block.whole),
            Order::Big => parse_interfacedescriptionblock_be(block.whole),
        };
        let Ok((_, interface)) = parsed else {
            // The numbers of those that follow count this one too.
            self.interfaces.add(&Description::UNREADABLE, sink);
            return None;
        };
        let what = Description {
            name: interface.if_name().and_then(Result::ok),
            link_type: u16::try_from(interface.linktype.0).unwrap_or(u16::MAX),
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
    fn statistics(&mut self, block: &Block<'_>, sink: &mut impl FrameSink) -> Option<()> {
        let (_, said) = match self.order {
            Order::Little => parse_interfacestatisticsblock_le(block.whole),
            Order::Big => parse_interfacestatisticsblock_be(block.whole),
        }
        .ok()?;
        if let Some(until) = self.ended(&said) {
            sink.tick(until);
        }
        let dropped = self.dropped(&said);
        let interface = self.interfaces.get_mut(said.if_id)?;
        let news = dropped.saturating_sub(interface.dropped);
        interface.dropped += news;
        if news > 0 {
            sink.lost(PLACE, "dropped_by_recorder", news);
        }
        Some(())
    }

    /// When the capture of an interface ended, where that is behind all packets: until then nothing else passed.
    fn ended(&mut self, said: &InterfaceStatisticsBlock<'_>) -> Option<Timestamp> {
        let is_end = |option: &&PcapNGOption<'_>| option.code == OptionCode::IsbEndTime;
        let value = said.options.iter().find(is_end)?.as_bytes().ok()?;
        let (high, low) = (self.order.u32(value, 0)?, self.order.u32(value, 4)?);
        let ticks = u64::from(high) << 32 | u64::from(low);
        let ended = self.interfaces.get_mut(said.if_id)?.clock.time(ticks);
        let is_behind = ended > self.last && self.last != Timestamp::default();
        is_behind.then_some(ended)
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::capture::pcap::ReadError;
    use crate::capture::pcap::build::{PcapNg, RAW, packets, write_u64};
    use crate::capture::pcap::order::Order;
    use crate::capture::pcap::seen::{read, read_whole};
    use crate::frame::Direction;

    #[rstest]
    fn interfaces_keep_their_names_and_their_own_clocks(
        #[values(Order::Little, Order::Big)] order: Order,
    ) {
        let packets = packets(3);
        let file = PcapNg::new(order)
            .named("eth0")
            .interface(RAW, |body| {
                body.option(2, b"veth1").option(9, &[9]).option(14, &[]);
            })
            .interface(RAW, |body| {
                body.option(9, &[0]).u16(14).u16(8);
                write_u64(body, 100);
            })
            .enhanced(1, 5, &packets[0])
            .enhanced(0, 5, &packets[1])
            .enhanced(2, 5, &packets[2]);
        let seen = read_whole(&file.into_bytes());
        assert_eq!(seen.names(), ["eth0", "veth1", "if2"]);
        assert_eq!(seen.places(), [1, 0, 2]);
        assert_eq!(seen.times(), [5, 5_000, 105_000_000_000]);
    }

    #[rstest]
    fn all_three_blocks_that_hold_packets_are_read(
        #[values(Order::Little, Order::Big)] order: Order,
    ) {
        let packets = packets(3);
        let file = PcapNg::new(order)
            .named("eth0")
            .enhanced(0, 1 << 33, &packets[0])
            .obsolete(0, 0, 1 << 34, &packets[1])
            .simple(9_000, &packets[2]);
        let seen = read_whole(&file.into_bytes());
        assert_eq!(seen.packets()[..2], packets[..2]);
        assert!(seen.frames[2].network.starts_with(&packets[2]));
        assert_eq!(seen.frames[2].wire_len, 9_000);
        // A simple packet block has no time: that of the packet before stands in.
        let (first, second) = ((1 << 33) * 1_000, (1 << 34) * 1_000);
        assert_eq!(seen.times(), [first, second, second]);
    }

    #[test]
    fn padding_is_no_part_of_a_simple_packet() {
        let packet = packets(1).remove(0);
        let odd = &packet[..packet.len() - 1];
        let file = PcapNg::new(Order::Little)
            .named("eth0")
            .simple(u32::try_from(odd.len()).unwrap(), odd);
        assert_eq!(read_whole(&file.into_bytes()).packets(), [odd]);
    }

    #[rstest]
    #[case::inbound(1, Direction::Ingress)]
    #[case::outbound(2, Direction::Egress)]
    #[case::not_said(0, Direction::Unknown)]
    #[case::other_bits(0xfe, Direction::Egress)]
    fn flags_say_the_direction(
        #[values(Order::Little, Order::Big)] order: Order,
        #[case] flags: u32,
        #[case] direction: Direction,
    ) {
        let packet = packets(1).remove(0);
        let file = PcapNg::new(order)
            .named("eth0")
            .enhanced_with(0, 0, &packet, |body| {
                body.option(1, b"a comment")
                    .u16(2)
                    .u16(4)
                    .u32(flags)
                    .option(0, &[]);
            });
        assert_eq!(
            read_whole(&file.into_bytes()).frames[0].direction,
            direction
        );
    }

    #[rstest]
    fn what_the_recorder_dropped_is_a_loss(#[values(Order::Little, Order::Big)] order: Order) {
        let packet = packets(1).remove(0);
        let file = PcapNg::new(order)
            .named("eth0")
            .obsolete(0, 3, 0, &packet)
            .obsolete(0, u16::MAX, 0, &packet)
            .enhanced_with(0, 0, &packet, |body| {
                body.u16(4).u16(8);
                write_u64(body, 20);
            })
            .statistics(0, [100, 50])
            .statistics(0, [400, 50]);
        let seen = read_whole(&file.into_bytes());
        assert_eq!(seen.lost["dropped_by_recorder"], 3 + 20 + 450);
        assert_eq!(seen.frames.len(), 3);
    }

    #[test]
    fn sections_count_their_interfaces_anew_and_names_join_them() {
        let packet = packets(1).remove(0);
        let file = PcapNg::new(Order::Little)
            .named("eth0")
            .named("eth1")
            .enhanced(1, 1, &packet)
            .section_in(Order::Big)
            .named("eth1")
            .named("eth2")
            .enhanced(0, 2, &packet)
            .enhanced(1, 3, &packet);
        let seen = read_whole(&file.into_bytes());
        assert_eq!(seen.names(), ["eth0", "eth1", "eth2"]);
        assert_eq!(seen.places(), [1, 1, 2]);
    }

    #[test]
    fn two_interfaces_of_one_section_stay_two_though_they_share_a_name() {
        let packet = packets(1).remove(0);
        let both = |file: PcapNg| {
            file.named("eth0")
                .named("eth0")
                .enhanced(0, 1, &packet)
                .enhanced(1, 2, &packet)
        };
        let file = both(both(PcapNg::new(Order::Little)).section());
        let seen = read_whole(&file.into_bytes());
        assert_eq!(seen.names(), ["eth0", "eth0"]);
        assert_eq!(seen.places(), [0, 1, 0, 1]);
    }

    #[test]
    fn blocks_that_make_no_sense_are_counted_and_stepped_over() {
        let packet = packets(1).remove(0);
        let file = PcapNg::new(Order::Little)
            .block(1, |body| {
                body.u32(1);
            })
            .named("eth1")
            .block(6, |body| {
                body.u32(0).u32(0).u32(0).u32(4_000).u32(4_000);
            })
            .enhanced(9, 0, &packet)
            .enhanced(1, 0, &packet);
        let seen = read_whole(&file.into_bytes());
        assert_eq!(seen.packets(), [packet]);
        assert_eq!(seen.names(), ["if0", "eth1"]);
        let lost: Vec<_> = seen.lost.into_iter().collect();
        assert_eq!(lost, [("malformed_block", 2), ("unknown_interface", 1)]);
    }

    #[rstest]
    #[case::unequal(28 + 24 - 1, "the two lengths of a block differ")]
    #[case::not_a_length(28 + 4, "not the length of a block")]
    #[case::byte_order(8, "a section header of no known byte order")]
    fn where_the_next_block_starts_must_be_sure(#[case] at: usize, #[case] reason: &str) {
        let mut file = PcapNg::new(Order::Little)
            .interface(RAW, |body| {
                body.u32(0);
            })
            .into_bytes();
        file[at] ^= 0x42;
        let (_, result) = read(&file);
        match result {
            Err(ReadError::Damaged { reason: said, .. }) => assert_eq!(said, reason),
            other => panic!("{other:?}"),
        }
    }
}
