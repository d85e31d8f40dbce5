//! The flow's key and its hash: the same for both directions.

use super::found::{Place, Shape};
use super::locate::{PLAIN_V4, PLAIN_V6};
use super::{Load, Transport};
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
                Address::v6(P::quad(head, 22), P::quad(head, 30)),
                Address::v6(P::quad(head, 38), P::quad(head, 46)),
            )
        }
        Shape::V4 => {
            let source = place.network + 12;
            let load = |offset| packet.load(offset).map(u32::from_le_bytes);
            (Address::v4(load(source)?), Address::v4(load(source + 4)?))
        }
        Shape::V6 => {
            let source = place.network + 8;
            let load = |offset| packet.load(offset).map(u64::from_le_bytes);
            (
                Address::v6(load(source)?, load(source + 8)?),
                Address::v6(load(source + 16)?, load(source + 24)?),
            )
        }
    };
    Some(FlowKey::of(
        (source, place.source),
        (destination, place.destination),
        interface,
        place.transport,
    ))
}

impl FlowKey {
    /// The key of the flow between two ends, and whether `source` is the high one.
    #[inline(always)]
    #[must_use]
    pub fn of(
        source: (Address, u16),
        destination: (Address, u16),
        interface: u32,
        transport: Transport,
    ) -> (Self, bool) {
        let from_high = sorts_after(source, destination);
        let (low, high) = if from_high {
            (destination, source)
        } else {
            (source, destination)
        };
        let transport = match transport {
            Transport::Tcp => 0,
            Transport::Udp => Self::UDP,
        };
        let ports_and_interface =
            u64::from(low.1) | u64::from(high.1) << 16 | u64::from(interface) << 32 | transport;
        let (low, high) = (low.0, high.0);
        (
            Self {
                low,
                high,
                ports_and_interface,
            },
            from_high,
        )
    }

    /// A hash of the two ends, without the interface, so that a flow is sampled everywhere or nowhere.
    #[inline(always)]
    #[must_use]
    pub const fn hash(&self) -> u32 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.ports_and_interface & 0xffff_ffff;
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
