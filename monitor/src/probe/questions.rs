//! Which question comes next, given the answers so far.

use super::answer::{Ending, Exchange};
use super::like::Like;
use super::noise::Noise;
use super::offer::{self, OTHER_NAME};
use super::{Asked, runbook};
use crate::report::ProbeQuestion;

/// How many unanswered connections are waited for before the rest is left unasked.
const MAX_TIMEOUTS: usize = 4;
/// How many connections in a row may end before a hello, or in silence, at the begin.
const MAX_VAIN: usize = 3;

/// Gives one question after the other.
#[derive(Debug)]
pub struct Questions {
    plan: Plan,
    name: Option<String>,
    noise: Noise,
}

#[derive(Debug)]
enum Plan {
    Runbook,
    Like(Box<Like>),
}

impl Questions {
    /// The questions of the runbook, for this name.
    pub const fn of_runbook(name: Option<String>, noise: Noise) -> Self {
        Self {
            plan: Plan::Runbook,
            name,
            noise,
        }
    }

    /// The hello of a report, and then that with one thing changed. `name` is one that the server is said to serve.
    pub fn of_report(like: Like, name: Option<String>, noise: Noise) -> Self {
        Self {
            plan: Plan::Like(Box::new(like)),
            name,
            noise,
        }
    }

    /// How many questions there are at most.
    pub fn at_most(&self) -> usize {
        match &self.plan {
            Plan::Runbook => runbook::ORDER.len(),
            // A change is tried only when the hello itself fails, and the certificates are looked at only when it does not.
            Plan::Like(like) => 1 + like.changes(self.name.as_deref()).len().max(1),
        }
    }

    /// The next question; none when nothing is left that would tell more.
    pub fn next(&mut self, so_far: &[Exchange]) -> Option<Asked> {
        if is_in_vain(so_far) {
            return None;
        }
        match &self.plan {
            Plan::Runbook => {
                let question = runbook::next(so_far, self.name.is_some())?;
                Some(self.runbook_question(question, so_far))
            }
            Plan::Like(like) => {
                let question = like.next(so_far, self.name.as_deref())?;
                let hello = like.hello_for(question, self.name.as_deref());
                let words = like.words(question, self.name.as_deref());
                Some(Asked::new(question, words, &hello, &mut self.noise))
            }
        }
    }

    fn runbook_question(&mut self, question: ProbeQuestion, so_far: &[Exchange]) -> Asked {
        let name = match question {
            ProbeQuestion::WithName | ProbeQuestion::Again => self.name.as_deref(),
            ProbeQuestion::WithoutName => None,
            ProbeQuestion::OtherName => Some(OTHER_NAME),
            _ => runbook::served_name(so_far, self.name.as_deref()),
        };
        let hidden = !runbook::is_answered(so_far, ProbeQuestion::Tls12);
        let hello = offer::of(question, name, hidden);
        let words = runbook::words(question, name);
        Asked::new(question, words, &hello, &mut self.noise)
    }
}

/// Whether the answers so far say that all others would be the same.
fn is_in_vain(so_far: &[Exchange]) -> bool {
    let Some(first) = so_far.first() else {
        return false;
    };
    let ending = &first.answer.ending;
    let waited = |exchange: &&Exchange| {
        matches!(
            exchange.answer.ending,
            Ending::Silent | Ending::ConnectTimeout
        )
    };
    let timeouts = so_far.iter().filter(waited);
    let vain = |exchange: &Exchange| {
        matches!(
            exchange.answer.ending,
            Ending::Silent | Ending::HungUp { .. } | Ending::TooMuch
        ) || exchange.answer.is_unconnected()
    };
    first.answer.is_unconnected()
        || matches!(ending, Ending::Cleartext(_))
        || so_far.len() >= MAX_VAIN && so_far.iter().all(vain)
        || timeouts.count() >= MAX_TIMEOUTS
}

/// Whether the questions ended before all that could be asked was asked.
pub(super) fn ended_early(so_far: &[Exchange]) -> bool {
    is_in_vain(so_far)
}
