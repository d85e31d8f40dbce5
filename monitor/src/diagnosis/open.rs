//! Verdicts that later contrast may change.
//!
//! A hello that was refused without a word is explained by what its endpoint does for others, and some of that comes later.
//! So its verdict stays open for a while, and is looked at again when its endpoint does something that it may turn on.
//!
//! - Open are verdicts on refused hellos that are not certain; the last 256 of them, for five minutes.
//! - Each is looked at sixteen times at most, and revised three times at most.
//! - A revision gives the same cause more confidence, or another cause that is no less sure and that it did not have before.
//!   A cause that contrast rules out is withdrawn: the verdict becomes `unexplained`.
//! - What is certain stays, and so does it that an endpoint which had answered refused everybody, when it answers again.

use std::collections::VecDeque;
use std::time::Duration;

use arrayvec::ArrayVec;

use super::{Baseline, Case, Service, Verdict, diagnose};
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Decision};
use crate::report::{Cause, Confidence};

const MAX_OPEN: usize = 256;
const LIFETIME: Duration = Duration::from_mins(5);
const MAX_LOOKS: u8 = 16;
const MAX_REVISIONS: usize = 3;
/// A conversation that holds more bytes than this is not kept: most that are refused hold none.
const MAX_HELD: usize = 8 * 1024;

/// Verdicts that later contrast may change, the oldest first.
#[derive(Debug, Default)]
pub struct OpenVerdicts {
    open: VecDeque<Open>,
}

/// A cause, and how sure it is.
pub type Said = (Cause, Option<Confidence>);

/// A verdict that later contrast may change.
#[derive(Debug)]
struct Open {
    talk: Box<Conversation>,
    decision: Decision,
    cause: Cause,
    confidence: Option<Confidence>,
    /// The causes that it had before.
    had: ArrayVec<Cause, MAX_REVISIONS>,
    revisions: usize,
    looks: u8,
}

/// What a verdict becomes.
#[derive(Debug)]
pub struct Revised<'a> {
    /// The conversation, and what its endpoint did for others up to now.
    pub case: Case<'a>,
    /// Why it failed, as it looks now.
    pub verdict: Verdict,
    /// What was said before.
    pub was: Said,
}

impl OpenVerdicts {
    /// Keeps a verdict that contrast may change. Gives how many had to make room before their time.
    pub fn keep(&mut self, talk: Box<Conversation>, decision: Decision, said: Said) -> u64 {
        self.forget_old(decision.at);
        let (cause, confidence) = said;
        let one = Open {
            talk,
            decision,
            cause,
            confidence,
            had: ArrayVec::new(),
            revisions: 0,
            looks: 0,
        };
        if one.talk.buffered() > MAX_HELD {
            return 1;
        }
        let evicted = self.open.len() >= MAX_OPEN && self.open.pop_front().is_some();
        self.open.push_back(one);
        u64::from(evicted)
    }

    /// Looks again at the verdicts on hellos that this endpoint refused, and gives those that change.
    pub fn look_again(
        &mut self,
        service: Service,
        baseline: &Baseline,
        now: Timestamp,
        found: &mut dyn FnMut(Revised<'_>),
    ) {
        self.forget_old(now);
        self.open.retain_mut(|open| {
            if open.service() != service {
                return true;
            }
            if let Some(revised) = open.look(baseline) {
                found(revised);
            }
            open.may_change(baseline)
        });
    }

    /// How many verdicts are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn forget_old(&mut self, now: Timestamp) {
        let is_old = |open: &Open| now.since(open.decision.at) > LIFETIME;
        while self.open.front().is_some_and(is_old) {
            self.open.pop_front();
        }
    }
}

/// Whether contrast may change a verdict: it is on a hello that the server refused, and not settled.
pub fn is_open(case: &Case<'_>, verdict: &Verdict) -> bool {
    case.refusal().is_some() && !is_settled(verdict.cause, verdict.confidence, case.baseline)
}

fn is_settled(cause: Cause, confidence: Option<Confidence>, baseline: &Baseline) -> bool {
    match (cause, confidence) {
        (_, Some(Confidence::Certain)) => true,
        (Cause::EndpointWithoutCertificate, Some(Confidence::Likely)) => baseline.refusals().served,
        _ => false,
    }
}

impl Open {
    fn service(&self) -> Service {
        (self.talk.carrier.protocol(), self.talk.endpoints.server)
    }

    /// What the verdict becomes in the light of what the endpoint did since.
    fn look<'a>(&'a mut self, baseline: &'a Baseline) -> Option<Revised<'a>> {
        self.looks = self.looks.saturating_add(1);
        let case = Case {
            talk: &self.talk,
            decision: self.decision,
            chain: None,
            staple: None,
            legs: Vec::new(),
            baseline,
            proofs: None,
        };
        let verdict = diagnose(&case);
        let was = (self.cause, self.confidence);
        if !self.improves(&case, &verdict) {
            return None;
        }
        if verdict.cause != self.cause {
            self.had.try_push(self.cause).ok()?;
        }
        self.revisions += 1;
        (self.cause, self.confidence) = (verdict.cause, verdict.confidence);
        Some(Revised { case, verdict, was })
    }

    fn improves(&self, case: &Case<'_>, new: &Verdict) -> bool {
        let (old, now) = (rank(self.confidence), rank(new.confidence));
        match new.cause {
            same if same == self.cause => now > old,
            before if self.had.contains(&before) => false,
            Cause::Unexplained => is_ruled_out(case),
            _ => now >= old,
        }
    }

    fn may_change(&self, baseline: &Baseline) -> bool {
        self.looks < MAX_LOOKS
            && self.revisions < MAX_REVISIONS
            && !is_settled(self.cause, self.confidence, baseline)
    }
}

/// There is something to compare with that speaks against what was said; not that what spoke for it is forgotten.
fn is_ruled_out(case: &Case<'_>) -> bool {
    case.own_name().answered > 0 || case.offer().is_some_and(|offer| offer.has_contrast())
}

const fn rank(confidence: Option<Confidence>) -> u8 {
    match confidence {
        None => 0,
        Some(Confidence::Possible) => 1,
        Some(Confidence::Likely) => 2,
        Some(Confidence::Certain) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::ClientHello;

    #[test]
    fn open_verdicts_take_as_much_room_as_is_said() {
        let one = size_of::<Open>() + size_of::<Conversation>() + size_of::<ClientHello>();
        assert!(MAX_OPEN * (one + MAX_HELD) <= 4 << 20, "{one}");
    }

    #[test]
    fn no_confidence_is_less_than_any() {
        let weakest_first = [
            Confidence::Possible,
            Confidence::Likely,
            Confidence::Certain,
        ];
        let ranks = weakest_first.map(|one| rank(Some(one)));
        assert!(ranks.is_sorted() && rank(None) < ranks[0]);
    }
}
