//! What the kernel programs and the flow table say about themselves.

use super::instruments::Instruments;

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
        let attached = [
            ("tcx", self.interfaces_tcx),
            ("clsact", self.interfaces_clsact),
        ];
        for (attach, count) in attached {
            instruments
                .interfaces
                .with_label_values(&[attach])
                .set(i64::from(count));
        }
        instruments.ring_fill_ratio.set(self.ring_fill_ratio);
        instruments.sample_rate.set(i64::from(self.sample_rate));
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
