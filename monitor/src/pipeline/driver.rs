//! A pipeline between a capture and those who want to know.

use super::Pipeline;
use crate::frame::{Frame, FrameSink, InterfaceId, Timestamp};
use crate::report::Event;
use crate::wire::{self, Packet};

/// So many events in a row share the code that they take. More would share hardly more, and all that they hold is let go at
/// once, which is more than the allocator keeps at hand.
pub const IN_A_ROW: usize = 8;

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
    /// How many events may wait for one another while packets are at hand; [`IN_A_ROW`] cost less than as many one by one.
    /// Who looks at packets too wants each before the next packet.
    fn patience(&self) -> usize {
        1
    }
    /// All that was found has been handed on, and more may take a while.
    fn paused(&mut self) {}
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
        // After nearly every packet there is none.
        if self.pipeline.found() >= self.sink.patience() {
            self.hand_on();
        }
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

    fn pause(&mut self) {
        self.hand_on();
        self.sink.paused();
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::capture::pcap::{self, Source};
    use crate::pipeline::Settings;

    /// Keeps events as JSON.
    struct Kept(Vec<String>);

    impl EventSink for Kept {
        fn event(&mut self, event: Event) {
            self.0.push(json(&event));
        }
    }

    fn json(event: &Event) -> String {
        serde_json::to_string(event).unwrap()
    }

    fn captures() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
        let entries = folder.read_dir().unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Reads all captures, one behind the other. Some are torn, and count for what they hold.
    fn read(sink: &mut impl FrameSink) {
        for file in captures() {
            let _ = pcap::read(Source::from_argument(file), sink, &mut |_| {});
        }
    }

    #[test]
    fn events_that_waited_for_one_another_say_the_same_in_the_same_order() {
        let mut one_by_one = Driver::new(Pipeline::new(Settings::default()), Kept(Vec::new()));
        read(&mut one_by_one);
        let (Kept(one_by_one), _) = one_by_one.finish();
        let mut waited = Pipeline::new(Settings::default());
        read(&mut waited);
        waited.finish();
        let waited: Vec<_> = waited.events().map(|event| json(&event)).collect();
        assert!(one_by_one.len() > 100, "{} events", one_by_one.len());
        for (waited, told) in waited.iter().zip(&one_by_one) {
            assert_eq!(waited, told);
        }
        assert_eq!(waited.len(), one_by_one.len());
    }
}
