//! What a run of libFuzzer came to, by its own last lines.

use std::fmt;

use anyhow::{Context as _, Result};

/// The figures of one run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figures {
    /// Inputs that were tried.
    pub(super) inputs: u64,
    /// Edges of the program that were passed.
    coverage: u64,
    /// Memory at most, in MiB, the fuzzer's own included.
    memory_mb: u64,
}

impl Figures {
    pub(super) fn of(log: &str) -> Result<Self> {
        let number = |text: &str| text.split_whitespace().next()?.parse().ok();
        let last = |key: &str| {
            let mut lines = log.lines().rev();
            lines.find_map(|line| line.split_once(key).and_then(|(_, rest)| number(rest)))
        };
        Ok(Self {
            inputs: last("stat::number_of_executed_units:").context("no count of inputs")?,
            coverage: last(" cov: ").unwrap_or_default(),
            memory_mb: last("stat::peak_rss_mb:").context("no figure of memory")?,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            inputs,
            coverage,
            memory_mb,
        } = self;
        write!(
            f,
            "{inputs} inputs, nothing found; {coverage} edges passed, {memory_mb} MiB at most"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_a_run_are_read() {
        let log = "#2\tINITED cov: 112 ft: 112 corp: 1/54b exec/s: 0 rss: 35Mb\n\
            #1237847\tDONE   cov: 543 ft: 1137 corp: 428/35Kb lim: 4096 exec/s: 137538 rss: 440Mb\n\
            stat::number_of_executed_units: 1237847\nstat::peak_rss_mb:              440\n";
        let figures = Figures {
            inputs: 1_237_847,
            coverage: 543,
            memory_mb: 440,
        };
        assert_eq!(Figures::of(log).unwrap(), figures);
    }

    #[test]
    fn a_run_that_did_not_come_to_its_end_has_no_figures() {
        assert!(Figures::of("#2\tINITED cov: 112").is_err());
    }
}
