//! What happens when a handshake is decided.

use super::Pipeline;
use super::legs::{Fate, Joined, Leg};
use super::tell::chain;
use super::tracked::Tracked;
use crate::diagnosis::{self, Endpoints};
use crate::flow::{Place, Quic};
use crate::handshake::{Conversation, Decision, Doubt, Trigger, decide};
use crate::report::{EndedHow, LegReport, checker};
use crate::tls::Certificates;

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
            Fate::Alone(talk) => self.will_tell(talk, decision, Vec::new()),
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
            self.will_tell(talk, decision, legs);
        }
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
