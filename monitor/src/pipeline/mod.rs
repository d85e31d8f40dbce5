//! The story: what happens to a packet, from Frame to Event. The one place that knows the order of the stages.

mod begin;
mod buffered;
mod conclude;
mod driver;
mod follow;
mod legs;
mod losses;
mod names;
mod pass;
mod passing;
#[cfg(test)]
mod quic_tests;
mod settings;
mod tell;
mod tracked;

use std::collections::VecDeque;
use std::time::Duration;

pub use driver::{Driver, EventSink, IN_A_ROW};
pub(crate) use names::Names;
pub use settings::{Ports, Settings};

use crate::diagnosis::{Endpoints, Facts, OpenVerdicts, Proofs};
use crate::flow::Table;
use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::report::Event;
use crate::tls::Certificates;
use crate::tls::fingerprint::Fingerprints;
use crate::wire::{self, Unreadable};
use buffered::Buffered;
use legs::Legs;
use losses::Losses;
use passing::Passing;
use tell::Untold;
use tracked::Tracked;

/// Packets come out of order by milliseconds. A clock that goes back by more was set: what began since then is not overdue.
const CLOCK_STEP: Duration = Duration::from_secs(2);

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
    untold: VecDeque<Untold>,
    events: Vec<Event>,
    packets: u64,
    now: Timestamp,
    /// How many conversations are not decided yet.
    followed: usize,
    buffered: Buffered,
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
            untold: VecDeque::new(),
            events: Vec::new(),
            packets: 0,
            now: Timestamp::default(),
            followed: 0,
            buffered: Buffered::default(),
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
        if self.losses.are_due(self.now) {
            self.tell();
            self.events.extend(self.losses.all(self.now));
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
        self.tell();
        self.events.extend(self.losses.all(self.now));
    }

    /// How much has been found since [`Self::events`] was called last.
    #[inline]
    pub fn found(&self) -> usize {
        self.untold.len() + self.events.len()
    }

    /// What has been found since the last call.
    pub fn events(&mut self) -> std::vec::Drain<'_, Event> {
        self.tell();
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
        self.buffered.bytes()
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
        // What is decided was seen under the names of before.
        self.tell();
        self.interfaces.call(id, name);
    }

    fn left(&mut self, id: InterfaceId) {
        self.tell();
        self.interfaces.note_gone(id);
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        self.losses.add(place, reason, count);
    }

    fn tick(&mut self, now: Timestamp) {
        self.advance(now);
    }
}
