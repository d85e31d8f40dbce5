//! How often something happened, over a stretch of time that may grow as more is seen.

use crate::frame::Timestamp;

/// How many steps a trend has.
pub const STEPS: usize = 60;
const SECOND: u64 = 1_000_000_000;

/// What all trends have in common, so that they can be compared: how long a step is, and which is the last.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Nanoseconds in a step.
    step: u64,
    /// The longest that a step may become: from there on, the oldest falls out.
    longest: u64,
    first: Option<u64>,
    last: u64,
}

impl Scale {
    /// Steps of this many seconds, however much is seen.
    pub const fn fixed(seconds: u64) -> Self {
        Self {
            step: seconds * SECOND,
            longest: seconds * SECOND,
            first: Some(0),
            last: 0,
        }
    }

    /// Steps of a second at first, each twice as long when there are too many of them, up to this many seconds.
    pub const fn growing_to(seconds: u64) -> Self {
        Self {
            step: SECOND,
            longest: seconds * SECOND,
            first: None,
            last: 0,
        }
    }

    /// How far time has come.
    pub const fn now(&self) -> Timestamp {
        Timestamp(self.last)
    }

    /// Time has come this far. Gives how many times the steps became twice as long.
    pub fn reach(&mut self, time: Timestamp) -> u32 {
        let first = *self.first.get_or_insert(time.0);
        self.last = self.last.max(time.0);
        let mut doubled = 0;
        while (self.last.saturating_sub(first)) / self.step >= STEPS as u64
            && self.step < self.longest
        {
            self.step *= 2;
            doubled += 1;
        }
        doubled
    }

    /// How many seconds a step lasts.
    pub const fn seconds(&self) -> u64 {
        self.step / SECOND
    }

    /// How many steps a minute has.
    fn a_minute(&self) -> usize {
        usize::try_from(60_u64.div_ceil(self.seconds().max(1))).unwrap_or(STEPS)
    }

    /// How many steps have a past.
    fn used(&self) -> u64 {
        let first = self.first.unwrap_or(self.last);
        (self.last / self.step).saturating_sub(first / self.step) + 1
    }
}

/// Counts by step.
#[derive(Clone, Debug)]
pub struct Trend {
    counts: [u32; STEPS],
    /// The step that the last of them counts.
    newest: u64,
}

impl Default for Trend {
    fn default() -> Self {
        Self::new()
    }
}

impl Trend {
    /// Nothing has happened.
    pub const fn new() -> Self {
        Self {
            counts: [0; STEPS],
            newest: 0,
        }
    }

    /// It happened. What is older than the trend reaches back is not in it.
    pub fn add(&mut self, scale: &Scale, time: Timestamp) {
        let step = time.0 / scale.step;
        self.advance(step);
        if let Some(count) = self.at(step) {
            *count = count.saturating_add(1);
        }
    }

    /// It did not happen after all.
    pub fn take(&mut self, scale: &Scale, time: Timestamp) {
        if let Some(count) = self.at(time.0 / scale.step) {
            *count = count.saturating_sub(1);
        }
    }

    /// The count of a step that has not fallen out.
    fn at(&mut self, step: u64) -> Option<&mut u32> {
        let back = usize::try_from(self.newest.checked_sub(step)?).ok()?;
        let place = STEPS.checked_sub(back.checked_add(1)?)?;
        self.counts.get_mut(place)
    }

    fn advance(&mut self, step: u64) {
        let by = step.saturating_sub(self.newest);
        if by == 0 {
            return;
        }
        let by = usize::try_from(by).unwrap_or(STEPS).min(STEPS);
        self.counts.copy_within(by.., 0);
        if let Some(new) = self.counts.get_mut(STEPS - by..) {
            new.fill(0);
        }
        self.newest = step;
    }

