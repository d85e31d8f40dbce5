//! A trend as people see it.

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
}
