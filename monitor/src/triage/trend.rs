//! A trend as people see it.

use crate::frame::Timestamp;
use crate::problems::{STEPS, Scale, Trend};

/// All that has a past in so many columns at the most, the oldest first: some steps to a column.
pub(crate) fn in_columns(trend: &Trend, scale: &Scale, width: usize) -> Vec<u32> {
    let steps = trend.last(scale, STEPS);
    let together = together(scale, width);
    let Timestamp(now) = scale.now();
    let last = now / SECOND / scale.seconds().max(1);
    let (mut sums, mut column): (Vec<u32>, _) = (Vec::new(), None);
    for (back, count) in (0..steps.len() as u64).rev().zip(&steps) {
        // Columns begin at the same steps always, so that nothing flickers as time goes on.
        let this = last.saturating_sub(back) / together;
        if column.replace(this) != Some(this) {
            sums.push(0);
        }
        if let Some(sum) = sums.last_mut() {
            *sum = sum.saturating_add(*count);
        }
    }
    sums.split_off(sums.len().saturating_sub(width))
}

/// How many seconds a column of so many lasts.
pub(crate) fn seconds_in_columns(scale: &Scale, width: usize) -> u64 {
    scale.seconds() * together(scale, width)
}

const SECOND: u64 = 1_000_000_000;

/// How many steps a column stands for, where all that has a past is to fit into so many columns.
fn together(scale: &Scale, width: usize) -> u64 {
    let used = Trend::new().last(scale, STEPS).len() as u64;
    // The first and the last column are seldom whole.
    let columns = |steps: u64| match steps {
        1 => used,
        _ => used.saturating_sub(2) / steps + 2,
    };
    let mut fitting = (1..=used).filter(|steps| columns(*steps) <= width as u64);
    fitting.next().unwrap_or_else(|| used.max(1))
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

    #[test]
    fn the_highest_step_is_a_whole_block_and_nothing_is_none() {
        assert_eq!(sparkline(&[2, 1, 0, 3], false), "▆▃ █");
        assert_eq!(sparkline(&[2, 1, 0, 3], true), "*- @");
    }

    fn trend(times: impl IntoIterator<Item = u64>) -> (Scale, Trend) {
        let (mut scale, mut trend) = (Scale::growing_to(32), Trend::new());
        for seconds in times {
            let time = Timestamp((1_000_000 + seconds) * SECOND);
            for _ in 0..scale.reach(time) {
                trend.double();
            }
            trend.add(&scale, time);
        }
        (scale, trend)
    }

    #[test]
    fn all_of_the_past_fits_into_few_columns() {
        for seconds in [1, 3, 7, 40, 60, 500, 2000] {
            let (scale, trend) = trend(0..seconds);
            for width in [1, 2, 6, 12, 24, 60] {
                let columns = in_columns(&trend, &scale, width);
                let held: u32 = trend.last(&scale, STEPS).iter().sum();
                assert!(columns.len() <= width, "{seconds} {width} {columns:?}");
                assert!(
                    width < 3 || columns.iter().sum::<u32>() == held,
                    "{seconds} {width} {columns:?} {held}"
                );
            }
        }
        let (scale, trend) = trend([0, 1, 2, 3, 30, 59]);
        assert_eq!(seconds_in_columns(&scale, 12), 6);
        assert_eq!(in_columns(&trend, &scale, 60).len(), 60);
    }
}
