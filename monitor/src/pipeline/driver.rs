//! A pipeline between a capture and those who want to know.

use super::Pipeline;
use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::report::Event;
use crate::wire::{self, Packet};

/// Takes what a pipeline finds.
pub trait EventSink {
    /// An event.
    fn event(&mut self, event: Event);
    /// A packet, and what its headers say where they can be read, before the pipeline takes it.
    fn passing(&mut self, _frame: &Frame<'_>, _packet: Option<&Packet<'_>>) {}
    /// From here on, `id` means the interface called `name`.
    fn interface(&mut self, _id: InterfaceId, _name: &str) {}
    /// `id` is no longer watched.
    fn left(&mut self, _id: InterfaceId) {}
    /// Time has come this far, and the pipeline is about to know.
    fn ticking(&mut self, _now: Timestamp) {}
    /// Time has come this far, and the pipeline knows.
    fn ticked(&mut self, _now: Timestamp, _pipeline: &Pipeline) {}
    /// Whether there is still a use for more events.
    fn wants_more(&self) -> bool {
        true
    }
}

/// Puts what a capture brings through a pipeline, and hands on what comes out at once.
#[derive(Debug)]
pub struct Driver<S> {
    pipeline: Pipeline,
    sink: S,
}

impl<S: EventSink> Driver<S> {
    /// A driver of a pipeline that has seen nothing.
    pub const fn new(pipeline: Pipeline, sink: S) -> Self {
        Self { pipeline, sink }
    }

    /// The capture is over: decides what is left. Gives the sink and the pipeline, which holds no event any more.
    pub fn finish(mut self) -> (S, Pipeline) {
        self.pipeline.finish();
        self.hand_on();
        (self.sink, self.pipeline)
    }

    fn hand_on(&mut self) {
        // After nearly every packet there is none.
        if !self.pipeline.has_events() {
            return;
        }
        for event in self.pipeline.events() {
            self.sink.event(event);
        }
    }
}

impl<S: EventSink> FrameSink for Driver<S> {
    fn frame(&mut self, frame: Frame<'_>) {
        let packet = wire::decode(&frame);
        self.sink.passing(&frame, packet.as_ref().ok());
        self.pipeline.take(&frame, &packet);
        self.hand_on();
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        self.sink.interface(id, name);
        self.pipeline.interface(id, name);
    }

    fn left(&mut self, id: InterfaceId) {
        self.sink.left(id);
        self.pipeline.left(id);
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        self.pipeline.lost(place, reason, count);
    }

    fn tick(&mut self, now: Timestamp) {
        self.sink.ticking(now);
        self.pipeline.advance(now);
        self.hand_on();
        self.sink.ticked(now, &self.pipeline);
    }

    fn wants_more(&self) -> bool {
        self.sink.wants_more()
    }
}
