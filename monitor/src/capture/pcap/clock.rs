//! Timestamps of capture files, in nanoseconds since 1970.

use crate::frame::Timestamp;

const NANOS: u64 = 1_000_000_000;

/// How an interface of a capture file counts time (pcapng: `if_tsresol` and `if_tsoffset`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    scale: Scale,
    /// Nanoseconds to add.
    offset: i128,
}

/// From ticks to nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// So many nanoseconds make a tick: the way of nearly all captures, and the cheap one.
    Times(u64),
    /// So many ticks make a second.
    PerSecond(u128),
}

impl Clock {
    /// Microseconds, the default of pcapng.
    pub(super) const MICROSECONDS: Self = Self {
        scale: Scale::Times(1_000),
        offset: 0,
    };

    /// `resolution` is an exponent, of 2 where the highest bit is set, else of 10; `offset` is in seconds.
    pub(super) fn new(resolution: u8, offset: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
        // Beyond the range of numbers a tick is no time at all.
        let ticks = base.checked_pow(exponent).unwrap_or(u128::MAX);
        let scale = match u64::try_from(ticks) {
            Ok(ticks) if NANOS.is_multiple_of(ticks) => Scale::Times(NANOS / ticks),
            _ => Scale::PerSecond(ticks),
        };
        Self {
            scale,
            offset: i128::from(offset) * i128::from(NANOS),
        }
    }

    /// The time of so many ticks.
    pub(super) fn time(&self, ticks: u64) -> Timestamp {
        let nanos = match self.scale {
            Scale::Times(nanos) => ticks.saturating_mul(nanos),
            Scale::PerSecond(per_second) => nanos_of(ticks, per_second),
        };
        if self.offset == 0 {
            return Timestamp(nanos);
        }
        let moved = i128::from(nanos).saturating_add(self.offset);
        Timestamp(u64::try_from(moved.max(0)).unwrap_or(u64::MAX))
    }
}

fn nanos_of(ticks: u64, per_second: u128) -> u64 {
    let nanos = u128::from(ticks) * u128::from(NANOS) / per_second;
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::microseconds(6, 1_500_000, 1_500_000_000)]
    #[case::nanoseconds(9, 1_500_000_000, 1_500_000_000)]
    #[case::seconds(0, 3, 3_000_000_000)]
    #[case::picoseconds_are_rounded_down(12, 1_999, 1)]
    #[case::halves_of_a_second(0x81, 3, 1_500_000_000)]
    #[case::binary_fractions(0x94, 1 << 19, 500_000_000)]
    #[case::too_fine_to_count(127, u64::MAX, 0)]
    #[case::too_far_to_count(0, u64::MAX, u64::MAX)]
    fn ticks_become_nanoseconds(#[case] resolution: u8, #[case] ticks: u64, #[case] nanos: u64) {
        assert_eq!(Clock::new(resolution, 0).time(ticks), Timestamp(nanos));
    }

    #[rstest]
    #[case::later(2, 2_000_001_000)]
    #[case::before_the_epoch_is_the_epoch(-1, 0)]
    #[case::beyond_all_time(i64::MAX, u64::MAX)]
    fn an_offset_in_seconds_is_added(#[case] offset: i64, #[case] nanos: u64) {
        assert_eq!(Clock::new(6, offset).time(1), Timestamp(nanos));
    }

    #[test]
    fn the_default_is_microseconds() {
        assert_eq!(Clock::MICROSECONDS, Clock::new(6, 0));
    }
}
