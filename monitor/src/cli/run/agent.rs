//! Gives what the pipeline finds in what the kernel sends to all who want it.

use std::sync::Arc;
use std::time::Duration;

use super::Stop;
use crate::capture::hooks::HookState;
use crate::capture::live::{Counters, Watched};
use crate::enrich::{Directory, Enricher};
use crate::frame::{Frame, InterfaceId, Timestamp};
use crate::pipeline::{EventSink, Pipeline};
use crate::proof::Recorder;
use crate::report::Event;
use crate::server::Readiness;
use crate::sink::baselines::{Baselines, Known};
use crate::sink::fanout::Fanout;
use crate::sink::metrics::{Flows, KernelSnapshot};
use crate::sink::queue::Offer;
use crate::wire::Packet;

/// How often the gauges are brought up to date.
const GAUGES: Duration = Duration::from_millis(250);
/// How often those who read the stream are told what it came to so far.
const SUMMARY: Duration = Duration::from_secs(10);

/// Where the events of a live capture go.
pub(super) struct Agent<'a> {
    enricher: Enricher,
    fanout: Fanout,
    counters: Counters,
    stop: &'a Stop,
    readiness: Readiness,
    measured: Timestamp,
    recorder: Option<Recorder>,
    summarized: Timestamp,
    baselines: Arc<Baselines>,
}

impl<'a> Agent<'a> {
    /// An agent that has seen nothing. It sets itself ready once it captures and its gauges say so.
    pub(super) fn new(
        enricher: Enricher,
        fanout: Fanout,
        counters: Counters,
        stop: &'a Stop,
        readiness: Readiness,
    ) -> Self {
        Self {
            enricher,
            fanout,
            counters,
            stop,
            readiness,
            measured: Timestamp::default(),
            recorder: None,
            summarized: Timestamp::default(),
            baselines: Arc::default(),
        }
    }

    /// The same, keeping the packets of failing handshakes.
    pub(super) fn recording(self, recorder: Option<Recorder>) -> Self {
        Self { recorder, ..self }
    }

    /// The same, telling what the verdicts rest on here, when it is asked.
    pub(super) fn telling(self, baselines: Arc<Baselines>) -> Self {
        Self { baselines, ..self }
    }

    /// The capture is over. Gives what is left to do with its events.
    pub(super) fn finish(mut self, pipeline: &Pipeline) -> Fanout {
        while let Some(event) = self.enricher.rest() {
            self.hand_on(event);
        }
        self.measure(pipeline);
        self.fanout
    }

    fn measure(&mut self, pipeline: &Pipeline) -> Watched {
        let now = self.counters.snapshot();
        let attachments = now.watched.attachments;
        self.fanout.metrics.set_kernel(KernelSnapshot {
            seen: now.seen,
            sent: now.sent,
            skipped: now.skipped,
            ring_fill_ratio: now.ring_fill,
            interfaces_tcx: number(attachments.tcx),
            interfaces_clsact: number(attachments.clsact),
            interfaces_failed: number(attachments.failed),
            interfaces_left_out: number(now.watched.left_out),
            hooks: now.watched.hooks,
            sample_rate: pipeline.sample_rate(),
        });
        let (open, decided) = pipeline.conversations();
        self.fanout.metrics.set_flows(Flows { open, decided });
        self.measure_names();
        self.fanout.note_lost_proofs();
        now.watched
    }

    /// An agent that sees nothing of what passes does not do its work, however well it is attached.
    fn say_whether_ready(&self, watched: &Watched) {
        let silent = watched.silent.join(", ");
        if silent.is_empty() {
            self.readiness.set_ready();
        } else if watched.hooks.all(HookState::Running) > 0 {
            self.readiness
                .set_ready_but(format!("packets pass unseen: {silent}"));
        } else {
            self.readiness
                .set_waiting(format!("all packets pass unseen: {silent}"));
        }
    }

    fn measure_names(&mut self) {
        for (reason, count) in self.enricher.losses() {
            self.fanout.lost("names", reason, count);
        }
        if let Some(directory) = self.enricher.directory() {
            let watches = directory.read(Directory::snapshots);
            self.fanout.metrics.set_kubernetes(&watches);
        }
    }

    fn hand_on(&mut self, event: Event) {
        if self.fanout.event(event) == Offer::Closed {
            // Nobody reads the lines any more. That ends a run whose only purpose was to print them.
            self.stop.ask();
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl EventSink for Agent<'_> {
    fn passing(&mut self, frame: &Frame<'_>, packet: Option<&Packet<'_>>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.frame(frame, packet);
        }
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        if let Some(recorder) = &mut self.recorder {
            recorder.interface(id, name);
        }
    }

    fn left(&mut self, id: InterfaceId) {
        if let Some(recorder) = &mut self.recorder {
            recorder.left(id);
        }
    }

    fn ticking(&mut self, now: Timestamp) {
        if let Some(recorder) = &mut self.recorder {
            recorder.tick(now);
        }
    }

    fn event(&mut self, event: Event) {
        // Before anything waits for names: the packets are there now.
        if let Some(recorder) = &mut self.recorder {
            recorder.event(&event);
        }
        if let Some(event) = self.enricher.event(event) {
            self.hand_on(event);
        }
    }

    fn ticked(&mut self, now: Timestamp, pipeline: &Pipeline) {
        self.enricher.advance(now);
        while let Some(event) = self.enricher.due() {
            self.hand_on(event);
        }
        if now.since(self.measured) >= GAUGES || now < self.measured {
            self.measured = now;
            self.fanout.lately.advance(now);
            let watched = self.measure(pipeline);
            self.say_whether_ready(&watched);
            if self.baselines.is_asked() {
                self.baselines.tell(Known {
                    time: pipeline.now(),
                    facts: pipeline.baselines(),
                });
            }
        }
        if now.since(self.summarized) >= SUMMARY || now < self.summarized {
            self.summarized = now;
            self.fanout.tell_summary(pipeline.packets());
        }
    }
}