    /// A step has become twice as long.
    pub fn double(&mut self) {
        let old = self.counts;
        let newest = self.newest;
        *self = Self::new();
        self.newest = newest / 2;
        for (back, count) in old.iter().rev().enumerate() {
            let step = newest.saturating_sub(back as u64) / 2;
            if let Some(sum) = self.at(step) {
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// The last `width` steps up to now, the oldest first; as many as have a past.
    pub fn last(&self, scale: &Scale, width: usize) -> Vec<u32> {
        let now = scale.last / scale.step;
        let width = width
            .min(usize::try_from(scale.used()).unwrap_or(usize::MAX))
            .min(STEPS);
        let at = |back: usize| {
            let behind = usize::try_from(now.saturating_sub(self.newest)).unwrap_or(usize::MAX);
            let place = back
                .checked_sub(behind)
                .and_then(|back| STEPS.checked_sub(1 + back));
            place
                .and_then(|place| self.counts.get(place))
                .copied()
                .unwrap_or(0)
        };
        (0..width).rev().map(at).collect()
    }

    /// How many in the last so many steps.
    pub fn total(&self, scale: &Scale, steps: usize) -> u64 {
        let counts = self.last(scale, steps);
        counts.into_iter().map(u64::from).sum()
    }

    /// How many in the last minute.
    pub fn last_minute(&self, scale: &Scale) -> u64 {
        self.total(scale, scale.a_minute())
    }

    /// How many a minute, over the last minute or so, or as long as there is anything.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn a_minute(&self, scale: &Scale) -> f64 {
        let counts = self.last(scale, scale.a_minute());
        let sum: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let since = (scale.last / scale.step + 1).saturating_sub(counts.len() as u64) * scale.step;
        let since = since.max(scale.first.unwrap_or_default());
        let seconds = scale.last.saturating_sub(since) as f64 / SECOND as f64;
        sum as f64 * 60.0 / seconds.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp((1_000_000 + seconds) * SECOND)
    }

    fn trend(mut scale: Scale, times: &[Timestamp]) -> (Scale, Trend) {
        let mut trend = Trend::new();
        for time in times {
            for _ in 0..scale.reach(*time) {
                trend.double();
            }
            trend.add(&scale, *time);
        }
        (scale, trend)
    }

    fn growing(times: impl IntoIterator<Item = u64>) -> (Scale, Trend) {
        let times: Vec<_> = times.into_iter().map(at).collect();
        trend(Scale::growing_to(32), &times)
    }

    #[test]
    fn each_step_counts_what_fell_into_it() {
        let (scale, trend) = growing([0, 0, 1, 3, 3, 3]);
        assert_eq!(trend.last(&scale, 10), [2, 1, 0, 3]);
    }

    #[test]
    fn a_longer_time_takes_longer_steps_and_loses_nothing() {
        let (scale, trend) = growing(0..1000);
        assert_eq!(scale.seconds(), 32);
        assert_eq!(trend.total(&scale, STEPS), 1000);
        let rate = trend.a_minute(&scale);
        assert!((58.0..=64.0).contains(&rate), "{rate}");
    }

    #[test]
    fn what_lies_far_back_falls_out_and_nothing_overflows() {
        let (scale, one) = growing([0, 100_000, 5]);
        assert_eq!(one.total(&scale, STEPS), 1);
        let extremes = [Timestamp(0), Timestamp(u64::MAX), Timestamp(1)];
        let (scale, one) = trend(Scale::growing_to(32), &extremes);
        assert_eq!(one.last(&scale, STEPS).len(), STEPS);
    }

    #[test]
    fn steps_of_a_fixed_length_stay_as_long_and_are_all_there_from_the_start() {
        let (mut scale, one) = trend(Scale::fixed(10), &[at(0), at(1), at(10)]);
        assert_eq!(one.last(&scale, STEPS).len(), STEPS);
        assert_eq!(one.last(&scale, 2), [2, 1]);
        assert_eq!(scale.reach(at(49)), 0);
        assert_eq!(one.last_minute(&scale), 3);
        scale.reach(at(65));
        assert_eq!(one.last_minute(&scale), 1);
        scale.reach(at(595));
        assert_eq!(one.total(&scale, STEPS), 3);
        scale.reach(at(601));
        assert_eq!(one.total(&scale, STEPS), 1);
    }

    #[test]
    fn what_comes_late_counts_where_it_belongs_or_not_at_all_and_is_taken_back_once() {
        let (scale, mut one) = trend(Scale::fixed(10), &[at(700), at(0), at(650)]);
        assert_eq!(one.total(&scale, STEPS), 2);
        for late in [650, 650, 0, 900] {
            one.take(&scale, at(late));
        }
        assert_eq!(one.total(&scale, STEPS), 1);
        // A reader whose clock is behind sees what there is.
        assert_eq!(one.total(&Scale::fixed(10), STEPS), 1);
    }
}
