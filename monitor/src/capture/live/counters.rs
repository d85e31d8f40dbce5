//! What the kernel programs counted.

use std::sync::{Arc, Mutex, PoisonError};

use aya::Ebpf;
use aya::maps::{MapData, MapError, PerCpuArray};
use monitor_common::abi::{COUNTERS, Counter, name};

use super::passed::{Passed, sum};
use super::{LiveError, Shared, Watched, settings};

/// The counts as they were last read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Packets that passed the hooks.
    pub seen: u64,
    /// Packets that were sent to user space.
    pub sent: u64,
    /// Packets that were left where they were, because they do not matter.
    pub skipped: u64,
    /// Flows that were entered into the kernel's table.
    pub inserted: u64,
    /// Flows that were removed by their reset; the table forgets the others by itself.
    pub deleted: u64,
    /// What was lost, by reason.
    pub lost: Vec<(&'static str, u64)>,
    /// The fullest that the ring was lately, from 0 to 1.
    pub ring_fill: f64,
    /// The interfaces, and whether the programs run there.
    pub watched: Watched,
}

/// Reads the counts from any thread.
#[derive(Clone, Debug)]
pub struct Counters {
    shared: Shared<Snapshot>,
    watched: Shared<Watched>,
}

impl Counters {
    /// The counts as they were last read, at most a tenth of a second ago.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            watched: copy(&self.watched),
            ..copy(&self.shared)
        }
    }
}

fn copy<T: Clone>(shared: &Shared<T>) -> T {
    shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// Reads the counts from the kernel.
pub(super) struct Counts {
    map: PerCpuArray<MapData, [u64; COUNTERS]>,
    passed: Arc<Passed>,
    told: [u64; COUNTERS],
    now: [u64; COUNTERS],
    shared: Shared<Snapshot>,
}

impl Counts {
    pub(super) fn take(programs: &mut Ebpf, passed: Arc<Passed>) -> Result<Self, LiveError> {
        let map = settings::take(programs, name::COUNTERS)?;
        Ok(Self {
            map,
            passed,
            told: [0; COUNTERS],
            now: [0; COUNTERS],
            shared: Arc::new(Mutex::new(Snapshot::default())),
        })
    }

    pub(super) fn handle(&self, watched: Shared<Watched>) -> Counters {
        Counters {
            shared: Arc::clone(&self.shared),
            watched,
        }
    }

    /// Whether this process may read its own maps, and can.
    pub(super) fn try_to_read(&self) -> Result<(), MapError> {
        self.map.get(&0, 0).map(drop)
    }

    /// Reads the counts, and shows them to the other threads.
    pub(super) fn update(&mut self, ring_fill: f64) {
        if let Ok(values) = self.map.get(&0, 0) {
            self.now = sum(values.iter());
        }
        let passed = self.passed.snapshot().total();
        if let Some(seen) = self.now.get_mut(Counter::Seen as usize) {
            *seen = passed;
        }
        let snapshot = Snapshot {
            ring_fill,
            ..snapshot(&self.now)
        };
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    /// What was lost since the last call, by reason.
    pub(super) fn take_losses(&mut self) -> Vec<(&'static str, u64)> {
        let grown = self
            .now
            .iter()
            .zip(&self.told)
            .map(|(now, told)| now.saturating_sub(*told));
        let losses = Counter::ALL
            .into_iter()
            .zip(grown)
            .filter(|(_, count)| *count > 0);
        let losses = losses
            .filter_map(|(counter, count)| Some((counter.loss()?, count)))
            .collect();
        self.told = self.now;
        losses
    }
}

fn snapshot(counts: &[u64; COUNTERS]) -> Snapshot {
    let count = |counter: Counter| counts.get(counter as usize).copied().unwrap_or_default();
    let losses = Counter::ALL
        .into_iter()
        .filter_map(|counter| Some((counter.loss()?, count(counter))));
    Snapshot {
        seen: count(Counter::Seen),
        sent: count(Counter::Sent),
        skipped: count(Counter::Seen).saturating_sub(count(Counter::Wanted)),
        inserted: count(Counter::Inserted),
        deleted: count(Counter::Deleted),
        lost: losses.collect(),
        ..Snapshot::default()
    }
}
