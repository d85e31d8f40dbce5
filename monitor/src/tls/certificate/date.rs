//! The dates of a certificate.

use std::fmt;
use std::time::Duration;

use crate::frame::Timestamp;
use crate::label::shown;

/// Seconds since the Unix epoch; before it they are negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub i64);

impl Date {
    /// Whether a packet of that time came after this second was over.
    pub fn is_before(self, now: Timestamp) -> bool {
        self.0 < seconds(now)
    }

    /// Whether a packet of that time came before this second.
    pub fn is_after(self, now: Timestamp) -> bool {
        self.0 > seconds(now)
    }

    /// How far this date is from that time, either way.
    pub fn distance(self, now: Timestamp) -> Duration {
        Duration::from_secs(self.0.abs_diff(seconds(now)))
    }
}

fn seconds(now: Timestamp) -> i64 {
    i64::try_from(now.0 / 1_000_000_000).unwrap_or(i64::MAX)
}

impl fmt::Display for Date {
    /// RFC 3339 in UTC, as in `9999-12-31T23:59:59Z`, which RFC 5280 section 4.1.2.5 uses for "never".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        match epoch.checked_add(jiff::SignedDuration::from_secs(self.0)) {
            Ok(date) => write!(f, "{date}Z"),
            Err(_) => write!(f, "{}s", self.0),
        }
    }
}

shown!(Date);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::epoch(0, "1970-01-01T00:00:00Z")]
    #[case::before_the_epoch(-631_152_000, "1950-01-01T00:00:00Z")]
    #[case::never(253_402_300_799, "9999-12-31T23:59:59Z")]
    #[case::beyond_any_calendar(i64::MAX, "9223372036854775807s")]
    fn a_date_prints_as_rfc_3339(#[case] seconds: i64, #[case] text: &str) {
        assert_eq!(Date(seconds).to_string(), text);
    }

    #[test]
    fn the_last_second_of_the_validity_belongs_to_it() {
        let end = Date(1_700_000_000);
        assert!(!end.is_before(Timestamp(1_700_000_000_999_999_999)));
        assert!(end.is_before(Timestamp(1_700_000_001_000_000_000)));
        assert!(Date(-1).is_before(Timestamp(0)));
    }
}
