//! Keeps the last packets of a live capture, and makes a proof of those of a handshake that fails.

use std::sync::Arc;
use std::time::Duration;

use super::kept::{self, Proof};
use super::ring::{Ring, Size};
use super::store::{Loss, Store};
use super::{keys, redact};
use crate::flow::{Endpoint, FlowKey, Protocol};
use crate::frame::{Frame, InterfaceId, Timestamp};
use crate::pipeline::Names;
use crate::report::{Event, Handshake};
use crate::wire::Packet;

/// How many proofs are made in a second: a server that refuses everybody must not cost more than it shows.
const MOST_A_SECOND: u32 = 100;
const SECOND: Duration = Duration::from_secs(1);
/// How long before the leg that tells the story another leg may have begun.
const LEGS_APART: Duration = Duration::from_secs(3);

/// Sees every packet and every event.
#[derive(Debug)]
pub struct Recorder {
    ring: Ring,
    names: Names,
    store: Arc<Store>,
    now: Timestamp,
    second: Timestamp,
    in_second: u32,
}

impl Recorder {
    /// A recorder that has seen nothing; what it keeps goes to the store.
    pub fn new(size: Size, store: Arc<Store>) -> Self {
        let nobody = Endpoint {
            address: std::net::Ipv4Addr::UNSPECIFIED.into(),
            port: 0,
        };
        Self {
            ring: Ring::new(size, FlowKey::new(Protocol::Tcp, nobody, nobody)),
            names: Names::default(),
            store,
            now: Timestamp::default(),
            second: Timestamp::default(),
            in_second: 0,
        }
    }

    /// A packet passes, whose headers have been read where they can be.
    pub fn frame(&mut self, frame: &Frame<'_>, packet: Option<&Packet<'_>>) {
        self.now = frame.time;
        if let Some(packet) = packet {
            self.ring.push(keys::of_packet(packet), frame);
        }
    }

    /// From here on, `id` means the interface called `name`.
    pub fn interface(&mut self, id: InterfaceId, name: &str) {
        self.names.call(id, name);
    }

    /// `id` is no longer watched.
    pub fn left(&mut self, id: InterfaceId) {
        self.names.note_gone(id);
    }

    /// Time has come this far.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Keeps the packets of a failing handshake.
    pub fn event(&mut self, event: &Event) {
        let Event::Handshake(handshake) = event else {
            return;
        };
        if !handshake.is_failure() {
            return;
        }
        if !self.may_keep() {
            return self.store.lose(Loss::TooMany);
        }
        let mut proof = self.proof(handshake);
        if proof.is_cut {
            self.store.lose(Loss::Overwritten);
        }
        redact::redact(&mut proof);
        self.store.keep(proof);
    }

    fn may_keep(&mut self) -> bool {
        if self.now.since(self.second) >= SECOND || self.now < self.second {
            (self.second, self.in_second) = (self.now, 0);
        }
        self.in_second += 1;
        self.in_second <= MOST_A_SECOND
    }

    fn proof(&self, handshake: &Handshake) -> Proof {
        let mut found = Vec::new();
        for (leg, key) in keys::of_handshake(handshake).into_iter().enumerate() {
            let since = if leg == 0 {
                handshake.time
            } else {
                Timestamp(handshake.time.0.saturating_sub(nanos(LEGS_APART)))
            };
            found.extend(self.ring.of_flow(key, since));
        }
        found.sort_unstable_by_key(|(number, _)| *number);
        found.dedup_by_key(|(number, _)| *number);
        let first = found.first().map(|(_, frame)| frame.time);
        Proof {
            handshake: handshake.clone(),
            revision: None,
            is_cut: first.is_none_or(|first| first > handshake.time),
            packets: found.iter().map(|(_, frame)| self.own(frame)).collect(),
            until: self.now,
        }
    }

    fn own(&self, frame: &Frame<'_>) -> kept::Packet {
        let name = self.names.get(frame.interface).cloned();
        kept::Packet::of(frame, name.unwrap_or_else(|| "unknown".into()))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
