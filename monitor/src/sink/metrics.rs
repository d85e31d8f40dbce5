//! Prometheus metrics. Every label set is closed or bounded: nothing from the wire can make series without end.
//!
//! docs/metrics.md describes each metric; [`family`] declares them, and a test holds the two together.

use std::sync::{Mutex, MutexGuard, PoisonError};

use prometheus::{Registry, TextEncoder};

use crate::enrich::Snapshot;
use crate::report::{Event, Handshake, Loss, Revision};

mod certificate;
mod endpoints;
pub mod family;
mod instruments;
mod kernel;
mod kubernetes;
mod labels;
mod observe;
mod top;

use endpoints::{Budget, Endpoints};
use instruments::Instruments;
pub use kernel::{Flows, KernelSnapshot};
use labels::{FailureKey, NegotiatedKey};
use top::TopFailing;

/// Endpoints that have labels of their own.
const ENDPOINTS: usize = 500;
/// Label sets that one endpoint may have in each of the wide families.
const SETS_PER_ENDPOINT: u16 = 32;
/// Names of certificates that one endpoint may have.
const NAMES_PER_ENDPOINT: u16 = 16;
/// Pairs of place and reason that losses may have; more are counted under `other`.
const LOSSES: usize = 64;

/// The metrics of this process. Any thread may observe and render.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    instruments: Instruments,
    state: Mutex<State>,
    /// Held while rendering, so that two renderings do not mix their rankings; nothing that observes waits for it.
    rendering: Mutex<()>,
}

/// What keeps the label sets bounded.
#[derive(Debug)]
struct State {
    endpoints: Endpoints,
    failures: Budget<FailureKey>,
    negotiated: Budget<NegotiatedKey>,
    certificates: Budget<u64>,
    losses: hashbrown::HashSet<(String, String)>,
    top: TopFailing,
    kernel: KernelSnapshot,
}

/// Two metrics of one name or a name that Prometheus does not allow: a mistake in [`family`], not in the data.
#[derive(Debug, thiserror::Error)]
#[error("cannot register the metrics")]
pub struct MetricsError(#[from] prometheus::Error);

impl Metrics {
    /// All metrics, those of closed sets at zero; `version` is this program's.
    pub fn new(version: &str) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let instruments = Instruments::register(&registry, version)?;
        let state = State {
            endpoints: Endpoints::new(ENDPOINTS),
            failures: Budget::new(SETS_PER_ENDPOINT),
            negotiated: Budget::new(SETS_PER_ENDPOINT),
            certificates: Budget::new(NAMES_PER_ENDPOINT),
            losses: hashbrown::HashSet::new(),
            top: TopFailing::default(),
            kernel: KernelSnapshot::default(),
        };
        let metrics = Self {
            registry,
            instruments,
            state: Mutex::new(state),
            rendering: Mutex::new(()),
        };
        for (place, reason) in labels::LOSSES {
            metrics.add_lost(place, reason, 0);
        }
        Ok(metrics)
    }

    /// Counts one event.
    pub fn observe(&self, event: &Event) {
        match event {
            Event::Handshake(handshake) => self.handshake(handshake),
            Event::Revision(revision) => self.revision(revision),
            Event::Loss(Loss {
                place,
                reason,
                count,
                ..
            }) => self.add_lost(place, reason, *count),
            Event::Summary(_) | Event::Probe(_) | Event::Check(_) => {}
        }
    }

    /// Adds what was lost at a place for a reason.
    pub fn add_lost(&self, place: &str, reason: &str, count: u64) {
        let admitted = self.state().admit_loss(place, reason);
        let labels = if admitted {
            [place, reason]
        } else {
            [labels::OTHER; 2]
        };
        self.instruments
            .lost
            .with_label_values(&labels)
            .inc_by(count);
    }

    /// What the kernel programs counted and how they are attached.
    pub fn set_kernel(&self, snapshot: KernelSnapshot) {
        let before = std::mem::replace(&mut self.state().kernel, snapshot);
        snapshot.record(&before, &self.instruments);
    }

    /// How many flows are held.
    pub fn set_flows(&self, flows: Flows) {
        flows.record(&self.instruments);
    }

    /// How the watches of the Kubernetes API go. Only one thread may say so.
    pub fn set_kubernetes(&self, watches: &[Snapshot]) {
        for watch in watches {
            kubernetes::record(watch, &self.instruments);
        }
    }

    /// The text exposition format, version 0.0.4.
    pub fn render(&self) -> String {
        let ranking = self.state().top.ranking();
        let families = {
            let _alone = self
                .rendering
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            top::record(&ranking, &self.instruments.top_failing);
            self.registry.gather()
        };
        let mut text = String::new();
        if let Err(error) = TextEncoder::new().encode_utf8(&families, &mut text) {
            tracing::warn!(%error, "cannot render the metrics");
        }
        text
    }

    /// The failure was counted when it was first said, and stays as it was counted.
    fn revision(&self, revision: &Revision) {
        let labels = [revision.cause.label(), revision.was.cause.label()];
        self.instruments.revisions.with_label_values(&labels).inc();
    }

    fn handshake(&self, handshake: &Handshake) {
        let mut state = self.state();
        observe::handshake(handshake, &mut state, &self.instruments);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit_loss(&mut self, place: &str, reason: &str) -> bool {
        let key = (place.to_owned(), reason.to_owned());
        self.losses.contains(&key) || (self.losses.len() < LOSSES && self.losses.insert(key))
    }
}

#[cfg(test)]
mod tests;
