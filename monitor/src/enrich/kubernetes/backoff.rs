//! How long to wait before the next attempt.

use std::time::Duration;

/// Doubles with each failure. Half of it is chance, so that the nodes of a cluster do not all come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// It went well.
    pub(super) const fn reset(&mut self) {
        self.next = self.first;
    }

    /// It went wrong: so long is to be waited. `chance` is any number.
    pub(super) fn pause(&mut self, chance: u32) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        let share = f64::from(chance) / f64::from(u32::MAX);
        pause.mul_f64(0.5 + share / 2.0)
    }
}

/// Any number.
pub(super) fn chance() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(3));
        let mut pause = || backoff.pause(u32::MAX).as_secs();
        assert_eq!([pause(), pause(), pause(), pause()], [1, 2, 3, 3]);
        backoff.reset();
        assert_eq!(backoff.pause(u32::MAX).as_secs(), 1);
    }

    #[test]
    fn chance_takes_off_half_at_most() {
        let mut backoff = Backoff::new(Duration::from_secs(4), Duration::from_secs(4));
        assert_eq!(backoff.pause(0).as_secs(), 2);
        let half = backoff.pause(u32::MAX / 2).as_secs_f64();
        assert!((2.9..3.1).contains(&half), "{half}");
    }
}
