//! One group of failures.

use std::collections::VecDeque;
use std::sync::Arc;

use super::clients::{Affected, Clients};
use super::trend::Trend;
use crate::frame::Timestamp;
use crate::report::{Cause, Confidence, EndpointName, Handshake, HandshakeId, Revision};

/// Handshakes that are named as examples.
const SAMPLES: usize = 5;

/// What the failures of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProblemKey {
    /// Why they failed.
    pub cause: Cause,
    /// Which server was asked.
    pub endpoint: EndpointName,
    /// By which name.
    pub name: Name,
}

/// The name in the ClientHello.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// There was none, or no hello was seen.
    None,
    /// This one.
    Named(Arc<str>),
    /// One of many more than are told apart.
    Others,
}

impl Name {
    pub(super) fn of(sni: Option<&Arc<str>>) -> Self {
        sni.map_or(Self::None, |name| Self::Named(Arc::clone(name)))
    }
}

/// A group: how many, since when, how often lately, and whom it affects.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What its failures have in common.
    pub key: ProblemKey,
    /// How many failures; each counts once, whatever the sample rate.
    pub count: u64,
    /// When the first of them began.
    pub first: Timestamp,
    /// When the last of them began.
    pub last: Timestamp,
    /// How sure the cause of the last one is.
    pub confidence: Option<Confidence>,
    /// How many began in each part of the last minutes.
    pub trend: Trend,
    /// Who failed.
    pub clients: Clients,
    samples: VecDeque<HandshakeId>,
}

impl Problem {
    /// The last few of them, the newest first.
    pub fn samples(&self) -> impl Iterator<Item = HandshakeId> {
        self.samples.iter().copied()
    }

    pub(super) fn new(key: ProblemKey) -> Self {
        Self {
            key,
            count: 0,
            first: Timestamp(u64::MAX),
            last: Timestamp::default(),
            confidence: None,
            trend: Trend::default(),
            clients: Clients::default(),
            samples: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, failure: &Failure) {
        self.count += 1;
        self.first = self.first.min(failure.time);
        self.last = self.last.max(failure.time);
        self.confidence = failure.confidence;
        self.trend.add(failure.time);
        self.clients.add(&failure.client);
        self.samples.push_front(failure.id);
        self.samples.truncate(SAMPLES);
    }

    /// The first and the last time stay as they are: what was said was said.
    pub(super) fn take(&mut self, failure: &Failure) {
        self.count = self.count.saturating_sub(1);
        self.trend.take(failure.time);
        self.clients.take(&failure.client);
        self.samples.retain(|id| *id != failure.id);
    }
}

/// What a group takes from one failure.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    id: HandshakeId,
    time: Timestamp,
    confidence: Option<Confidence>,
    client: Affected,
}

impl Failure {
    pub(super) fn of(handshake: &Handshake) -> Self {
        Self {
            id: handshake.id,
            time: handshake.time,
            confidence: handshake.confidence,
            client: Affected::of(handshake),
        }
    }

    pub(super) fn revised(revision: &Revision) -> Self {
        Self {
            id: revision.id,
            time: revision.begun,
            confidence: revision.confidence,
            client: Affected::revised(revision),
        }
    }
}
