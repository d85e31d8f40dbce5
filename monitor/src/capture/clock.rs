//! Wall time for the kernel's monotonic time stamps. The one place of live capture that reads a clock.

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::frame::Timestamp;

/// A wall clock that moved by more than this against the monotonic one was set; by less, it is only being steered,
/// and the difference between two packets of a handshake must not be.
const STEP_NANOS: u64 = 1_000_000;

/// Turns monotonic time into wall time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Wall time when the monotonic clock was zero.
    origin: u64,
}

impl Clock {
    /// As the clocks stand now.
    #[must_use]
    pub fn start() -> Self {
        Self { origin: origin() }
    }

    /// Follows the wall clock, where it was set meanwhile.
    pub fn follow(&mut self) {
        self.follow_to(origin());
    }

    fn follow_to(&mut self, origin: u64) {
        if origin.abs_diff(self.origin) > STEP_NANOS {
            self.origin = origin;
        }
    }

    /// The wall time of a monotonic time stamp, in nanoseconds.
    pub const fn wall(&self, monotonic: u64) -> Timestamp {
        Timestamp(self.origin.saturating_add(monotonic))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.wall(monotonic())
    }
}

/// Nanoseconds of the monotonic clock: the one that `bpf_ktime_get_ns` reads.
pub fn monotonic() -> u64 {
    nanos(clock_gettime(ClockId::Monotonic))
}

fn origin() -> u64 {
    nanos(clock_gettime(ClockId::Realtime)).saturating_sub(monotonic())
}

fn nanos(time: Timespec) -> u64 {
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds
        .unwrap_or(0)
        .saturating_mul(1_000_000_000)
        .saturating_add(nanos.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_was_set_is_followed_and_one_that_is_steered_is_not() {
        let mut clock = Clock {
            origin: 10_000_000_000,
        };
        clock.follow_to(10_000_900_000);
        assert_eq!(clock.wall(5), Timestamp(10_000_000_005));
        clock.follow_to(7_000_000_000);
        assert_eq!(clock.wall(5), Timestamp(7_000_000_005));
    }
}
