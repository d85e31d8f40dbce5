//! The differences that docs/comparison.md lists, each with its reason.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};

use crate::paths;

/// A difference: in which capture and stream, in which field, what the peers have and what tlsmon has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    pub(super) capture: String,
    pub(super) stream: u64,
    pub(super) field: String,
    pub(super) peer: String,
    pub(super) ours: String,
}

/// All that are listed, with their reasons.
pub(super) struct Listed(BTreeMap<Difference, String>);

impl Listed {
    pub(super) fn read() -> Result<Self> {
        let path = paths::root().join("docs/comparison.md");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::of(&text)
    }

    /// The lines of the table ``| `capture` | stream | field | peers | tlsmon | why |``.
    fn of(text: &str) -> Result<Self> {
        let mut all = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [capture, stream, field, peer, ours, why] = cells[..] else {
                continue;
            };
            ensure!(!why.is_empty(), "{line:?} has no reason");
            let plain = |cell: &str| cell.trim_matches('`').to_owned();
            let difference = Difference {
                capture: plain(capture),
                stream: stream
                    .parse()
                    .with_context(|| format!("no stream in {line:?}"))?,
                field: field.to_owned(),
                peer: plain(peer),
                ours: plain(ours),
            };
            all.insert(difference, why.to_owned());
        }
        Ok(Self(all))
    }

    pub(super) fn has(&self, difference: &Difference) -> bool {
        self.0.contains_key(difference)
    }

    /// Those of one capture.
    pub(super) fn of_capture<'a>(
        &'a self,
        capture: &'a str,
    ) -> impl Iterator<Item = &'a Difference> {
        self.0
            .keys()
            .filter(move |listed| listed.capture == capture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_is_a_difference_with_its_reason() {
        let listed = Listed::of(
            "| a | b |\n| `x/y.pcap` | 3 | JA3S | `12` | `34` | RFC 8446 section 4.1.3 |\n",
        )
        .unwrap();
        let difference = Difference {
            capture: "x/y.pcap".into(),
            stream: 3,
            field: "JA3S".into(),
            peer: "12".into(),
            ours: "34".into(),
        };
        assert!(listed.has(&difference));
        assert_eq!(listed.of_capture("x/y.pcap").count(), 1);
    }

    #[test]
    fn a_difference_without_a_reason_is_refused() {
        assert!(Listed::of("| `x` | 3 | JA3S | `12` | `34` |  |").is_err());
    }
}
