//! A decided handshake is told: what became of it and why.
//!
//! To tell one takes far more code than a packet takes, and until the next is decided the processor's nearest cache has lost it
//! to the code of packets. So they wait for one another, and are told in a row.

use std::sync::Arc;

use super::Pipeline;
use crate::diagnosis::{Case, Lesson, Said, Service, Verdict, diagnose, is_open};
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Decision};
use crate::report::{Cause, Context, Event, LegReport, Outcome, compose, revision};
use crate::tls::{Certificates, Chain, Staple};

/// How many wait at most, where nobody asks for them.
const MOST: usize = 64;

/// A handshake that is decided and not told yet.
#[derive(Debug)]
pub(super) struct Untold {
    talk: Box<Conversation>,
    decision: Decision,
    legs: Vec<LegReport>,
}

impl Pipeline {
    /// This handshake is to be told, with its legs where it has several.
    pub(super) fn will_tell(
        &mut self,
        talk: Box<Conversation>,
        decision: Decision,
        legs: Vec<LegReport>,
    ) {
        if self.untold.len() == MOST {
            self.tell();
        }
        self.untold.push_back(Untold {
            talk,
            decision,
            legs,
        });
    }

    /// Says of all that is decided what became of it and why, in the order in which it was decided.
    pub(super) fn tell(&mut self) {
        while let Some(untold) = self.untold.pop_front() {
            self.report(untold.talk, untold.decision, untold.legs);
        }
    }

    /// Says what became of it and why, and lets its endpoint's baseline learn from it. A refusal is part of what the verdict
    /// on it rests on, so that is learned first.
    fn report(&mut self, talk: Box<Conversation>, decision: Decision, legs: Vec<LegReport>) {
        let service = (talk.carrier.protocol(), talk.endpoints.server);
        if !talk.speaks_tls() && !self.settings.ports.is_tls(talk.endpoints.server.port) {
            return;
        }
        let decision = decision.with_probes_told_apart(&talk);
        let lesson = Lesson::of(&talk, decision);
        let is_first = lesson.as_ref().is_some_and(Lesson::is_refusal);
        let (first, last) = if is_first {
            (lesson, None)
        } else {
            (None, lesson)
        };
        let mut news = self.learn(service, first);
        let open = self.explain(&talk, decision, legs);
        news |= self.learn(service, last);
        if news {
            self.look_again(service, decision.at);
        }
        if let Some(said) = open {
            let evicted = self.open.keep(talk, decision, said);
            self.losses.add("verdicts", "window_full", evicted);
        }
    }

    /// Says what became of it and why. Gives what was said if it may change.
    fn explain(
        &mut self,
        talk: &Conversation,
        decision: Decision,
        legs: Vec<LegReport>,
    ) -> Option<Said> {
        let service = (talk.carrier.protocol(), talk.endpoints.server);
        let chain = chain(&mut self.certificates, talk);
        let staple = staple(talk, chain.as_ref().map(|(chain, _)| &**chain));
        let case = Case {
            talk,
            decision,
            chain,
            staple,
            legs,
            baseline: self.endpoints.of(service),
            proofs: Some(&self.proofs),
        };
        let verdict = verdict(&case);
        let unchecked = self.proofs.take_left_out();
        self.losses
            .add("diagnosis", "signature_unchecked", unchecked);
        let open = verdict.as_ref().filter(|verdict| is_open(&case, verdict));
        let open = open.map(|verdict| (verdict.cause, verdict.confidence));
        let mut context = Context {
            node: self.settings.node.as_ref(),
            interface: self.interfaces.get(talk.interface),
            sample_rate: self.settings.sample_rate,
            fingerprints: &mut self.fingerprints,
        };
        let handshake = compose(&case, verdict, &mut context);
        self.events.push(Event::Handshake(handshake));
        open
    }

    /// Lets an endpoint's baseline learn. Gives whether verdicts may turn on it.
    fn learn(&mut self, service: Service, lesson: Option<Lesson<'_>>) -> bool {
        let Some(lesson) = lesson else {
            return false;
        };
        let learned = self.endpoints.learn(service, &lesson);
        self.losses.add("baseline", "table_full", learned.evicted);
        self.losses.add("baseline", "names_full", learned.unnamed);
        learned.news
    }

    /// Looks again at the verdicts on hellos that an endpoint refused, and says which have changed.
    fn look_again(&mut self, service: Service, now: Timestamp) {
        let (events, node) = (&mut self.events, self.settings.node.as_ref());
        let baseline = self.endpoints.of(service);
        self.open
            .look_again(service, baseline, now, &mut |revised| {
                events.push(Event::Revision(Box::new(revision(revised, node))));
            });
    }
}

/// The server's certificates, where they were sent in the clear, and when.
pub(super) fn chain(
    certificates: &mut Certificates,
    talk: &Conversation,
) -> Option<(Arc<Chain>, Timestamp)> {
    let (body, at) = talk.progress.certificates.as_ref()?;
    let chain = certificates.read(body, talk.progress.asked_name())?;
    Some((chain, *at))
}

/// The stapled OCSP response, and whether it is about the certificate that was sent.
fn staple(talk: &Conversation, chain: Option<&Chain>) -> Option<Staple> {
    let serial = chain.and_then(|chain| chain.leaf.serial.as_deref());
    let body = talk.progress.staple.as_ref()?;
    Some(Staple::read(body, serial))
}

/// Why it failed, or spoke no TLS. What did not fail has no cause, and for what is not TLS `unexplained` says nothing.
fn verdict(case: &Case<'_>) -> Option<Verdict> {
    match case.decision.outcome {
        Outcome::Failed => Some(diagnose(case)),
        Outcome::NotTls => {
            Some(diagnose(case)).filter(|verdict| verdict.cause != Cause::Unexplained)
        }
        Outcome::Established | Outcome::Probe | Outcome::Incomplete => None,
    }
}
