//! The interfaces of a capture, and the last step of a packet: its link header comes off and it becomes a Frame.

use hashbrown::HashMap;

use super::clock::Clock;
use super::names::Names;
use crate::frame::{Direction, Frame, FrameSink, InterfaceId, Timestamp};
use crate::wire::Unreadable;
use crate::wire::link::{self, Link, LinkType};

/// Where the losses that are counted here happened.
pub(super) const PLACE: &str = "capture";

/// No host has more interfaces; a file that claims so is not given the memory.
pub(super) const MAX_INTERFACES: usize = 65_536;

/// An interface as the capture describes it.
pub(super) struct Interface {
    id: InterfaceId,
    /// `None` where the capture uses a link type that cannot be read.
    link_type: Option<LinkType>,
    /// How it counts time.
    pub(super) clock: Clock,
    /// No more bytes than this were kept of a packet.
    pub(super) snaplen: u32,
    /// How many packets its own statistics have said were dropped.
    pub(super) dropped: u64,
}

/// A packet as a record of a capture gives it.
pub(super) struct Record<'a> {
    pub(super) time: Timestamp,
    pub(super) direction: Direction,
    /// How many bytes it had before the capture cut it, link header included.
    pub(super) original: u32,
    pub(super) bytes: &'a [u8],
}

/// What a capture says about an interface.
pub(super) struct Description<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) link_type: u16,
    pub(super) snaplen: u32,
    pub(super) clock: Clock,
}

impl Description<'_> {
    /// It says something, but not in a way that can be read.
    pub(super) const UNREADABLE: Self = Self {
        name: None,
        link_type: u16::MAX,
        snaplen: 0,
        clock: Clock::MICROSECONDS,
    };
}

/// All interfaces of a capture.
#[derive(Default)]
pub(super) struct Interfaces {
    /// Those of the current section, as its packets count them.
    current: Vec<Interface>,
    names: Names,
    /// The interfaces that packets themselves name, by the kernel's index.
    by_index: HashMap<u32, InterfaceId>,
}

impl Interfaces {
    /// A new section counts its interfaces from zero again. One whose name is known stays the same interface.
    pub(super) fn start_section(&mut self) {
        self.current.clear();
        self.names.start_section();
    }

    /// Adds the next interface and says its name.
    pub(super) fn add(&mut self, what: &Description<'_>, sink: &mut impl FrameSink) {
        let link_type = LinkType::from_number(what.link_type);
        let unnamed = match link_type {
            Some(LinkType::Cooked | LinkType::Cooked2) => "any".to_owned(),
            _ => format!("if{}", self.current.len()),
        };
        let name = what
            .name
            .filter(|name| !name.is_empty())
            .unwrap_or(&unnamed);
        if link_type.is_none() {
            tracing::warn!(
                interface = name,
                link_type = what.link_type,
                "packets of this link type cannot be read"
            );
        }
        let id = self.names.identify(name, sink);
        self.current.push(Interface {
            id,
            link_type,
            clock: what.clock,
            snaplen: what.snaplen,
            dropped: 0,
        });
    }

    /// Whether there are as many as can be.
    pub(super) fn is_full(&self) -> bool {
        self.current.len() >= MAX_INTERFACES
    }

    /// The interface that the current section calls by this number.
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Interface> {
        self.current.get_mut(usize::try_from(number).ok()?)
    }

    /// Hands a packet on as a Frame. What is not IP goes by; what should be and cannot be read is a loss.
    #[inline]
    pub(super) fn deliver(&mut self, number: u32, record: &Record<'_>, sink: &mut impl FrameSink) {
        let Some(interface) = self.get_mut(number) else {
            return sink.lost(PLACE, "unknown_interface", 1);
        };
        let Some(link_type) = interface.link_type else {
            return sink.lost(PLACE, "unsupported_link_type", 1);
        };
        let id = interface.id;
        match link::network(link_type, record.bytes) {
            Ok(link) => {
                let id = link
                    .interface
                    .map_or(id, |index| self.by_index(index, sink));
                hand_on(id, record, link, sink);
            }
            Err(Unreadable::NotIp) => (),
            Err(reason) => sink.lost(PLACE, reason.label(), 1),
        }
    }

    /// The interface with this index on the host that captured: the name is all that the capture lacks.
    fn by_index(&mut self, index: u32, sink: &mut impl FrameSink) -> InterfaceId {
        if let Some(id) = self.by_index.get(&index) {
            return *id;
        }
        let id = self.names.identify(&format!("if{index}"), sink);
        if self.by_index.len() < MAX_INTERFACES {
            self.by_index.insert(index, id);
        }
        id
    }
}

fn hand_on(interface: InterfaceId, record: &Record<'_>, link: Link, sink: &mut impl FrameSink) {
    let captured = u32::try_from(record.bytes.len()).unwrap_or(u32::MAX);
    let header = u32::try_from(link.offset).unwrap_or(u32::MAX);
    let direction = match record.direction {
        Direction::Unknown => link.direction,
        said => said,
    };
    sink.frame(Frame {
        time: record.time,
        interface,
        direction,
        // Some programs write an original length that is shorter than what they captured.
        wire_len: record.original.max(captured).saturating_sub(header),
        network: record.bytes.get(link.offset..).unwrap_or_default(),
    });
}
