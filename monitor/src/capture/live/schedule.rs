//! When the interfaces are looked at, and the programs on them checked.

use std::time::Duration;

/// How soon after a change of the host's interfaces they are looked at again; a burst of changes costs one look.
const SETTLE: Duration = Duration::from_millis(50);
/// How often they are looked at without a change, for events get lost.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A list that took long to get is got again after so many times as long, at the soonest.
const REST: u32 = 8;
/// But never later than this: it may have waited for others to be done with their changes.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// When what is next. Time is since any moment, and never goes back.
#[derive(Debug)]
pub(super) struct Schedule {
    look: Duration,
    not_before: Duration,
    check: Duration,
    check_every: Duration,
}

impl Schedule {
    pub(super) fn start(now: Duration, check_every: Duration) -> Self {
        Self {
            look: now + LOOK_EVERY,
            not_before: now,
            check: now,
            check_every,
        }
    }

    /// Something has changed.
    pub(super) fn look_soon(&mut self, now: Duration) {
        self.look = self.look.min((now + SETTLE).max(self.not_before));
    }

    pub(super) fn is_time_to_look(&self, now: Duration) -> bool {
        self.look <= now
    }

    /// The interfaces were listed, which took so long; `done` where nothing was left undone.
    pub(super) fn looked(&mut self, now: Duration, took: Duration, done: bool) {
        self.not_before = now + (took * REST).min(LONGEST_REST);
        self.look = now + LOOK_EVERY;
        if !done {
            self.look_soon(now);
        }
    }

    pub(super) fn is_check_due(&self, now: Duration) -> bool {
        self.check <= now
    }

    pub(super) fn is_time_to_check(&mut self, now: Duration) -> bool {
        let is_due = self.is_check_due(now);
        if is_due {
            self.check = now + self.check_every;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_burst_of_changes_costs_one_look_and_without_any_it_comes_every_half_minute() {
        let mut schedule = Schedule::start(ms(0), ms(5000));
        schedule.look_soon(ms(10));
        schedule.look_soon(ms(40));
        assert!(!schedule.is_time_to_look(ms(59)));
        assert!(schedule.is_time_to_look(ms(60)));
        schedule.looked(ms(61), ms(1), true);
        assert!(!schedule.is_time_to_look(ms(30_060)));
        assert!(schedule.is_time_to_look(ms(30_061)));
    }

    #[test]
    fn a_list_that_takes_long_is_not_asked_for_at_every_change() {
        let mut schedule = Schedule::start(ms(0), ms(5000));
        schedule.looked(ms(100), ms(40), true);
        schedule.look_soon(ms(101));
        assert!(!schedule.is_time_to_look(ms(419)));
        assert!(schedule.is_time_to_look(ms(420)));
    }

    #[test]
    fn a_list_that_had_to_wait_does_not_keep_the_next_one_waiting() {
        let mut schedule = Schedule::start(ms(0), ms(5000));
        schedule.looked(ms(2600), ms(2500), true);
        schedule.look_soon(ms(2601));
        assert!(schedule.is_time_to_look(ms(3100)));
    }

    #[test]
    fn what_was_left_undone_is_soon_taken_up_again() {
        let mut schedule = Schedule::start(ms(0), ms(5000));
        schedule.looked(ms(100), ms(1), false);
        assert!(schedule.is_time_to_look(ms(150)));
    }

    #[test]
    fn checks_come_at_their_own_pace() {
        let mut schedule = Schedule::start(ms(0), ms(5000));
        assert!(schedule.is_time_to_check(ms(0)));
        assert!(!schedule.is_time_to_check(ms(4999)));
        assert!(schedule.is_time_to_check(ms(5000)));
    }
}
