//! What the kernel programs and the flow table say about themselves.

use super::instruments::Instruments;
use crate::capture::hooks::{HookCounts, HookState, direction};

/// Counters and states of the kernel programs at one moment. Counters are absolute; one that falls has been reset.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KernelSnapshot {
    /// Packets that the programs looked at.
    pub seen: u64,
    /// Packets handed to user space.
    pub sent: u64,
    /// Packets that did not matter.
    pub skipped: u64,
    /// How full the ring buffer is: 0 to 1.
    pub ring_fill_ratio: f64,
    /// Interfaces attached through a TCX link.
    pub interfaces_tcx: u32,
    /// Interfaces attached through a clsact filter.
    pub interfaces_clsact: u32,
    /// Interfaces that the programs cannot be attached to.
    pub interfaces_failed: u32,
    /// Interfaces beyond the number that can be watched.
    pub interfaces_left_out: u32,
    /// Whether the programs run where they are attached.
    pub hooks: HookCounts,
    /// One in how many flows is watched.
    pub sample_rate: u32,
}

impl KernelSnapshot {
    pub(super) fn record(&self, before: &Self, instruments: &Instruments) {
        let counters = [
            ("seen", self.seen, before.seen),
            ("sent", self.sent, before.sent),
            ("skipped", self.skipped, before.skipped),
        ];
        for (verdict, now, before) in counters {
            let grown = now.checked_sub(before).unwrap_or(now);
            instruments
                .kernel_packets
                .with_label_values(&[verdict])
                .inc_by(grown);
        }
        self.record_interfaces(instruments);
        instruments.ring_fill_ratio.set(self.ring_fill_ratio);
        instruments.sample_rate.set(i64::from(self.sample_rate));
    }

    fn record_interfaces(&self, instruments: &Instruments) {
        let (watched, unwatched) = (&instruments.interfaces, &instruments.interfaces_unwatched);
        for (gauges, word, count) in [
            (watched, "tcx", self.interfaces_tcx),
            (watched, "clsact", self.interfaces_clsact),
            (unwatched, "failed", self.interfaces_failed),
            (unwatched, "limit", self.interfaces_left_out),
        ] {
            gauges.with_label_values(&[word]).set(i64::from(count));
        }
        for egress in [false, true] {
            for state in HookState::ALL {
                let count = i64::try_from(self.hooks.of(egress, state)).unwrap_or(i64::MAX);
                let labels = [direction(egress), state.label()];
                instruments.hooks.with_label_values(&labels).set(count);
            }
        }
    }
}

/// How many flows user space holds, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// Their handshake is not decided yet.
    pub open: usize,
    /// Their handshake is decided; they are held to recognise what still comes.
    pub decided: usize,
}

impl Flows {
    pub(super) fn record(self, instruments: &Instruments) {
        for (state, count) in [("open", self.open), ("decided", self.decided)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            instruments.flows.with_label_values(&[state]).set(count);
        }
    }
}
