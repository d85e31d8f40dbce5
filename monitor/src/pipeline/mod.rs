//! The story: what happens to a packet, from Frame to Event. The one place that knows the order of the stages.

mod begin;
mod conclude;
mod driver;
mod legs;
mod losses;
mod names;
mod passing;
#[cfg(test)]
mod quic_tests;
mod settings;
mod tracked;

use std::time::Duration;

pub use driver::{Driver, EventSink};
pub(crate) use names::Names;
pub use settings::{Ports, Settings};

use crate::diagnosis::{Endpoints, Facts, OpenVerdicts, Proofs};
use crate::flow::{Fit, FlowKey, Place, Table, Way};
use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::handshake::{Conversation, Decision, Trigger, decide};
use crate::report::Event;
use crate::tls::Certificates;
use crate::tls::fingerprint::Fingerprints;
use crate::wire::{self, Outer, Transport, Unreadable};
use legs::Legs;
use losses::Losses;
use passing::Passing;
use tracked::{Begins, Tracked};

/// Packets come out of order by milliseconds. A clock that goes back by more was set: what began since then is not overdue.
const CLOCK_STEP: Duration = Duration::from_secs(2);

/// How many conversations with the same addresses and ports are held at once, in networks that tunnels keep apart.
const LANES: u8 = 8;

/// Turns Frames into Events. Has no clock: time is what frames and ticks say.
#[derive(Debug)]
pub struct Pipeline {
    settings: Settings,
    conversations: Table<Tracked>,
    endpoints: Endpoints,
    open: OpenVerdicts,
    certificates: Certificates,
    proofs: Proofs,
    fingerprints: Fingerprints,
    interfaces: Names,
    losses: Losses,
    legs: Legs,
    events: Vec<Event>,
    packets: u64,
    now: Timestamp,
    /// How many conversations are not decided yet.
    followed: usize,
    /// Memory held by all conversations for bytes that wait for others.
    buffered: usize,
}

