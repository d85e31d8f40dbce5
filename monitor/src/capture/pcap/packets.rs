//! The pcapng blocks that hold packets, read where they lie: the library would make a list of options for each.
//!
//! ```text
//! enhanced   interface (4)             time (4+4)  captured (4)  original (4)  packet, padded  options
//! obsolete   interface (2)  drops (2)  time (4+4)  captured (4)  original (4)  packet, padded  options
//! simple                                                         original (4)  packet, padded
//! ```
//!
//! Source: draft-ietf-opsawg-pcapng, sections 4.3, 4.4 and appendix A.

use super::order::Order;
use crate::frame::Direction;

/// A packet as a block gives it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    /// Which interface of the section.
    pub(super) interface: u32,
    /// When, by the interface's clock; a simple packet block does not say.
    pub(super) ticks: Option<u64>,
    pub(super) direction: Direction,
    /// How many packets were dropped since the one before, as far as the block says.
    pub(super) dropped: u64,
    /// How many bytes it had before the capture cut it.
    pub(super) original: u32,
    pub(super) bytes: &'a [u8],
}

/// Reads the body of an enhanced packet block.
pub(super) fn enhanced(order: Order, body: &[u8]) -> Option<Packet<'_>> {
    let (mut packet, options) = with_options(order, body)?;
    packet.interface = order.u32(body, 0)?;
    for (code, value) in options {
        match code {
            EPB_FLAGS => packet.direction = direction(order.u32(value, 0)),
            EPB_DROPCOUNT => packet.dropped = order.u64(value).unwrap_or_default(),
            _ => (),
        }
    }
    Some(packet)
}

/// Reads the body of an obsolete packet block.
pub(super) fn obsolete(order: Order, body: &[u8]) -> Option<Packet<'_>> {
    let (mut packet, options) = with_options(order, body)?;
    packet.interface = u32::from(order.u16(body, 0)?);
    packet.dropped = match order.u16(body, 2)? {
        u16::MAX => 0, // Not known.
        count => u64::from(count),
    };
    for (code, value) in options {
        if code == PACK_FLAGS {
            packet.direction = direction(order.u32(value, 0));
        }
    }
    Some(packet)
}

/// Reads the body of a simple packet block: of interface 0, which kept `snaplen` bytes of a packet, or all where that is 0.
pub(super) fn simple(order: Order, body: &[u8], snaplen: u32) -> Option<Packet<'_>> {
    let original = order.u32(body, 0)?;
    let rest = body.get(4..).unwrap_or_default();
    let kept = if snaplen == 0 {
        original
    } else {
        original.min(snaplen)
    };
    Some(Packet {
        interface: 0,
        ticks: None,
        direction: Direction::Unknown,
        dropped: 0,
        original,
        bytes: rest.get(..usize::try_from(kept).ok()?).unwrap_or(rest),
    })
}

/// What enhanced and obsolete blocks have in common, and the options behind it.
fn with_options(order: Order, body: &[u8]) -> Option<(Packet<'_>, Options<'_>)> {
    let (high, low) = (order.u32(body, 4)?, order.u32(body, 8)?);
    let captured = usize::try_from(order.u32(body, 12)?).ok()?;
    let original = order.u32(body, 16)?;
    let rest = body.get(20..)?;
    let packet = Packet {
        interface: 0,
        ticks: Some(u64::from(high) << 32 | u64::from(low)),
        direction: Direction::Unknown,
        dropped: 0,
        original,
        bytes: rest.get(..captured)?,
    };
    let rest = rest.get(captured.next_multiple_of(4)..).unwrap_or_default();
    Some((packet, Options { order, rest }))
}

/// Of an obsolete packet block.
const PACK_FLAGS: u16 = 2;
/// Of an enhanced packet block.
const EPB_FLAGS: u16 = 2;
const EPB_DROPCOUNT: u16 = 4;

/// The lowest two bits of the flags.
fn direction(flags: Option<u32>) -> Direction {
    match flags.map(|flags| flags & 3) {
        Some(1) => Direction::Ingress,
        Some(2) => Direction::Egress,
        _ => Direction::Unknown,
    }
}

/// The options behind a packet: code and value.
struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16(self.rest, 0)?;
        let length = usize::from(self.order.u16(self.rest, 2)?);
        let rest = self.rest.get(4..)?;
        let value = rest.get(..length)?;
        self.rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        // Code 0 ends the options.
        (code != 0).then_some((code, value))
    }
}
