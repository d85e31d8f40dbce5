//! What happens when a handshake is decided.

use std::sync::Arc;

use super::Pipeline;
use super::legs::{Fate, Joined, Leg};
use super::tracked::Tracked;
use crate::diagnosis::{self, Case, Endpoints, Lesson, Said, Service, Verdict, diagnose, is_open};
use crate::flow::{Place, Quic};
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Decision, Doubt, Trigger, decide};
use crate::report::{
    Cause, Context, EndedHow, Event, LegReport, Outcome, checker, compose, revision,
};
use crate::tls::{Certificates, Chain, Staple};

impl Pipeline {
    /// The handshake is decided: report it, and remember the conversation for a while so that its last packets are known.
    pub(super) fn conclude(&mut self, place: Place, decision: Decision) {
        let deadlines = &self.settings.deadlines;
        let forget = self.now.plus(match decision.how {
            EndedHow::Timeout => deadlines.memory_of_silence,
            _ => deadlines.memory,
        });
        let Some(tracked) = self.conversations.get_mut(place) else {
            return;
        };
        if let Some(talk) = tracked.decided() {
            self.let_go(&talk);
            self.conversations.reschedule(place, forget);
            self.hand_in(talk, decision);
        }
    }

    /// The same addresses and ports begin anew, or the capture is over: whatever this was, it is over.
    pub(super) fn break_off(&mut self, place: Place) {
        let Some(Tracked::Watched(talk, _)) = self.conversations.remove(place) else {
            return;
        };
        self.let_go(&talk);
        if let Some(decision) = decide(&talk, Trigger::CaptureEnd, self.now) {
            self.hand_in(talk, decision);
        }
    }

    /// Reports a conversation that is decided; with its other legs, where it has any.
    pub(super) fn hand_in(&mut self, talk: Box<Conversation>, decision: Decision) {
        match self.legs.decided(talk, decision, self.now) {
            Fate::Alone(talk) => self.report(talk, decision, Vec::new()),
            Fate::Told => {}
            Fate::Complete(joined) => self.report_joined(joined),
        }
    }

    /// Reports a handshake that has several legs.
    pub(super) fn report_joined(&mut self, mut joined: Joined) {
        let name = |id| self.interfaces.get(id).cloned();
        let leg = |leg: &Leg| {
            let interface = name(leg.interface);
            LegReport::of(interface, leg.endpoints, leg.hello_at, leg.decision)
        };
        let legs = joined.legs().iter().map(leg).collect();
        if let Some((talk, decision)) = joined.story() {
            self.report(talk, decision, legs);
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
        let open = self.tell(&talk, decision, legs);
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
    fn tell(
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

    /// This conversation is not followed any more.
    pub(super) fn let_go(&mut self, talk: &Conversation) {
        self.buffered.let_go(talk);
        self.followed = self.followed.saturating_sub(1);
        let unopened = talk.carrier.quic().map_or(0, Quic::unopened);
        self.losses
            .add("pipeline", "initial_unopened", unopened.into());
    }
}

/// What is to be said against the certificate of a handshake that was completed, or against the key that its hello is encrypted
/// for. Health checks take any certificate, and leave without a word.
pub(super) fn doubt(
    certificates: &mut Certificates,
    endpoints: &Endpoints,
    talk: &Conversation,
) -> Doubt {
    let doubt = if let Some((chain, at)) = chain(certificates, talk) {
        diagnosis::doubt(&chain, talk.progress.asked_name(), at)
    } else {
        let service = (talk.carrier.protocol(), talk.endpoints.server);
        diagnosis::old_key(endpoints.of(service), talk)
    };
    let is_checker = doubt != Doubt::None && checker(talk.endpoints.client.address).is_some();
    if is_checker { Doubt::None } else { doubt }
}

/// The server's certificates, where they were sent in the clear, and when.
fn chain(certificates: &mut Certificates, talk: &Conversation) -> Option<(Arc<Chain>, Timestamp)> {
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
