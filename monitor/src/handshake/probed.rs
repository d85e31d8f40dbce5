//! Connections of `tlsmon probe`: they ask a question and leave on purpose, so they have not failed.

use super::{Conversation, Decision};
use crate::report::Outcome;

impl Decision {
    /// The same, but a probe where the hello is one of `tlsmon probe`.
    #[must_use]
    pub fn with_probes_told_apart(self, talk: &Conversation) -> Self {
        if self.outcome == Outcome::Failed && talk.is_asked_by_tlsmon() {
            Self {
                outcome: Outcome::Probe,
                ..self
            }
        } else {
            self
        }
    }
}

impl Conversation {
    /// The hello says that `tlsmon probe` sent it.
    pub fn is_asked_by_tlsmon(&self) -> bool {
        let hello = self.progress.client_hello.as_ref();
        hello.is_some_and(|(hello, _)| hello.is_of_probe())
    }
}
