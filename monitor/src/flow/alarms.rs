//! When the conversations in a table are due.

use super::table::Place;
use super::timers::{Timer, Timers};
use crate::frame::Timestamp;

/// The deadline of each place, and the timers that bring it up.
///
/// Deadlines that move later cost nothing: the timer finds out when it fires. That is long after the conversation has left the
/// processor's caches, so what the timer asks does not stand with the conversation but here, with that of its neighbours. A
/// place has one timer, or two for a short while after its deadline moved earlier, so the timers are bounded by the places.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    timers: Timers,
    places: Vec<Alarm>,
    /// How many places have a conversation.
    held: usize,
    last_serial: u32,
}

#[derive(Clone, Copy, Debug)]
struct Alarm {
    deadline: Timestamp,
    /// When the earliest timer of this place fires.
    timer: Timestamp,
    /// Tells the conversation from an earlier one in the same place; [`NOBODY`] where there is none.
    serial: u32,
}

/// No timer is of a conversation with this number.
const NOBODY: u32 = 0;

impl Alarm {
    const NONE: Self = Self {
        deadline: Timestamp(u64::MAX),
        timer: Timestamp(u64::MAX),
        serial: NOBODY,
    };
}

impl Alarms {
    /// A conversation begins in this place.
    pub(super) fn begin(&mut self, place: Place, deadline: Timestamp) {
        let serial = self.next_serial();
        let Some(alarm) = self.at(place) else {
            return;
        };
        *alarm = Alarm {
            deadline,
            timer: deadline,
            serial,
        };
        self.held += 1;
        self.set_timer(deadline, serial, place);
    }

    /// The conversation in this place is removed.
    pub(super) fn end(&mut self, place: Place) {
        if let Some(alarm) = self.places.get_mut(place.index()) {
            *alarm = Alarm::NONE;
            self.held = self.held.saturating_sub(1);
        }
    }

    /// Moves a deadline.
    pub(super) fn reschedule(&mut self, place: Place, deadline: Timestamp) {
        let alarm = self.places.get_mut(place.index());
        let Some(alarm) = alarm.filter(|alarm| alarm.serial != NOBODY) else {
            return;
        };
        alarm.deadline = deadline;
        if deadline < alarm.timer {
            alarm.timer = deadline;
            let serial = alarm.serial;
            self.set_timer(deadline, serial, place);
        }
    }

    /// When [`Self::expired`] may next have something; early, never late.
    pub(super) const fn next(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// A place whose deadline has passed. It has no timer until it is rescheduled.
    #[inline]
    pub(super) fn expired(&mut self, now: Timestamp) -> Option<Place> {
        while let Some(timer) = self.timers.pop_due(now) {
            let due = self.fire(timer);
            if due.is_some() {
                return due;
            }
        }
        None
    }

    /// The place whose deadline comes first, whenever that is.
    pub(super) fn first(&mut self) -> Option<Place> {
        while let Some(timer) = self.timers.pop() {
            let due = self.fire(timer);
            if due.is_some() {
                return due;
            }
        }
        None
    }

    /// Of two places, the one whose timer would fire first has the lower.
    pub(super) fn rank(&self, place: Place) -> (Timestamp, u32) {
        let alarm = self.places.get(place.index()).unwrap_or(&Alarm::NONE);
        (alarm.timer, alarm.serial)
    }

    fn next_serial(&mut self) -> u32 {
        self.last_serial = self.last_serial.wrapping_add(1).max(NOBODY + 1);
        self.last_serial
    }

    fn at(&mut self, place: Place) -> Option<&mut Alarm> {
        let index = place.index();
        if index >= self.places.len() {
            self.places.resize(index + 1, Alarm::NONE);
        }
        self.places.get_mut(index)
    }

    fn set_timer(&mut self, at: Timestamp, serial: u32, place: Place) {
        self.timers.push(Timer { at, serial, place });
        self.sweep();
    }

    /// Timers of conversations that were removed stay behind until they fire; sweep them before they add up.
    fn sweep(&mut self) {
        if self.timers.len() > 4 * self.held + 64 {
            let places = &self.places;
            self.timers.retain(|timer| {
                let alarm = places.get(timer.place.index());
                alarm.is_some_and(|alarm| alarm.serial == timer.serial)
            });
        }
    }

    /// A timer has fired: the place when its deadline is really due then.
    fn fire(&mut self, timer: Timer) -> Option<Place> {
        let Timer { at, serial, place } = timer;
        let alarm = self.places.get_mut(place.index());
        let alarm = alarm.filter(|alarm| alarm.serial == serial && alarm.timer == at)?;
        if alarm.deadline <= at {
            alarm.timer = Timestamp(u64::MAX);
            return Some(place);
        }
        alarm.timer = alarm.deadline;
        let at = alarm.deadline;
        self.timers.push(Timer { at, serial, place });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_was_left_has_no_deadline_to_move() {
        let mut alarms = Alarms::default();
        alarms.begin(Place::default(), Timestamp(10));
        alarms.end(Place::default());
        alarms.reschedule(Place::default(), Timestamp(5));
        assert_eq!(alarms.expired(Timestamp(20)), None);
    }

    #[test]
    fn replacing_for_ever_does_not_grow_the_timers() {
        let mut alarms = Alarms::default();
        for time in 0..10_000 {
            alarms.begin(Place::default(), Timestamp(1_000_000 + time));
            alarms.end(Place::default());
        }
        assert!(
            alarms.timers.len() < 100,
            "{} timers for one conversation",
            alarms.timers.len()
        );
    }
}
