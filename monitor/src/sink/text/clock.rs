//! The day and the time of day, in UTC.

use arrayvec::ArrayString;

use crate::frame::Timestamp;

const MS: u64 = 1_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// How many days after the Unix epoch.
pub(super) const fn day(time: Timestamp) -> u64 {
    time.0 / MS / DAY_MS
}

/// `2025-05-19`.
pub(super) fn date(time: Timestamp) -> String {
    let mut date = time.to_string();
    date.truncate(10);
    date
}

/// `04:46:20.117`. Each event has one, and `Display` takes its time over numbers.
pub(super) fn time_of_day(time: Timestamp) -> ArrayString<12> {
    let mut rest = time.0 / MS % DAY_MS;
    let mut shown = ArrayString::new();
    for (worth, behind) in [
        (36_000_000, ""),
        (3_600_000, ":"),
        (600_000, ""),
        (60_000, ":"),
        (10_000, ""),
        (1000, "."),
        (100, ""),
        (10, ""),
        (1, ""),
    ] {
        let digit = u8::try_from(rest / worth).unwrap_or_default();
        rest %= worth;
        shown.push(char::from(b'0' + digit));
        shown.push_str(behind);
    }
    shown
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0)]
    #[case(1_747_629_980_117_999_999)]
    #[case(1_747_699_199_999_999_999)]
    #[case(1_747_699_200_000_000_000)]
    #[case(u64::MAX)]
    fn they_are_those_of_rfc_3339(#[case] nanos: u64) {
        let time = Timestamp(nanos);
        let full = time.to_string();
        assert_eq!(date(time), full[..10]);
        assert_eq!(&time_of_day(time)[..], &full[11..23]);
    }
}
