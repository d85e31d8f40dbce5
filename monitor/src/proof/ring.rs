//! The last packets, whoever they are of: a ring of bytes, and a ring of places in it that is chained by flow.
//!
//! ```text
//!  bytes    | .. newest | free | oldest .. |          a packet never wraps around: what is left at the end stays empty
//!  entries  | 40 | 41 | 42 | 35 | 36 | 37 | 38 | 39 |  numbered from 1 on, for ever
//!  heads      hash of a flow --> its newest entry --> the one before --> ...
//! ```
//!
//! Taking a packet copies its bytes and writes one entry. Finding the packets of a flow costs what that flow's chain costs.

use std::hash::{BuildHasher, Hash};

use hashbrown::DefaultHashBuilder;

use crate::flow::FlowKey;
use crate::frame::{Direction, Frame, InterfaceId, Timestamp};

/// How much a ring holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes of packets.
    pub bytes: usize,
    /// Packets.
    pub packets: usize,
}

/// The last packets.
#[derive(Debug)]
pub struct Ring {
    bytes: Box<[u8]>,
    entries: Box<[Entry]>,
    /// The number of the newest entry of each bucket of flows; 0 for none.
    heads: Box<[u64]>,
    hasher: DefaultHashBuilder,
    /// The number of the oldest entry that is whole, and of the next.
    oldest: u64,
    next: u64,
    /// Where the next packet goes.
    write: usize,
    too_large: u64,
}

/// A packet in the ring.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: FlowKey,
    time: Timestamp,
    interface: InterfaceId,
    direction: Direction,
    wire_len: u32,
    at: usize,
    len: usize,
    /// The entry before in the same bucket; 0 for none.
    before: u64,
}

impl Size {
    /// So many bytes, and as many packets as they are likely to hold.
    pub const fn of_bytes(bytes: usize) -> Self {
        // Half of a handshake's packets carry no data; the others are full.
        const USUAL: usize = 256;
        Self {
            bytes,
            packets: bytes / USUAL,
        }
    }
}

impl Ring {
    /// A ring that holds nothing yet. All its memory is taken here.
    pub fn new(size: Size, empty: FlowKey) -> Self {
        let entry = Entry {
            key: empty,
            time: Timestamp::default(),
            interface: InterfaceId::default(),
            direction: Direction::default(),
            wire_len: 0,
            at: 0,
            len: 0,
            before: 0,
        };
        let packets = size.packets.max(1);
        Self {
            bytes: vec![0; size.bytes].into(),
            entries: vec![entry; packets].into(),
            heads: vec![0; packets.next_power_of_two()].into(),
            hasher: DefaultHashBuilder::default(),
            oldest: 1,
            next: 1,
            write: 0,
            too_large: 0,
        }
    }

    /// Takes a packet of a flow. The oldest make room.
    pub fn push(&mut self, key: FlowKey, frame: &Frame<'_>) {
        let len = frame.network.len();
        if len > self.bytes.len() {
            self.too_large += 1;
            return;
        }
        let at = self.make_room(len);
        if let Some(place) = self.bytes.get_mut(at..at + len) {
            place.copy_from_slice(frame.network);
        }
        let number = self.next;
        let bucket = self.bucket(&key);
        let before = self
            .heads
            .get_mut(bucket)
            .map(|head| std::mem::replace(head, number));
        let entry = Entry {
            key,
            time: frame.time,
            interface: frame.interface,
            direction: frame.direction,
            wire_len: frame.wire_len,
            at,
            len,
            before: before.unwrap_or_default(),
        };
        let slot = self.slot(number);
        if let Some(place) = self.entries.get_mut(slot) {
            *place = entry;
        }
        self.next += 1;
        self.write = at + len;
    }

    /// The packets of a flow that passed since then, the newest first.
    pub fn of_flow(
        &self,
        key: FlowKey,
        since: Timestamp,
    ) -> impl Iterator<Item = (u64, Frame<'_>)> {
        let newest = self.heads.get(self.bucket(&key)).copied();
        let chain = std::iter::successors(newest, |number| Some(self.entry(*number)?.before));
        chain
            .map_while(|number| Some((number, self.entry(number)?)))
            .filter(move |(_, entry)| entry.key == key && entry.time >= since)
            .filter_map(|(number, entry)| Some((number, self.frame(entry)?)))
    }

    /// How many packets have been too large for it, ever.
    pub const fn too_large(&self) -> u64 {
        self.too_large
    }

    /// How many packets it holds.
    pub const fn len(&self) -> u64 {
        self.next - self.oldest
    }

