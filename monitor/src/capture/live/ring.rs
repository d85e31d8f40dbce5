//! Drains the ring.

use std::os::fd::{AsFd, BorrowedFd};

use aya::Ebpf;
use aya::maps::{MapData, RingBuf};
use monitor_common::abi::{RecordHead, name};

use super::frames::Cutter;
use super::{LiveError, settings};
use crate::capture::clock::Clock;
use crate::frame::FrameSink;

/// What the kernel puts before each record (`BPF_RINGBUF_HDR_SZ`), and the alignment that it keeps.
const SLOT: usize = 8;
/// How many records are taken before time is looked at again, so that a flood cannot keep the timers from running.
const BATCH: usize = 4096;

/// The reading end of the ring.
pub(super) struct Ring {
    records: RingBuf<MapData>,
    bytes: usize,
    fullest: usize,
    cutter: Cutter,
}

impl Ring {
    pub(super) fn take(programs: &mut Ebpf, bytes: u32) -> Result<Self, LiveError> {
        let records = settings::take(programs, name::RECORDS)?;
        Ok(Self {
            records,
            bytes: (bytes as usize).max(1).next_power_of_two(),
            fullest: 0,
            cutter: Cutter::default(),
        })
    }

    /// Turns what waits in the ring into frames.
    pub(super) fn drain(&mut self, clock: Clock, sink: &mut dyn FrameSink) {
        let mut drained = 0;
        for _ in 0..BATCH {
            let Some(record) = self.records.next() else {
                break;
            };
            drained += record.len().next_multiple_of(SLOT) + SLOT;
            match RecordHead::split(&record) {
                Some((head, bytes)) => {
                    sink.frame(self.cutter.frame(&head, bytes, clock.wall(head.time)));
                }
                None => sink.lost("kernel", "unreadable", 1),
            }
        }
        self.fullest = self.fullest.max(drained);
    }

    /// The fullest that the ring was since the last call, from 0 to 1.
    pub(super) fn take_fill(&mut self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a ratio for a gauge; rings are far below 2^52 bytes"
        )]
        let fill = self.fullest as f64 / self.bytes as f64;
        self.fullest = 0;
        fill
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.records.as_fd()
    }
}
