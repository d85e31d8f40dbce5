//! The failures that this program found itself, in groups: one for each cause, endpoint and name.

use std::sync::Arc;

use super::clients::Affected;
use super::groups::{Groups, Room};
use super::problem::{Example, Key, Problem, Seen};
use super::trend::{STEPS, Scale};
use crate::frame::Timestamp;
use crate::report::{Cause, Confidence, EndpointName, Event, Handshake, HandshakeId, Revision};

/// Seconds in a step of the trends: sixty of them are ten minutes.
pub const STEP_SECONDS: u64 = 10;

const ROOM: Room = Room {
    problems: 512,
    // Names may be invented without end.
    names: 32,
    clients: 64,
    examples: 5,
};

/// What this program found.
pub type Problems = Groups<ProblemKey, Sample>;

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

/// A handshake that is named as an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its id.
    pub id: HandshakeId,
    /// How sure its cause is.
    pub confidence: Option<Confidence>,
}

impl Name {
    fn of(sni: Option<&Arc<str>>) -> Self {
        sni.map_or(Self::None, |name| Self::Named(Arc::clone(name)))
    }
}

impl Key for ProblemKey {
    fn among_others(&self) -> Option<Self> {
        matches!(self.name, Name::Named(_)).then(|| Self {
            name: Name::Others,
            ..self.clone()
        })
    }
}

impl Example for Sample {
    fn is_of(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Default for Problems {
    fn default() -> Self {
        Self::with_capacity(ROOM.problems)
    }
}

impl Problems {
    /// Room for so many groups, at least one.
    pub fn with_capacity(problems: usize) -> Self {
        Self::new(Room { problems, ..ROOM }, Scale::fixed(STEP_SECONDS))
    }

    /// Counts a failure in its group, and moves it when its verdict is revised; other events only tell the time.
    pub fn observe(&mut self, event: &Event) {
        if let Some(time) = event.time() {
            self.reach(time);
        }
        match event {
            Event::Handshake(handshake) if handshake.is_failure() => self.found(handshake),
            Event::Revision(revision) => self.revised(revision),
            _ => {}
        }
    }

    /// How far time has come.
    pub const fn now(&self) -> Timestamp {
        self.scale().now()
    }

    /// Every group: those that fail most in these minutes first, then those that failed most, then the latest.
    pub fn ranked(&self) -> Vec<&Problem<ProblemKey, Sample>> {
        let mut ranked: Vec<_> = self.iter().collect();
        ranked.sort_by_cached_key(|problem| {
            let lately = problem.trend.total(self.scale(), STEPS);
            let rank = (lately, problem.count, problem.last);
            (std::cmp::Reverse(rank), problem.key.clone())
        });
        ranked
    }

    fn found(&mut self, handshake: &Handshake) {
        let key = ProblemKey {
            cause: handshake.cause_or_unexplained(),
            endpoint: EndpointName::of(&handshake.server),
            name: Name::of(handshake.sni()),
        };
        let seen = Seen {
            time: handshake.time,
            client: Some(Affected::of(handshake)),
            example: Sample {
                id: handshake.id,
                confidence: handshake.confidence,
            },
        };
        self.failed(key, seen);
    }

    /// The failure counts in the group of what is said now, and no more in that of what was said before.
    fn revised(&mut self, revision: &Revision) {
        let to = ProblemKey {
            cause: revision.cause,
            endpoint: EndpointName::of(&revision.server),
            name: Name::of(revision.sni.as_ref()),
        };
        let from = ProblemKey {
            cause: revision.was.cause,
            ..to.clone()
        };
        let seen = Seen {
            time: revision.begun,
            client: Some(Affected::revised(revision)),
            example: Sample {
                id: revision.id,
                confidence: revision.confidence,
            },
        };
        self.moved(from, to, seen);
    }
}
