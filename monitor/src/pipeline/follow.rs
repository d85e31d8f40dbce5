//! A conversation goes on: by a packet, or because its time is up.

use super::Pipeline;
use super::conclude;
use super::passing::Passing;
use super::tracked::Tracked;
use crate::flow::{Place, Side, Table, Way};
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Decision, Trigger, decide};

impl Pipeline {
    /// Gives the packet to its conversation, and decides if it can be decided.
    pub(super) fn follow(&mut self, place: Place, way: Way, passing: &Passing<'_>) {
        let Some(Tracked::Watched(talk, _)) = self.conversations.get_mut(place) else {
            return;
        };
        let (side, packet) = (talk.side_of(way), passing.packet());
        note(talk, side, passing);
        talk.push(side, packet, passing.frame.time);
        let most = self.settings.max_buffered;
        if !packet.is_empty() && !self.buffered.count(talk, most) {
            self.losses.add("pipeline", "buffer_full", 1);
        }
        if self.legs.may_join(talk) && self.legs.join(talk) {
            self.losses.add("pipeline", "legs_full", 1);
        }
        let mut decision = decide(talk, Trigger::Packet, passing.frame.time);
        if decision.is_some_and(Decision::is_established) && talk.is_unexamined() {
            decision = self.examine(place, passing.frame.time);
        }
        match decision {
            Some(decision) => self.conclude(place, decision),
            None => self.wait(place),
        }
    }

    /// It would be established: decides with what is to be said against its certificate or key.
    fn examine(&mut self, place: Place, now: Timestamp) -> Option<Decision> {
        if watched(&mut self.conversations, place)?
            .progress
            .offered_key()
            .is_some()
        {
            // Which keys others have is learned from those that were decided before.
            self.tell();
        }
        let talk = watched(&mut self.conversations, place)?;
        talk.doubt = conclude::doubt(&mut self.certificates, &self.endpoints, talk);
        decide(talk, Trigger::Packet, now)
    }

    /// Nothing is decided yet. The deadline may have come nearer.
    #[inline]
    fn wait(&mut self, place: Place) {
        let Some(Tracked::Watched(talk, timer)) = self.conversations.get_mut(place) else {
            return;
        };
        let deadline = talk.deadline(&self.settings.deadlines);
        if deadline < *timer {
            *timer = deadline;
            self.conversations.reschedule(place, deadline);
        }
    }

    /// A timer has fired; the deadline may have moved since it was set.
    pub(super) fn expire(&mut self, place: Place) {
        let now = self.now;
        let Some(Tracked::Watched(talk, timer)) = self.conversations.get_mut(place) else {
            self.conversations.remove(place);
            return;
        };
        let deadline = talk.deadline(&self.settings.deadlines);
        if deadline > now {
            *timer = deadline;
            self.conversations.reschedule(place, deadline);
        } else if let Some(decision) = decide(talk, Trigger::Deadline, deadline) {
            self.conclude(place, decision);
        }
    }
}

fn watched(conversations: &mut Table<Tracked>, place: Place) -> Option<&mut Conversation> {
    match conversations.get_mut(place)? {
        Tracked::Watched(talk, _) => Some(talk),
        Tracked::Decided(..) => None,
    }
}

/// Takes note of how a packet came: through which tunnel, or how it looks where its conversation was seen first.
fn note(talk: &mut Conversation, side: Side, passing: &Passing<'_>) {
    match &passing.headers.tunnel {
        Some(outer) => talk.note_tunnel(side, outer),
        None if passing.frame.interface == talk.interface => {
            talk.note_look(side, passing.packet(), passing.look());
        }
        None => {}
    }
}
