//! Counts over the last minutes.

use super::profile::Marks;
use super::tried::Tried;
use crate::frame::Timestamp;

const MINUTE_SECONDS: u64 = 60;
/// The baseline looks back five minutes, and there is the minute that is filling.
pub(super) const MINUTES: u32 = 6;

/// What was tried in each of the last minutes, and what was negotiated.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    minutes: [Minute; MINUTES as usize],
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    /// Which minute since the Unix epoch.
    of: u32,
    tried: Tried,
    marks: Marks,
}

impl Window {
    /// Adds what was tried at this time.
    pub(super) fn add(&mut self, tried: Tried, marks: Marks, at: Timestamp) {
        let of = minute(at);
        let place = usize::try_from(of % MINUTES).unwrap_or(0);
        let Some(minute) = self.minutes.get_mut(place) else {
            return;
        };
        if minute.of != of {
            *minute = Minute {
                of,
                ..Minute::default()
            };
        }
        minute.tried = minute.tried.plus(tried);
        minute.marks = minute.marks.or(marks);
    }

    /// What was tried up to now.
    pub(super) fn tried(&self, now: Timestamp) -> Tried {
        let recent = self.recent(now);
        recent.fold(Tried::default(), |sum, minute| sum.plus(minute.tried))
    }

    /// What was negotiated up to now.
    pub(super) fn marks(&self, now: Timestamp) -> Marks {
        let recent = self.recent(now);
        recent.fold(Marks::default(), |sum, minute| sum.or(minute.marks))
    }

    fn recent(&self, now: Timestamp) -> impl Iterator<Item = &Minute> {
        let last = minute(now);
        let first = last.saturating_sub(MINUTES - 1);
        let minutes = self.minutes.iter();
        minutes.filter(move |minute| (first..=last).contains(&minute.of))
    }
}

/// The minute since the Unix epoch.
pub(super) fn minute(time: Timestamp) -> u32 {
    u32::try_from(time.0 / 1_000_000_000 / MINUTE_SECONDS).unwrap_or(u32::MAX)
}
