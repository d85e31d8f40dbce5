//! What one way of attaching showed on one kernel.

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// What stands before a finding among the lines that the machine says.
const MARK: &str = "finding ";

/// The word for a scenario in which everything was as it must be.
const RIGHT: &str = "right";

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// `uname -r`.
    pub release: String,
    /// How tlsmon attached.
    pub way: String,
    /// Whether it was told to attach so.
    pub asked: bool,
    /// The capabilities without which it does not start.
    pub needed: Vec<String>,
    /// Packets that came by the ring.
    pub records: f64,
    /// What was lost anywhere.
    pub lost: f64,
    /// Each scenario, with `right` or what was not.
    pub scenarios: Vec<(String, String)>,
    /// Seconds from the start of tlsmon until it was ready.
    pub ready: f64,
    /// Seconds from the start of the kernel until the programs under test ran.
    pub booted: f64,
}

impl Finding {
    /// As a line that `from_line` reads.
    pub fn line(&self) -> Result<String> {
        Ok(format!("{MARK}{}", serde_json::to_string(self)?))
    }

    /// Reads such a line; none for any other.
    pub fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix(MARK)?).ok()
    }

    /// Whether the ring brought packets, and nothing was lost.
    pub fn ring_works(&self) -> bool {
        self.records > 0.0 && self.lost == 0.0
    }

    /// The scenarios that went wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &(String, String)> {
        self.scenarios.iter().filter(|(_, word)| word != RIGHT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_comes_back_from_its_line_and_other_lines_are_none() {
        let finding = Finding {
            release: "5.10.0-39-cloud-amd64".into(),
            way: "clsact".into(),
            asked: false,
            needed: vec!["bpf".into()],
            records: 12.0,
            lost: 0.0,
            scenarios: vec![("a".into(), "right".into()), ("b".into(), "no".into())],
            ready: 0.5,
            booted: 2.0,
        };
        assert_eq!(
            Finding::from_line(&finding.line().unwrap()),
            Some(finding.clone())
        );
        assert_eq!(Finding::from_line("ok  kernel  5.10"), None);
        assert!(finding.ring_works());
        assert_eq!(finding.wrong().count(), 1);
    }
}