    /// Whether it holds none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where `len` bytes can go, behind the newest or at the beginning: what stands there is given up.
    fn make_room(&mut self, len: usize) -> usize {
        if self.next - self.oldest >= self.entries.len() as u64 {
            self.oldest += 1;
        }
        let wraps = self.write + len > self.bytes.len();
        let at = if wraps { 0 } else { self.write };
        // What is left at the end is skipped, and what still stands there goes with it.
        let end_of_skip = if wraps { self.bytes.len() } else { 0 };
        while let Some(oldest) = self.entry(self.oldest) {
            let is_skipped = wraps && oldest.at >= self.write && oldest.at < end_of_skip;
            let is_hit = oldest.at < at + len && oldest.at + oldest.len > at;
            if !is_skipped && !is_hit {
                break;
            }
            self.oldest += 1;
        }
        at
    }

    fn frame(&self, entry: &Entry) -> Option<Frame<'_>> {
        Some(Frame {
            time: entry.time,
            interface: entry.interface,
            direction: entry.direction,
            wire_len: entry.wire_len,
            network: self.bytes.get(entry.at..entry.at + entry.len)?,
        })
    }

    /// The entry of this number, while it is whole.
    fn entry(&self, number: u64) -> Option<&Entry> {
        let is_there = self.oldest <= number && number < self.next;
        self.entries.get(self.slot(number)).filter(|_| is_there)
    }

    fn slot(&self, number: u64) -> usize {
        usize::try_from(number % self.entries.len() as u64).unwrap_or_default()
    }

    fn bucket(&self, key: &FlowKey) -> usize {
        let mut hasher = self.hasher.build_hasher();
        key.hash(&mut hasher);
        let hash = std::hash::Hasher::finish(&hasher);
        usize::try_from(hash & (self.heads.len() as u64 - 1)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flow::{Endpoint, Protocol};

    fn key(port: u16) -> FlowKey {
        let end = |last, port| Endpoint {
            address: std::net::Ipv4Addr::new(10, 0, 0, last).into(),
            port,
        };
        FlowKey::new(Protocol::Tcp, end(1, port), end(2, 443))
    }

    fn frame(time: u64, network: &[u8]) -> Frame<'_> {
        Frame {
            time: Timestamp(time),
            interface: InterfaceId(3),
            direction: Direction::Egress,
            wire_len: 1_500,
            network,
        }
    }

    fn ring(bytes: usize, packets: usize) -> Ring {
        Ring::new(Size { bytes, packets }, key(0))
    }

    #[test]
    fn a_flow_gives_its_own_packets_as_they_came_the_newest_first() {
        let mut ring = ring(1_000, 10);
        ring.push(key(1), &frame(1, b"one"));
        ring.push(key(2), &frame(2, b"other"));
        ring.push(key(1), &frame(3, b"three"));
        let found: Vec<_> = ring.of_flow(key(1), Timestamp(0)).collect();
        assert_eq!(found.len(), 2);
        let (number, newest) = found[0];
        assert_eq!(
            (number, newest.network, newest.time),
            (3, &b"three"[..], Timestamp(3))
        );
        assert_eq!(
            (newest.wire_len, newest.direction),
            (1_500, Direction::Egress)
        );
        assert_eq!(ring.of_flow(key(1), Timestamp(2)).count(), 1);
        assert_eq!(ring.of_flow(key(9), Timestamp(0)).count(), 0);
    }

    #[test]
    fn a_packet_that_is_larger_than_the_ring_is_counted() {
        let mut ring = ring(4, 10);
        ring.push(key(1), &frame(1, b"large"));
        assert_eq!((ring.len(), ring.too_large()), (0, 1));
    }

    proptest! {
        /// Whatever comes: each packet that is found has the bytes that it came with, and those that are found are the
        /// newest of its flow without a gap. The newest of all is always there.
        #[test]
        fn what_is_found_is_whole_and_the_newest(
            packets in prop::collection::vec((0_u16..5, 1_usize..40), 1..200),
            bytes in 40_usize..200,
            count in 1_usize..20,
        ) {
            let mut ring = ring(bytes, count);
            for (number, (flow, len)) in packets.iter().enumerate() {
                let fill = u8::try_from(number % 251).unwrap();
                ring.push(key(*flow), &frame(number as u64, &vec![fill; *len]));
                let newest = ring.of_flow(key(*flow), Timestamp(0)).next();
                prop_assert_eq!(newest.map(|(_, frame)| frame.time), Some(Timestamp(number as u64)));
            }
            for flow in 0..5 {
                let came: Vec<_> = packets.iter().enumerate().filter(|(_, it)| it.0 == flow).collect();
                let found: Vec<_> = ring.of_flow(key(flow), Timestamp(0)).collect();
                for ((_, frame), (number, (_, len))) in found.iter().zip(came.iter().rev()) {
                    prop_assert_eq!(frame.time, Timestamp(*number as u64));
                    prop_assert_eq!(frame.network, vec![u8::try_from(number % 251).unwrap(); *len]);
                }
            }
        }
    }
}
