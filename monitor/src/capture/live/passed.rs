//! How many packets passed each hook, as the programs there counted them.

use std::sync::atomic::{AtomicU64, Ordering};

use aya::Ebpf;
use aya::maps::{MapData, PerCpuArray};
use monitor_common::abi::{HOOK_ROWS, HOOKS_PER_ROW, HookSlot, name};

use super::{LiveError, settings};

type Row = [u64; HOOKS_PER_ROW];

/// The counts, in the kernel.
pub(super) struct Passed {
    map: PerCpuArray<MapData, Row>,
    /// A bit for each row that a watched interface has counted in; the others need no reading.
    used: AtomicU64,
}

const _: () = assert!(HOOK_ROWS == u64::BITS);

/// The counts as they were at one moment.
#[derive(Clone, Debug)]
pub(super) struct PassedSnapshot(Vec<Row>);

impl Passed {
    pub(super) fn take(programs: &mut Ebpf) -> Result<Self, LiveError> {
        Ok(Self {
            map: settings::take(programs, name::HOOKS)?,
            used: AtomicU64::new(0),
        })
    }

    /// From now on this interface counts.
    pub(super) fn expect(&self, interface: u32) {
        let row = HookSlot::of(interface, false).row();
        self.used.fetch_or(1 << row, Ordering::Relaxed);
    }

    /// Reads what may have changed; a row that cannot be read is as if nothing had passed.
    pub(super) fn snapshot(&self) -> PassedSnapshot {
        let used = self.used.load(Ordering::Relaxed);
        let read = |row| {
            let is_used = used >> row & 1 == 1;
            let values = is_used.then(|| self.map.get(&row, 0).ok()).flatten();
            values.map_or([0; HOOKS_PER_ROW], |values| sum(values.iter()))
        };
        PassedSnapshot((0..HOOK_ROWS).map(read).collect())
    }
}

impl PassedSnapshot {
    /// How many packets passed the hook with this place.
    pub(super) fn at(&self, slot: HookSlot) -> u64 {
        let row = self.0.get(slot.row() as usize);
        row.and_then(|row| row.get(slot.column()))
            .copied()
            .unwrap_or_default()
    }

    /// How many packets passed all hooks.
    pub(super) fn total(&self) -> u64 {
        self.0.iter().flatten().sum()
    }
}

/// Adds up what the CPUs counted.
pub(super) fn sum<'a, const N: usize>(cpus: impl Iterator<Item = &'a [u64; N]>) -> [u64; N] {
    cpus.fold([0; N], |mut total, counts| {
        total
            .iter_mut()
            .zip(counts)
            .for_each(|(total, count)| *total = total.wrapping_add(*count));
        total
    })
}
