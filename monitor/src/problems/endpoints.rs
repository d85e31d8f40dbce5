//! What each server did for its clients: what completed, what failed, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;

use super::certificates::Certificates;
use super::reported::STEP_SECONDS;
use super::trend::{Scale, Trend};
use crate::flow;
use crate::frame::Timestamp;
use crate::report::{Cause, EndpointName, Event, Handshake, Outcome, Revision, ServerHelloReport};
use crate::tls::Version;

/// Endpoints that are held.
const ENDPOINTS: usize = 512;
/// Names, and suites, that are told apart at one endpoint.
const WORDS: usize = 16;
/// Addresses of one workload that are told apart.
const ADDRESSES: usize = 64;
/// The trends are those of the problems.
const SCALE: Scale = Scale::fixed(STEP_SECONDS);

/// All endpoints. A new one takes the place of that which was asked last longest ago.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    known: HashMap<EndpointName, Endpoint>,
    forgotten: u64,
}

/// One server.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Which.
    pub name: EndpointName,
    /// Where it was asked: one place, but for a workload of several pods.
    pub places: BTreeSet<flow::Endpoint>,
    /// Handshakes that completed, in the last minutes.
    pub established: Trend,
    /// Handshakes that failed, in the last minutes.
    pub failed: Trend,
    /// How many completed since it is held.
    pub established_count: u64,
    /// How many failed since it is held.
    pub failed_count: u64,
    /// When one that completed began last.
    pub last_established: Option<Timestamp>,
    /// When one that failed began last.
    pub last_failed: Option<Timestamp>,
    /// Failures by the cause that was said last.
    pub causes: BTreeMap<Cause, u64>,
    /// What completed, by version.
    pub versions: BTreeMap<Version, u64>,
    /// What completed, by cipher suite.
    pub cipher_suites: BTreeMap<u16, u64>,
    /// By the name asked for, the empty one where there was none.
    pub names: BTreeMap<Arc<str>, NameFacts>,
    /// Handshakes with names that are not told apart: there were too many.
    pub other_names: u64,
    /// The certificates that it sent, where they were in the clear.
    pub certificates: Certificates,
}

/// What became of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameFacts {
    /// How many completed.
    pub established: u64,
    /// How many failed.
    pub failed: u64,
}

impl Endpoints {
    /// Counts what completed or failed.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Handshake(handshake) => self.handshake(handshake),
            Event::Revision(revision) => self.revised(revision),
            _ => {}
        }
    }

    /// Every endpoint, in order of their names.
    pub fn in_order(&self) -> Vec<&Endpoint> {
        let mut all: Vec<_> = self.known.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// How many made room for others since the start.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn handshake(&mut self, handshake: &Handshake) {
        let is_failure = handshake.is_failure();
        if !is_failure && handshake.outcome != Outcome::Established {
            return;
        }
        let endpoint = self.endpoint(EndpointName::of(&handshake.server));
        endpoint.meet(handshake);
        if is_failure {
            endpoint.fail(handshake);
        } else {
            endpoint.establish(handshake);
        }
    }

    fn revised(&mut self, revision: &Revision) {
        let Some(endpoint) = self.known.get_mut(&EndpointName::of(&revision.server)) else {
            return;
        };
        if let Some(count) = endpoint.causes.get_mut(&revision.was.cause) {
            *count = count.saturating_sub(1);
            *endpoint.causes.entry(revision.cause).or_default() += 1;
        }
        endpoint.causes.retain(|_, count| *count > 0);
    }

    fn endpoint(&mut self, name: EndpointName) -> &mut Endpoint {
        if self.known.len() >= ENDPOINTS && !self.known.contains_key(&name) {
            self.make_room();
        }
        self.known
            .entry(name)
            .or_insert_with_key(|name| Endpoint::new(name.clone()))
    }

    fn make_room(&mut self) {
        let oldest = self.known.values().min_by_key(|endpoint| endpoint.last());
        if let Some(name) = oldest.map(|endpoint| endpoint.name.clone()) {
            self.known.remove(&name);
            self.forgotten += 1;
        }
    }
}

impl Endpoint {
    fn new(name: EndpointName) -> Self {
        Self {
            name,
            established: Trend::default(),
            failed: Trend::default(),
            established_count: 0,
            failed_count: 0,
            last_established: None,
            last_failed: None,
            causes: BTreeMap::new(),
            versions: BTreeMap::new(),
            cipher_suites: BTreeMap::new(),
            names: BTreeMap::new(),
            other_names: 0,
            places: BTreeSet::new(),
            certificates: Certificates::default(),
        }
    }

    /// When it was asked last.
    fn last(&self) -> Option<Timestamp> {
        self.last_established.max(self.last_failed)
    }

    /// Where it was, and which certificate it showed.
    fn meet(&mut self, handshake: &Handshake) {
        let place = flow::Endpoint {
            address: handshake.server.address,
            port: handshake.server.port,
        };
        if self.places.len() < ADDRESSES {
            self.places.insert(place);
        }
        if let Some(certificate) = &handshake.certificate {
            self.certificates.sent(certificate, handshake.time);
        }
    }

    fn fail(&mut self, handshake: &Handshake) {
        self.failed_count += 1;
        self.failed.add(&SCALE, handshake.time);
        self.last_failed = self.last_failed.max(Some(handshake.time));
        let cause = handshake.cause_or_unexplained();
        *self.causes.entry(cause).or_default() += 1;
        if let Some(name) = self.name(handshake) {
            name.failed += 1;
        }
    }

    fn establish(&mut self, handshake: &Handshake) {
        self.established_count += 1;
        self.established.add(&SCALE, handshake.time);
        self.last_established = self.last_established.max(Some(handshake.time));
        if let Some(hello) = &handshake.server_hello {
            self.negotiated(hello);
        }
        if let Some(name) = self.name(handshake) {
            name.established += 1;
        }
    }

    fn negotiated(&mut self, hello: &ServerHelloReport) {
        bounded(&mut self.versions, hello.version);
        bounded(&mut self.cipher_suites, hello.cipher_suite);
    }

    /// The facts of the name that was asked for, if there is a place for it. What was asked for is not known without a hello.
    fn name(&mut self, handshake: &Handshake) -> Option<&mut NameFacts> {
        handshake.client_hello.as_ref()?;
        let name: &str = handshake.sni().map_or("", |name| name);
        if self.names.len() >= WORDS && !self.names.contains_key(name) {
            self.other_names += 1;
            return None;
        }
        if !self.names.contains_key(name) {
            self.names.insert(name.into(), NameFacts::default());
        }
        self.names.get_mut(name)
    }
}

/// Counts a word while there is room for it.
fn bounded<K: Ord>(counts: &mut BTreeMap<K, u64>, word: K) {
    let room = counts.len() < WORDS;
    match counts.get_mut(&word) {
        Some(count) => *count += 1,
        None if room => {
            counts.insert(word, 1);
        }
        None => {}
    }
}
