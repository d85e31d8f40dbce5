//! A cause, how sure it is, and what it rests on.

use crate::report::{Cause, Confidence};

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why it failed.
    pub cause: Cause,
    /// How sure that is; none for `unexplained`.
    pub confidence: Option<Confidence>,
    /// What it rests on, a sentence each, the strongest first.
    pub evidence: Vec<String>,
}

impl Verdict {
    /// A verdict with its first piece of evidence.
    pub fn new(cause: Cause, confidence: Confidence, evidence: String) -> Self {
        let facts = Self {
            cause,
            confidence: Some(confidence),
            evidence: Vec::with_capacity(4),
        };
        facts.and(evidence)
    }

    /// Adds a piece of evidence.
    #[must_use]
    pub fn and(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// Adds what else there is.
    #[must_use]
    pub fn and_all(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}
