//! How often something happened in the last minutes.

use std::time::Duration;

use crate::frame::Timestamp;

/// How long one bucket is.
pub const BUCKET: Duration = Duration::from_secs(10);
/// How many buckets there are: ten minutes.
pub const BUCKETS: usize = 60;

/// Counts by time, in buckets that fall out at the far end.
#[derive(Clone, Debug)]
pub struct Trend {
    /// The count of bucket `n` is at `n` modulo their number.
    counts: [u32; BUCKETS],
    /// The latest bucket, counted from the epoch.
    newest: u64,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            newest: 0,
        }
    }
}

impl Trend {
    /// One more at this time; what is too long ago is not counted.
    pub fn add(&mut self, time: Timestamp) {
        self.advance(bucket_of(time));
        if let Some(count) = self.at(bucket_of(time)) {
            *count = count.saturating_add(1);
        }
    }

    /// One less at this time.
    pub fn take(&mut self, time: Timestamp) {
        if let Some(count) = self.at(bucket_of(time)) {
            *count = count.saturating_sub(1);
        }
    }

    /// The counts of the last minutes, the oldest first; the last one is the bucket of `now`, which may not be over.
    pub fn counts(&self, now: Timestamp) -> [u32; BUCKETS] {
        let mut trend = self.clone();
        trend.advance(bucket_of(now));
        let mut counts = trend.counts;
        counts.rotate_left(place(trend.newest + 1));
        counts
    }

    /// How many in all these minutes.
    pub fn total(&self, now: Timestamp) -> u64 {
        self.within(now, BUCKETS)
    }

    /// How many in the last minute.
    pub fn last_minute(&self, now: Timestamp) -> u64 {
        self.within(now, 6)
    }

    fn within(&self, now: Timestamp, buckets: usize) -> u64 {
        let counts = self.counts(now);
        counts
            .iter()
            .rev()
            .take(buckets)
            .map(|count| u64::from(*count))
            .sum()
    }

    fn advance(&mut self, bucket: u64) {
        let passed = bucket.saturating_sub(self.newest);
        if passed >= BUCKETS as u64 {
            self.counts = [0; BUCKETS];
        } else {
            for passed in 1..=passed {
                if let Some(count) = self.counts.get_mut(place(self.newest + passed)) {
                    *count = 0;
                }
            }
        }
        self.newest = self.newest.max(bucket);
    }

    /// The place of a bucket that has not fallen out.
    fn at(&mut self, bucket: u64) -> Option<&mut u32> {
        let is_held = bucket <= self.newest && self.newest - bucket < BUCKETS as u64;
        self.counts.get_mut(place(bucket)).filter(|_| is_held)
    }
}

fn bucket_of(time: Timestamp) -> u64 {
    time.0 / (BUCKET.as_secs() * 1_000_000_000)
}

fn place(bucket: u64) -> usize {
    usize::try_from(bucket % BUCKETS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp(1_747_629_980_000_000_000 + seconds * 1_000_000_000)
    }

    #[test]
    fn the_newest_is_last_and_what_is_old_falls_out() {
        let mut trend = Trend::default();
        trend.add(at(0));
        trend.add(at(1));
        trend.add(at(10));
        let counts = trend.counts(at(10));
        assert_eq!(counts[BUCKETS - 2..], [2, 1]);
        assert_eq!(trend.total(at(595)), 3);
        assert_eq!(trend.total(at(601)), 1);
        assert_eq!(trend.total(at(100_000)), 0);
        assert_eq!(
            (trend.last_minute(at(59)), trend.last_minute(at(65))),
            (3, 1)
        );
    }

    #[test]
    fn what_comes_late_counts_where_it_belongs_or_not_at_all() {
        let mut trend = Trend::default();
        trend.add(at(700));
        trend.add(at(0));
        trend.add(at(650));
        assert_eq!(trend.total(at(700)), 2);
        trend.take(at(650));
        trend.take(at(650));
        trend.take(at(0));
        assert_eq!(trend.total(at(700)), 1);
        // A reader whose clock is behind sees what there is.
        assert_eq!(trend.total(at(0)), 1);
    }
}
