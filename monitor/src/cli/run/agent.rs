//! Takes what the kernel sends, and gives what the pipeline finds to all who want it.

use std::time::Duration;

use super::Stop;
use crate::capture::live::Counters;
use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::pipeline::Pipeline;
use crate::server::Readiness;
use crate::sink::fanout::Fanout;
use crate::sink::metrics::{Flows, KernelSnapshot};
use crate::sink::queue::Offer;

/// How often the gauges are brought up to date.
const GAUGES: Duration = Duration::from_millis(250);

/// The live capture's sink.
pub(super) struct Agent<'a> {
    pipeline: Pipeline,
    fanout: Fanout,
    counters: Counters,
    stop: &'a Stop,
    readiness: Readiness,
    measured: Timestamp,
}

impl<'a> Agent<'a> {
    /// An agent that has seen nothing. It sets itself ready once it captures and its gauges say so.
    pub(super) fn new(
        pipeline: Pipeline,
        fanout: Fanout,
        counters: Counters,
        stop: &'a Stop,
        readiness: Readiness,
    ) -> Self {
        Self {
            pipeline,
            fanout,
            counters,
            stop,
            readiness,
            measured: Timestamp::default(),
        }
    }

    /// The capture is over. Gives what is left to do with its events, and how many packets there were.
    pub(super) fn finish(mut self) -> (Fanout, u64) {
        self.pipeline.finish();
        self.pass_on();
        self.measure();
        (self.fanout, self.pipeline.packets())
    }

    fn pass_on(&mut self) {
        for event in self.pipeline.events() {
            if self.fanout.event(event) == Offer::Closed {
                // Nobody reads the lines any more. That ends a run whose only purpose was to print them.
                self.stop.ask();
            }
        }
    }

    fn measure(&mut self) {
        let now = self.counters.snapshot();
        self.fanout.metrics.set_kernel(KernelSnapshot {
            seen: now.seen,
            sent: now.sent,
            skipped: now.skipped,
            ring_fill_ratio: now.ring_fill,
            interfaces_tcx: u32::try_from(now.tcx).unwrap_or(u32::MAX),
            interfaces_clsact: u32::try_from(now.clsact).unwrap_or(u32::MAX),
            sample_rate: self.pipeline.sample_rate(),
        });
        let (open, decided) = self.pipeline.conversations();
        self.fanout.metrics.set_flows(Flows { open, decided });
    }
}

impl FrameSink for Agent<'_> {
    fn frame(&mut self, frame: Frame<'_>) {
        self.pipeline.push(frame);
        self.pass_on();
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        self.pipeline.interface(id, name);
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        self.pipeline.lost(place, reason, count);
    }

    fn tick(&mut self, now: Timestamp) {
        self.pipeline.advance(now);
        self.pass_on();
        if now.since(self.measured) >= GAUGES || now < self.measured {
            self.measured = now;
            self.measure();
            self.readiness.set_ready();
        }
    }
}
