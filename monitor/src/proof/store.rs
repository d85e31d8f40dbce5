//! The proofs of the last failures, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kept::Proof;
use crate::filter::Filter;
use crate::report::{Event, Handshake, HandshakeId, Revision};

/// How much a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes, packets and reports together.
    pub bytes: usize,
    /// Handshakes.
    pub count: usize,
}

/// Keeps proofs until they must make room.
#[derive(Debug)]
pub struct Store {
    limits: Limits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    proofs: VecDeque<Arc<Proof>>,
    bytes: usize,
    lost: [u64; 3],
}

/// Why a proof, or a part of one, is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The first packets had been overwritten in the ring when the handshake failed.
    Overwritten,
    /// It made room for others.
    StoreFull,
    /// Too many handshakes failed in that second.
    TooMany,
}

/// Which proofs somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// These handshakes; any when empty.
    pub ids: Vec<HandshakeId>,
    /// Those that pass.
    pub filter: Filter,
    /// At most so many, the newest.
    pub limit: usize,
}

impl Loss {
    /// Each, in the order of their labels.
    const ALL: [Self; 3] = [Self::Overwritten, Self::StoreFull, Self::TooMany];

    /// Its label in `tlsmon_lost_total{where="proof"}`.
    const fn label(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::StoreFull => "store_full",
            Self::TooMany => "too_many",
        }
    }
}

impl Store {
    /// A store without proofs.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            kept: Mutex::default(),
        }
    }

    /// Keeps a proof; the oldest make room.
    pub fn keep(&self, proof: Proof) {
        self.lock().keep(Arc::new(proof), self.limits);
    }

    /// What is known of a handshake by now: the names of its ends, or another verdict.
    pub fn learn(&self, event: &Event) {
        match event {
            Event::Handshake(handshake) if handshake.is_failure() => {
                self.change(handshake.id, |proof| {
                    proof.handshake = Handshake::clone(handshake);
                });
            }
            Event::Revision(revision) => self.change(revision.id, |proof| {
                proof.revision = Some(Box::new(Revision::clone(revision)));
            }),
            _ => {}
        }
    }

    /// The proofs that somebody asks for, the oldest first.
    pub fn select(&self, wanted: &Wanted) -> Vec<Arc<Proof>> {
        let kept = self.lock();
        let newest_first = kept.proofs.iter().rev();
        let fitting = newest_first.filter(|proof| wanted.takes(proof));
        let mut found: Vec<_> = fitting.take(wanted.limit).cloned().collect();
        drop(kept);
        found.reverse();
        found
    }

    /// Counts a loss.
    pub(super) fn lose(&self, loss: Loss) {
        self.lock().count(loss, 1);
    }

    /// What was lost since this was asked last, by label.
    pub fn take_losses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let lost = std::mem::take(&mut self.lock().lost);
        Loss::ALL.map(Loss::label).into_iter().zip(lost)
    }

    /// The newest of this number changes; usually it is the last of all.
    fn change(&self, id: HandshakeId, change: impl FnOnce(&mut Proof)) {
        let mut kept = self.lock();
        let mut newest_first = kept.proofs.iter_mut().rev();
        if let Some(proof) = newest_first.find(|proof| proof.handshake.id == id) {
            let before = proof.weight();
            // A reader may hold it just now: then the store has a copy of its own from here on.
            change(Arc::make_mut(proof));
            let after = proof.weight();
            kept.bytes = (kept.bytes + after).saturating_sub(before);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, proof: Arc<Proof>, limits: Limits) {
        self.bytes += proof.weight();
        self.proofs.push_back(proof);
        while self.bytes > limits.bytes || self.proofs.len() > limits.count {
            let Some(oldest) = self.proofs.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.weight());
            self.count(Loss::StoreFull, 1);
        }
    }

    fn count(&mut self, loss: Loss, count: u64) {
        if let Some(lost) = self.lost.get_mut(loss as usize) {
            *lost += count;
        }
    }
}

impl Wanted {
    /// Whether this is one of them.
    pub fn takes(&self, proof: &Proof) -> bool {
        let is_named = self.ids.is_empty() || self.ids.contains(&proof.handshake.id);
        let revised = proof.revision.as_deref();
        let fits = || {
            self.filter.matches(&proof.handshake)
                || revised.is_some_and(|revision| self.filter.matches_revision(revision))
        };
        is_named && fits()
    }
}
