//! How often something happened, over a stretch of time that grows as more is seen.

use crate::frame::Timestamp;

/// How many stretches a trend has.
pub(crate) const STEPS: usize = 60;
const SECOND: u64 = 1_000_000_000;

/// What all trends have in common, so that they can be compared: how long a step is, and which is the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Nanoseconds in a step.
    step: u64,
    /// The longest that a step may become: from there on, the oldest falls out.
    longest: u64,
    first: Option<u64>,
    last: u64,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            step: SECOND,
            longest: 32 * SECOND,
            first: None,
            last: 0,
        }
    }
}

impl Scale {
    /// Time has come this far. Gives how many times the steps became twice as long.
    pub(crate) fn reach(&mut self, time: Timestamp) -> u32 {
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
    pub(crate) const fn seconds(&self) -> u64 {
        self.step / SECOND
    }

    /// How many steps have a past.
    fn used(&self) -> u64 {
        let first = self.first.unwrap_or(self.last);
        (self.last / self.step).saturating_sub(first / self.step) + 1
    }
}

/// Counts by step.
#[derive(Clone, Debug)]
pub(crate) struct Trend {
    counts: [u32; STEPS],
    /// The step that the last of them counts.
    newest: u64,
}

impl Trend {
    /// Nothing has happened.
    pub(crate) const fn new() -> Self {
        Self {
            counts: [0; STEPS],
            newest: 0,
        }
    }

    /// It happened. What is older than the trend reaches back is not in it.
    pub(crate) fn add(&mut self, scale: &Scale, time: Timestamp) {
        let step = time.0 / scale.step;
        self.advance(step);
        let back = usize::try_from(self.newest - step).unwrap_or(usize::MAX);
        let place = STEPS.checked_sub(1 + back);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count = count.saturating_add(1);
        }
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
    pub(crate) fn double(&mut self) {
        let old = self.counts;
        let newest = self.newest;
        *self = Self::new();
        self.newest = newest / 2;
        for (back, count) in old.iter().rev().enumerate() {
            let step = newest.saturating_sub(back as u64) / 2;
            let place = usize::try_from(self.newest - step).ok();
            let place = place.and_then(|back| STEPS.checked_sub(1 + back));
            if let Some(sum) = place.and_then(|place| self.counts.get_mut(place)) {
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// The last `width` steps up to now, the oldest first; as many as have a past.
    pub(crate) fn last(&self, scale: &Scale, width: usize) -> Vec<u32> {
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

    /// How many a minute, over the last minute or so, or as long as there is anything.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(crate) fn a_minute(&self, scale: &Scale) -> f64 {
        let steps = 60_u64.div_ceil(scale.seconds().max(1));
        let counts = self.last(scale, usize::try_from(steps).unwrap_or(STEPS));
        let sum: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let since = (scale.last / scale.step + 1).saturating_sub(counts.len() as u64) * scale.step;
        let since = since.max(scale.first.unwrap_or_default());
        let seconds = scale.last.saturating_sub(since) as f64 / SECOND as f64;
        sum as f64 * 60.0 / seconds.max(1.0)
    }
}

/// The counts as a line of blocks, or of digits where blocks cannot be shown.
pub(crate) fn sparkline(counts: &[u32], ascii: bool) -> String {
    let blocks: &[char] = if ascii {
        &[' ', '.', ':', '-', '=', '+', '*', '#', '@']
    } else {
        &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    };
    let most = u64::from(counts.iter().copied().max().unwrap_or(0).max(1));
    let block = |count: &u32| {
        let height = (u64::from(*count) * 8).div_ceil(most);
        let height = usize::try_from(height).unwrap_or(8);
        blocks.get(height).copied().unwrap_or(' ')
    };
    counts.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp((1_000_000 + seconds) * SECOND)
    }

    fn trend(times: &[u64]) -> (Scale, Trend) {
        let (mut scale, mut trend) = (Scale::default(), Trend::new());
        for time in times {
            for _ in 0..scale.reach(at(*time)) {
                trend.double();
            }
            trend.add(&scale, at(*time));
        }
        (scale, trend)
    }

    #[test]
    fn each_step_counts_what_fell_into_it() {
        let (scale, trend) = trend(&[0, 0, 1, 3, 3, 3]);
        assert_eq!(trend.last(&scale, 10), [2, 1, 0, 3]);
        assert_eq!(sparkline(&trend.last(&scale, 10), false), "▆▃ █");
        assert_eq!(sparkline(&trend.last(&scale, 10), true), "*- @");
    }

    #[test]
    fn a_longer_time_takes_longer_steps_and_loses_nothing() {
        let times: Vec<u64> = (0..1000).collect();
        let (scale, trend) = trend(&times);
        assert_eq!(scale.seconds(), 32);
        assert_eq!(trend.last(&scale, STEPS).iter().sum::<u32>(), 1000);
        let rate = trend.a_minute(&scale);
        assert!((58.0..=64.0).contains(&rate), "{rate}");
    }

    #[test]
    fn what_lies_far_back_falls_out_and_nothing_overflows() {
        let (scale, trend) = trend(&[0, 100_000, 5]);
        assert_eq!(trend.last(&scale, STEPS).iter().sum::<u32>(), 1);
        let (scale, trend) = trend_of_extremes();
        assert_eq!(trend.last(&scale, STEPS).len(), STEPS);
    }

    fn trend_of_extremes() -> (Scale, Trend) {
        let (mut scale, mut trend) = (Scale::default(), Trend::new());
        for time in [Timestamp(0), Timestamp(u64::MAX), Timestamp(1)] {
            for _ in 0..scale.reach(time) {
                trend.double();
            }
            trend.add(&scale, time);
        }
        (scale, trend)
    }
}
