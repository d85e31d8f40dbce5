//! The flow's key and its hash: the same for both directions.

use super::Load;
use super::locate::{PLAIN_V4, PLAIN_V6, Place, Shape};
use crate::abi::{Address, FlowKey};

/// The key of a packet's flow, and whether the packet comes from the high end; `None` where it cannot be read.
#[inline(always)]
pub(super) fn tuple<P: Load>(packet: &P, place: Place, interface: u32) -> Option<(FlowKey, bool)> {
    let (source, destination) = match place.shape {
        Shape::PlainV4 => {
            let head = packet.in_place::<PLAIN_V4>()?;
            (
                Address::v4(P::long(head, 26)),
                Address::v4(P::long(head, 30)),
            )
        }
        Shape::PlainV6 => {
            let head = packet.in_place::<PLAIN_V6>()?;
            (
                Address::v6(eight::<P>(head, 22), eight::<P>(head, 30)),
                Address::v6(eight::<P>(head, 38), eight::<P>(head, 46)),
            )
        }
        Shape::V4 => {
            let pair = packet.load::<8>(place.network + 12)?;
            (
                Address::v4([pair[0], pair[1], pair[2], pair[3]]),
                Address::v4([pair[4], pair[5], pair[6], pair[7]]),
            )
        }
        Shape::V6 => {
            let (source, destination) = (place.network + 8, place.network + 24);
            (
                Address::v6(packet.load(source)?, packet.load(source + 8)?),
                Address::v6(packet.load(destination)?, packet.load(destination + 8)?),
            )
        }
    };
    Some(FlowKey::of(
        (source, place.source),
        (destination, place.destination),
        interface,
    ))
}

#[inline(always)]
fn eight<P: Load>(head: &[u8; PLAIN_V6], at: usize) -> [u8; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (P::long(head, at), P::long(head, at + 4));
    [a, b, c, d, e, f, g, h]
}

impl FlowKey {
    /// The key of the flow between two ends, and whether `source` is the high one.
    #[inline(always)]
    #[must_use]
    pub fn of(source: (Address, u16), destination: (Address, u16), interface: u32) -> (Self, bool) {
        let from_high = sorts_after(source, destination);
        let (low, high) = if from_high {
            (destination, source)
        } else {
            (source, destination)
        };
        (
            Self {
                low: low.0,
                high: high.0,
                low_port: low.1,
                high_port: high.1,
                interface,
            },
            from_high,
        )
    }

    /// A hash of the two ends, without the interface, so that a flow is sampled everywhere or nowhere.
    #[inline(always)]
    #[must_use]
    pub const fn hash(&self) -> u32 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let ports = (self.low_port as u64) << 16 | self.high_port as u64;
        let mut mixed = ports;
        let words = [self.low.head, self.low.tail, self.high.head, self.high.tail];
        mixed = (mixed ^ words[0]).wrapping_mul(ODD);
        mixed = (mixed ^ mixed >> 29 ^ words[1]).wrapping_mul(ODD);
        mixed = (mixed ^ mixed >> 29 ^ words[2]).wrapping_mul(ODD);
        mixed = (mixed ^ mixed >> 29 ^ words[3]).wrapping_mul(ODD);
        (mixed >> 32) as u32
    }
}

#[inline(always)]
fn sorts_after(one: (Address, u16), other: (Address, u16)) -> bool {
    let ((a, a_port), (b, b_port)) = (one, other);
    if a.tail != b.tail {
        return a.tail > b.tail;
    }
    if a.head != b.head {
        return a.head > b.head;
    }
    a_port > b_port
}