impl Pipeline {
    /// A pipeline that has seen nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            conversations: Table::new(settings.max_conversations),
            endpoints: Endpoints::new(settings.max_endpoints),
            open: OpenVerdicts::default(),
            certificates: Certificates::default(),
            proofs: Proofs::default(),
            fingerprints: Fingerprints::default(),
            interfaces: Names::default(),
            losses: Losses::default(),
            legs: Legs::default(),
            events: Vec::new(),
            packets: 0,
            now: Timestamp::default(),
            followed: 0,
            buffered: 0,
            settings,
        }
    }

    /// Takes a packet: reads it, finds its conversation, puts its bytes in order, follows the handshake in them, and when
    /// that is decided says what became of it and why.
    pub fn push(&mut self, frame: Frame<'_>) {
        self.take(&frame, &wire::decode(&frame));
    }

    /// Takes a packet that has been read.
    #[inline]
    fn take(&mut self, frame: &Frame<'_>, packet: &Result<wire::Packet<'_>, Unreadable>) {
        self.packets += 1;
        self.advance(frame.time);
        match packet {
            Ok(headers) => self.packet(&Passing { frame, headers }),
            Err(reason) => self.unreadable(*reason),
        }
    }

    /// Time has come this far: what was to happen by now and did not, is decided.
    #[inline]
    pub fn advance(&mut self, now: Timestamp) {
        if now >= self.now || self.now.since(now) > CLOCK_STEP {
            self.now = now;
        }
        let is_due = self
            .conversations
            .next_deadline()
            .is_some_and(|at| at <= self.now);
        if is_due || self.legs.are_there() || !self.losses.is_empty() {
            self.catch_up();
        }
    }

    /// Decides what was to be decided by now.
    fn catch_up(&mut self) {
        while let Some(place) = self.conversations.expired(self.now) {
            self.expire(place);
        }
        while self.legs.are_there()
            && let Some(joined) = self.legs.due(self.now)
        {
            self.report_joined(joined);
        }
        if let Some(losses) = self.losses.due(self.now) {
            self.events.extend(losses);
        }
    }

    /// When [`Self::advance`] next has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let legs = self.legs.next().into_iter();
        legs.chain(self.conversations.next_deadline()).min()
    }

    /// The capture is over: what is not decided yet is incomplete.
    pub fn finish(&mut self) {
        let is_watched = |tracked: &Tracked| matches!(tracked, Tracked::Watched(..));
        for place in self.conversations.places_of(is_watched) {
            self.break_off(place);
        }
        self.conversations.clear();
        while let Some(joined) = self.legs.rest() {
            self.report_joined(joined);
        }
        self.events.extend(self.losses.all(self.now));
    }

    /// Whether anything has been found since [`Self::events`] was called last.
    pub const fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// What has been found since the last call.
    pub fn events(&mut self) -> std::vec::Drain<'_, Event> {
        self.events.drain(..)
    }

    /// How many packets it has taken.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// How many conversations it holds: those it follows, and those that are decided and remembered for a while.
    pub fn conversations(&self) -> (usize, usize) {
        (
            self.followed,
            self.conversations.len().saturating_sub(self.followed),
        )
    }

    /// Memory that its conversations hold for bytes that wait for others.
    pub const fn buffered(&self) -> usize {
        self.buffered
    }

    /// One in how many flows is watched.
    pub const fn sample_rate(&self) -> u32 {
        self.settings.sample_rate
    }

    /// What the verdicts know of each endpoint by now, in no order: copies.
    pub fn baselines(&self) -> Vec<Facts> {
        self.endpoints.facts(self.now)
    }

    /// How far time has come.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    fn packet(&mut self, passing: &Passing<'_>) {
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

    /// Gives the packet to its conversation, and decides if it can be decided.
    fn follow(&mut self, place: Place, way: Way, passing: &Passing<'_>) {
        let Some(Tracked::Watched(talk, timer)) = self.conversations.get_mut(place) else {
            return;
        };
        let (side, packet) = (talk.side_of(way), passing.packet());
        match &passing.headers.tunnel {
            Some(outer) => talk.note_tunnel(side, outer),
            None if passing.frame.interface == talk.interface => {
                talk.note_look(side, packet, passing.look());
            }
            None => {}
        }
        talk.push(side, packet, passing.frame.time);
        if !packet.is_empty() {
            let held = talk.buffered();
            self.buffered = (self.buffered + held).saturating_sub(talk.counted as usize);
            // What a conversation holds is bounded, far below 4 GiB.
            talk.counted = u32::try_from(held).unwrap_or(u32::MAX);
            if self.buffered > self.settings.max_buffered {
                self.buffered = self.buffered.saturating_sub(held);
                talk.give_up();
                talk.counted = 0;
                self.losses.add("pipeline", "buffer_full", 1);
            }
        }
        if self.legs.may_join(talk) && self.legs.join(talk) {
            self.losses.add("pipeline", "legs_full", 1);
        }
        let mut decision = decide(talk, Trigger::Packet, passing.frame.time);
        if talk.is_unexamined() && decision.is_some_and(Decision::is_established) {
            talk.doubt = conclude::doubt(&mut self.certificates, &self.endpoints, talk);
            decision = decide(talk, Trigger::Packet, passing.frame.time);
        }
        if let Some(decision) = decision {
            return self.conclude(place, decision);
        }
        let deadline = talk.deadline(&self.settings.deadlines);
        if deadline < *timer {
            *timer = deadline;
            self.conversations.reschedule(place, deadline);
        }
    }

    /// A timer has fired; the deadline may have moved since it was set.
    fn expire(&mut self, place: Place) {
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

    /// A packet that cannot be read. What is simply neither TCP nor UDP over IP is none of our business.
    fn unreadable(&mut self, reason: Unreadable) {
        match reason {
            Unreadable::NotIp | Unreadable::OtherProtocol(_) => {}
            Unreadable::Truncated | Unreadable::Malformed | Unreadable::Fragment => {
                self.losses.add("wire", reason.label(), 1);
            }
        }
    }
}

impl FrameSink for Pipeline {
    fn frame(&mut self, frame: Frame<'_>) {
        self.push(frame);
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        self.interfaces.call(id, name);
    }

    fn left(&mut self, id: InterfaceId) {
        self.interfaces.note_gone(id);
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        self.losses.add(place, reason, count);
    }

    fn tick(&mut self, now: Timestamp) {
        self.advance(now);
    }
}
