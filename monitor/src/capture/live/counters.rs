//! What the kernel programs counted.

use std::sync::{Arc, Mutex, PoisonError};

use aya::Ebpf;
use aya::maps::{MapData, PerCpuArray};
use monitor_common::abi::{COUNTERS, Counter, name};

use super::{LiveError, Shared, settings};

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
    /// Interfaces that are watched by TCX.
    pub tcx: usize,
    /// Interfaces that are watched by clsact.
    pub clsact: usize,
}

/// Reads the counts from any thread.
#[derive(Clone, Debug)]
pub struct Counters {
    shared: Shared<Snapshot>,
}

impl Counters {
    /// The counts as they were last read, at most a tenth of a second ago.
    pub fn snapshot(&self) -> Snapshot {
        self.shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Reads the counts from the kernel.
pub(super) struct Counts {
    map: PerCpuArray<MapData, [u64; COUNTERS]>,
    told: [u64; COUNTERS],
    now: [u64; COUNTERS],
    shared: Shared<Snapshot>,
}

impl Counts {
    pub(super) fn take(programs: &mut Ebpf) -> Result<Self, LiveError> {
        let map = settings::take(programs, name::COUNTERS)?;
        Ok(Self {
            map,
            told: [0; COUNTERS],
            now: [0; COUNTERS],
            shared: Arc::new(Mutex::new(Snapshot::default())),
        })
    }

    pub(super) fn handle(&self) -> Counters {
        Counters {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Whether this process may read its own maps.
    pub(super) fn is_readable(&self) -> bool {
        self.map.get(&0, 0).is_ok()
    }

    /// Reads the counts, and shows them to the other threads.
    pub(super) fn update(&mut self, ring_fill: f64, (tcx, clsact): (usize, usize)) {
        if let Ok(values) = self.map.get(&0, 0) {
            self.now = sum(values.iter());
        }
        let snapshot = Snapshot {
            ring_fill,
            tcx,
            clsact,
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

fn sum<'a>(cpus: impl Iterator<Item = &'a [u64; COUNTERS]>) -> [u64; COUNTERS] {
    cpus.fold([0; COUNTERS], |mut total, counts| {
        total
            .iter_mut()
            .zip(counts)
            .for_each(|(total, count)| *total = total.wrapping_add(*count));
        total
    })
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
