//! One handshake on several interfaces under several addresses: on the node's card to the service's address, on a pod's
//! interface to the pod's. The random of the ClientHello joins these legs, and they are one report.
//!
//! ```text
//!   client --- eth0: VIP:443 --- DNAT --- veth7: pod:8443 --- pod
//!                 RST seen here, and not here: the pod never sent it
//! ```
//!
//! Where packets come from one interface only, nothing of this happens.

use std::collections::VecDeque;
use std::time::Duration;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::flow::{Endpoint, Side, Sides};
use crate::frame::{InterfaceId, Timestamp};
use crate::handshake::{Conversation, Decision, ended_by};
use crate::report::{EndedBy, EndedHow, Outcome};

/// How long the other legs may take to be decided once one is.
const WAIT: Duration = Duration::from_millis(50);
/// How long after the first the ClientHello may pass another interface: longer than it takes to be sent again. A random that
/// comes again later is another client's, or the same client's again.
const WITHIN: Duration = Duration::from_secs(3);
/// How many handshakes are remembered.
const MOST: usize = 4096;
/// How many legs of one handshake are told.
const MOST_LEGS: usize = 4;

type Random = [u8; 32];

/// The handshakes seen lately, by the random of their ClientHello.
#[derive(Debug, Default)]
pub(super) struct Legs {
    interface: Option<InterfaceId>,
    several: bool,
    recent: HashMap<Random, Joined>,
    /// All of them, the oldest first.
    order: VecDeque<Random>,
    /// Those of which a leg is decided, and until when the others are waited for.
    waiting: VecDeque<(Timestamp, Random)>,
    /// Those that had to make room while their legs were waited for.
    crowded_out: Vec<Joined>,
}

/// The legs of one handshake.
#[derive(Debug, Default)]
pub(super) struct Joined {
    legs: SmallVec<[Leg; 2]>,
    told: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) interface: InterfaceId,
    pub(super) endpoints: Sides<Endpoint>,
    pub(super) hello_at: Timestamp,
    pub(super) decision: Option<Decision>,
    talk: Option<Box<Conversation>>,
}

/// What becomes of a leg that is decided.
#[derive(Debug)]
pub(super) enum Fate {
    /// It is the only one: report it.
    Alone(Box<Conversation>),
    /// The others are waited for, or it was told with them.
    Told,
    /// It was the last that was waited for: report them.
    Complete(Joined),
}

impl Legs {
    /// A conversation begins on this interface.
    pub(super) fn note_interface(&mut self, id: InterfaceId) {
        let first = *self.interface.get_or_insert(id);
        self.several |= first != id;
    }

    /// Whether there are any: conversations have begun on more interfaces than one.
    pub(super) const fn are_there(&self) -> bool {
        self.several
    }

    /// Whether a conversation may have other legs, and has not been joined with them.
    pub(super) const fn may_join(&self, talk: &Conversation) -> bool {
        self.several && talk.is_leg.is_none() && talk.progress.client_hello.is_some()
    }

    /// Joins a conversation with those whose ClientHello has the same random. Gives whether another handshake had to make
    /// room, of which not all legs are decided.
    pub(super) fn join(&mut self, talk: &mut Conversation) -> bool {
        let Some((hello, hello_at)) = &talk.progress.client_hello else {
            return false;
        };
        let joined = self.recent.entry(hello.random).or_insert_with(|| {
            self.order.push_back(hello.random);
            Joined::default()
        });
        let is_leg = joined.takes(talk, *hello_at);
        talk.is_leg = Some(is_leg);
        if is_leg {
            joined.legs.push(Leg {
                interface: talk.interface,
                endpoints: talk.endpoints,
                hello_at: *hello_at,
                decision: None,
                talk: None,
            });
            joined.legs.sort_by_key(|leg| leg.hello_at);
        }
        self.order.len() > MOST && self.make_room()
    }

    fn make_room(&mut self) -> bool {
        let oldest = self.order.pop_front();
        let oldest = oldest.and_then(|random| self.recent.remove(&random));
        let Some(oldest) = oldest.filter(|oldest| !oldest.told) else {
            return false;
        };
        let is_split = oldest.legs.len() > 1;
        if oldest.legs.iter().any(|leg| leg.decision.is_some()) {
            self.crowded_out.push(oldest);
        }
        is_split
    }

