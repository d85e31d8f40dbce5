//! What the sift asks of the place it runs in. The kernel answers with helpers and maps, the host with slices and tables.

use crate::abi::{Address, Config, Counter, FlowKey, FlowState, RecordHead};

/// The bytes of one packet.
pub trait Load {
    /// How long the packet is, from where it begins on this device.
    fn length(&self) -> u32;
    /// How much payload the device puts into each of the packets that it will cut this one into, or that it was put
    /// together from; 0 for a packet of its own.
    fn offload(&self) -> u32;
    /// The first `N` bytes, where they can be read in place, without copying.
    fn in_place<const N: usize>(&self) -> Option<&[u8; N]>;
    /// The big-endian number at `at` of bytes that were read in place.
    fn short<const N: usize>(bytes: &[u8; N], at: usize) -> u16;
    /// The little-endian number of four bytes at `at` of bytes that were read in place.
    fn long<const N: usize>(bytes: &[u8; N], at: usize) -> u32;
    /// The little-endian number of eight bytes at `at` of bytes that were read in place.
    fn quad<const N: usize>(bytes: &[u8; N], at: usize) -> u64;
    /// `N` bytes from `offset` on; `None` where the packet ends before.
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]>;
}

/// Which list of prefixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// One end must lie in it.
    Allow,
    /// No end may lie in it.
    Deny,
}

/// What user space wants; it may change between two packets.
pub trait Settings {
    /// The numbers and switches; `None` only where the map cannot be read.
    fn config(&self) -> Option<&Config>;
    /// Whether `port` is followed.
    fn has_port(&self, port: u16) -> bool;
    /// Whether `address` lies in one of the prefixes of `list`.
    fn listed(&self, list: List, address: Address) -> bool;
}

/// The table of followed flows: bounded, and a new flow may push out the one that was idle longest.
pub trait Flows {
    /// The state of a flow.
    fn get(&mut self, key: &FlowKey) -> Option<&mut FlowState>;
    /// Enters a flow; false where there was no room.
    fn insert(&mut self, key: &FlowKey, state: &FlowState) -> bool;
    /// Removes a flow; false where it was not there.
    fn remove(&mut self, key: &FlowKey) -> bool;
}

/// What of a packet is sent, before it is cut into records.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where the IP header begins.
    pub network: u32,
    /// Where the payload begins.
    pub payload: u32,
    /// Bytes of the IP header.
    pub network_len: u32,
    /// Payload bytes that the packet has.
    pub payload_len: u32,
    /// Payload bytes that are sent.
    pub sent_len: u32,
    /// Bytes from the IP header on.
    pub wire_len: u32,
    /// Payload bytes in each record.
    pub step: u32,
    /// 1 where each record is a datagram of its own.
    pub datagrams: u32,
}

/// One record to be: its head, and where in the packet the bytes behind it lie.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// The head, complete.
    pub head: RecordHead,
    /// Where the IP header begins.
    pub network: u32,
    /// Where this piece of the payload begins.
    pub payload: u32,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is on its way to user space.
    Sent,
    /// There was no room for it.
    Full,
    /// The packet's bytes could not be read.
    Unreadable,
}

/// The way to user space.
pub trait Out<P> {
    /// A packet passed this hook, whatever becomes of it.
    fn passed(&mut self, hook: Hook);
    /// Adds one to a count.
    fn count(&mut self, counter: Counter);
    /// The monotonic clock, in nanoseconds; asked only for packets that are sent.
    fn now(&self) -> u64;
    /// Hands a value of at most 64 bytes back as it is. The kernel takes it through map memory, so that its verifier
    /// looks at all that follows once, not once for every way that leads here.
    #[inline(always)]
    fn settle<T: Copy>(&mut self, value: T) -> Option<T> {
        Some(value)
    }
    /// Sends one record.
    fn send(&mut self, packet: &P, piece: &Piece) -> Delivery;
}

/// What stands behind the IP header of a packet that may matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// What a device's packets begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// An Ethernet header.
    Ethernet,
    /// The IP header (tunnels, `wg`, `ppp`).
    Ip,
}

/// Where a packet is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The interface's index.
    pub interface: u32,
    /// Whether the packet leaves the host.
    pub egress: bool,
    /// What the packet begins with.
    pub link: Link,
}
