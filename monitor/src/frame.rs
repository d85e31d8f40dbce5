//! What enters: a packet, when it passed, and where.

use std::fmt;
use std::time::Duration;

use crate::label::shown;

/// Nanoseconds since the Unix epoch, by the clock of whoever captured the packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The time that passed since `earlier`; zero when the capture's clock went backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This point in time, `later` by a duration.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(later.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with microseconds, as in `2025-05-19T04:46:20.117000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0);
        match jiff::Timestamp::from_nanosecond(nanos) {
            Ok(time) => write!(f, "{time:.6}"),
            Err(_) => write!(f, "{nanos}ns"),
        }
    }
}

shown!(Timestamp);

/// The interface that a packet passed: its index on a live host, its ordinal in a capture file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId(pub u32);

/// Which way a packet passed its interface, seen from the host that captured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards the host.
    Ingress,
    /// Away from the host.
    Egress,
    /// The capture does not say.
    #[default]
    Unknown,
}

/// A packet as the capture saw it. Live capture and capture files differ only in who makes Frames.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When the packet passed.
    pub time: Timestamp,
    /// Where it passed.
    pub interface: InterfaceId,
    /// Which way it passed.
    pub direction: Direction,
    /// How many bytes the packet had on the wire, from the network header on; `network` holds fewer when it was cut.
    pub wire_len: u32,
    /// The captured bytes from the IPv4 or IPv6 header on.
    pub network: &'a [u8],
}

/// Takes what a capture brings: packets, the names of the interfaces they passed, and what it had to lose.
pub trait FrameSink {
    /// A packet.
    fn frame(&mut self, frame: Frame<'_>);
    /// From here on, `id` means the interface called `name`.
    fn interface(&mut self, id: InterfaceId, name: &str);
    /// `id` is no longer watched; what is still on its way keeps its name.
    fn left(&mut self, _id: InterfaceId) {}
    /// `count` packets or pieces were lost at `place` for `reason` (both are label values, such as `kernel` and `ring_full`).
    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64);
    /// The packets at hand are through, and more may take a while: what was found in them is wanted now.
    fn pause(&mut self) {}
    /// Time has come this far though no packet says so.
    fn tick(&mut self, now: Timestamp);
    /// Whether there is still a use for more packets.
    fn wants_more(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_rfc_3339_with_microseconds() {
        let time = Timestamp(1_747_629_980_117_000_000);
        assert_eq!(time.to_string(), "2025-05-19T04:46:20.117000Z");
    }

    #[test]
    fn a_clock_that_goes_backwards_gives_zero_not_a_wrap() {
        assert_eq!(Timestamp(1).since(Timestamp(2)), Duration::ZERO);
    }
}