    /// A conversation is decided.
    pub(super) fn decided(
        &mut self,
        talk: Box<Conversation>,
        decision: Decision,
        now: Timestamp,
    ) -> Fate {
        let random = talk
            .progress
            .client_hello
            .as_ref()
            .map(|(hello, _)| hello.random);
        let joined = random.and_then(|random| Some((random, self.recent.get_mut(&random)?)));
        let Some((random, joined)) = joined.filter(|_| talk.is_leg == Some(true)) else {
            return Fate::Alone(talk);
        };
        match joined.legs.as_slice() {
            _ if joined.told => return Fate::Told,
            [_] => {
                joined.told = true;
                return Fate::Alone(talk);
            }
            _ => {}
        }
        let is_first = joined.legs.iter().all(|leg| leg.decision.is_none());
        if let Some(leg) = joined
            .legs
            .iter_mut()
            .find(|leg| leg.endpoints == talk.endpoints)
        {
            (leg.decision, leg.talk) = (Some(decision), Some(talk));
        }
        if joined.legs.iter().all(|leg| leg.decision.is_some()) {
            return Fate::Complete(joined.take());
        }
        if is_first {
            self.waiting.push_back((now.plus(WAIT), random));
        }
        Fate::Told
    }

    /// When [`Self::due`] next may have something.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.waiting.front().map(|(until, _)| *until)
    }

    /// A handshake of which a leg is decided, and the others were waited for long enough.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Joined> {
        if let Some(joined) = self.crowded_out.pop() {
            return Some(joined);
        }
        while self.next().is_some_and(|until| until <= now) {
            let (_, random) = self.waiting.pop_front()?;
            let joined = self.recent.get_mut(&random);
            if let Some(joined) = joined.filter(|joined| !joined.told) {
                return Some(joined.take());
            }
        }
        None
    }

    /// The same, however long they were waited for: the capture is over.
    pub(super) fn rest(&mut self) -> Option<Joined> {
        self.due(Timestamp(u64::MAX))
    }
}

impl Joined {
    /// Whether a conversation is another leg of this handshake.
    fn takes(&self, talk: &Conversation, hello_at: Timestamp) -> bool {
        let is_another = |leg: &Leg| {
            leg.interface != talk.interface
                && leg.endpoints != talk.endpoints
                && hello_at.since(leg.hello_at) < WITHIN
        };
        self.legs.len() < MOST_LEGS && self.legs.iter().all(is_another)
    }

    /// The legs, to be reported; they are told from now on.
    fn take(&mut self) -> Self {
        self.told = true;
        let take = |leg: &mut Leg| Leg {
            talk: leg.talk.take(),
            ..*leg
        };
        Self {
            legs: self.legs.iter_mut().map(take).collect(),
            told: false,
        }
    }

    /// In the order in which the ClientHello passed: the first is nearest to the client.
    pub(super) fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// The leg that tells the story: the nearest to the client that saw enough. Its reset is nobody's where the leg nearest
    /// to whom it claims to come from has not ended.
    pub(super) fn story(&mut self) -> Option<(Box<Conversation>, Decision)> {
        let is_open = |leg: Option<&Leg>| leg.is_some_and(|leg| leg.decision.is_none());
        let open = Sides {
            client: is_open(self.legs.first()),
            server: is_open(self.legs.last()),
        };
        let enough = |leg: &Leg| {
            let outcome = leg.decision.map(|decision| decision.outcome);
            outcome.is_some_and(|outcome| outcome != Outcome::Incomplete)
        };
        let at = self.legs.iter().position(enough);
        let at = at.or_else(|| self.legs.iter().position(|leg| leg.decision.is_some()))?;
        let leg = self.legs.get_mut(at)?;
        let (talk, mut decision) = (leg.talk.take()?, leg.decision?);
        let claims = [Side::Client, Side::Server]
            .into_iter()
            .find(|side| ended_by(*side) == decision.by);
        let is_reset = decision.how == EndedHow::Reset && decision.outcome == Outcome::Failed;
        if is_reset && claims.is_some_and(|side| open[side]) {
            decision.by = EndedBy::Network;
        }
        Some((talk, decision))
    }
}
