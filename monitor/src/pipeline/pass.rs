//! Whose a packet is: of a conversation that is known, or of one that it begins.

use super::passing::Passing;
use super::tracked::{Begins, Tracked};
use super::{Pipeline, begin};
use crate::flow::{Fit, FlowKey, Place, Way};
use crate::handshake::Conversation;
use crate::wire::{Outer, Transport};

/// How many conversations with the same addresses and ports are held at once, in networks that tunnels keep apart.
const LANES: u8 = 8;

impl Pipeline {
    /// A packet that has been read, if it is from or to a port that is watched.
    #[inline]
    pub(super) fn packet(&mut self, passing: &Passing<'_>) {
        let [from, to] = passing.ports();
        if self.settings.ports.watches(from) || self.settings.ports.watches(to) {
            self.pass(passing);
        }
    }

    fn pass(&mut self, passing: &Passing<'_>) {
        let (key, way) = passing.key();
        let (key, found) = match &passing.headers.tunnel {
            None => (key, self.conversations.find(&key)),
            Some(outer) => match self.lane(key, way, passing, outer) {
                Some(lane) => lane,
                None => return self.losses.add("pipeline", "overlay_full", 1),
            },
        };
        let Some(place) = found else {
            return self.begin(key, passing, 0);
        };
        match self.begins(place, way, passing.packet()) {
            None => self.follow(place, way, passing),
            Some((Begins::Another, again)) => {
                self.break_off(place);
                self.begin(key, passing, again);
            }
            Some((Begins::Renegotiation(side), again)) => {
                self.conversations.remove(place);
                let mut talk = begin::renegotiation(passing, side);
                talk.again = again;
                self.take_in(key, passing, talk);
            }
        }
    }

    /// What a packet begins under a key that is known, and how many handshakes were decided there before.
    fn begins(&mut self, place: Place, way: Way, packet: &Transport<'_>) -> Option<(Begins, u8)> {
        let tracked = self.conversations.get_mut(place)?;
        Some((tracked.begins(way, packet)?, tracked.again()))
    }

    /// Where the conversation of a packet in a tunnel is, or may begin: networks in tunnels may use the same addresses.
    fn lane(
        &mut self,
        key: FlowKey,
        way: Way,
        passing: &Passing<'_>,
        outer: &Outer,
    ) -> Option<(FlowKey, Option<Place>)> {
        let (mut perhaps, mut free) = (None, None);
        for key in (0..LANES).map(|lane| key.in_lane(lane)) {
            let found = self.conversations.find(&key);
            let tracked = found.and_then(|place| self.conversations.get_mut(place));
            match tracked.map(|tracked| tracked.fits(way, passing.packet(), outer)) {
                Some(Fit::Yes) => return Some((key, found)),
                Some(Fit::Perhaps) => perhaps = perhaps.or(Some((key, found))),
                Some(Fit::No) => {}
                None => free = free.or(Some((key, None))),
            }
        }
        perhaps.or(free)
    }

    /// A packet of no conversation begins one, if it can.
    fn begin(&mut self, key: FlowKey, passing: &Passing<'_>, again: u8) {
        if let Some(mut talk) = begin::conversation(passing, &self.settings.ports) {
            talk.again = if talk.joined_late { again } else { 0 };
            self.take_in(key, passing, talk);
        }
    }

    /// Follows a conversation from its first packet on.
    fn take_in(&mut self, key: FlowKey, passing: &Passing<'_>, talk: Box<Conversation>) {
        let (deadline, way) = (talk.deadline(&self.settings.deadlines), passing.key().1);
        self.legs.note_interface(passing.frame.interface);
        self.followed += 1;
        let tracked = Tracked::Watched(talk, deadline);
        let (place, evicted) = self.conversations.insert(key, tracked, deadline);
        if let Some(Tracked::Watched(talk, _)) = evicted {
            self.let_go(&talk);
            self.losses.add("pipeline", "table_full", 1);
        }
        self.follow(place, way, passing);
    }
}
