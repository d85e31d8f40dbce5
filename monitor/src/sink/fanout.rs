//! Where an event comes in on a live host: it is counted, measured, and printed if it was asked for.

use std::sync::Arc;

use super::feed::{self, Feed};
use super::lately::Lately;
use super::metrics::Metrics;
use super::queue::{self, Offer, Queue};
use super::recent::Recent;
use super::summary::Tally;
use crate::filter::Filter;
use crate::proof::Store;
use crate::report::Event;

/// Gives each event to all who want it. Nothing here waits.
#[derive(Debug)]
pub struct Fanout {
    /// Which events are printed.
    pub filter: Filter,
    /// Sees every event.
    pub metrics: Arc<Metrics>,
    /// Sees every event.
    pub tally: Tally,
    /// Sees every event.
    pub recent: Arc<Recent>,
    /// Learns what becomes of the failures whose packets it keeps; none where no packets are kept.
    pub proofs: Option<Arc<Store>>,
    /// Sees every event.
    pub lately: Arc<Lately>,
    /// Takes every event, while somebody reads.
    pub feed: Arc<Feed>,
    /// Takes what is printed; none when nothing is.
    pub queue: Option<Queue>,
}

impl Fanout {
    /// Passes one event on. [`Offer::Closed`] says that the reader of the output went away.
    pub fn event(&mut self, event: Event) -> Offer {
        self.metrics.observe(&event);
        self.tally.observe(&event);
        self.lately.observe(&event);
        if let Some(proofs) = &self.proofs {
            proofs.learn(&event);
        }
        let event = Arc::new(event);
        let number = self.recent.observe(&event);
        self.feed(number, &event);
        let Some(queue) = self.queue.as_ref().filter(|_| self.filter.passes(&event)) else {
            return Offer::Taken;
        };
        let offer = queue.offer(event);
        if offer == Offer::Dropped {
            let (place, reason) = queue::LOST;
            self.lost(place, reason, 1);
        }
        offer
    }

    /// Counts the packets and proofs that are not there.
    pub fn note_lost_proofs(&mut self) {
        let lost: Vec<_> = self.proofs.iter().flat_map(|it| it.take_losses()).collect();
        for (reason, count) in lost {
            self.lost("proof", reason, count);
        }
    }

    /// Tells those who read the stream what it came to so far.
    pub fn tell_summary(&mut self, packets: u64) {
        if self.feed.is_read() {
            let mut summary = self.tally.summary();
            summary.packets = packets;
            self.feed(None, &Arc::new(Event::Summary(Box::new(summary))));
        }
    }

    fn feed(&mut self, number: Option<u64>, event: &Arc<Event>) {
        if !self.feed.offer(number, event) {
            let (place, reason) = feed::BEHIND;
            self.lost(place, reason, 1);
        }
    }

    /// Counts what was lost outside of the pipeline.
    pub fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        if count > 0 {
            self.metrics.add_lost(place, reason, count);
            self.tally.add_lost(place, reason, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;
    use crate::sink::printer::{Format, Printer};
    use crate::sink::style::Style;

    fn fanout(queue: Option<Queue>) -> Fanout {
        let metrics = Arc::new(Metrics::new("test").unwrap());
        Fanout {
            filter: Filter::default(),
            metrics,
            tally: Tally::new(),
            recent: Arc::default(),
            proofs: None,
            lately: Arc::default(),
            feed: Arc::default(),
            queue,
        }
    }

    #[test]
    fn what_is_not_printed_is_still_counted() {
        let mut fanout = fanout(None);
        for event in example::events() {
            assert_eq!(fanout.event(event), Offer::Taken);
        }
        assert_eq!(fanout.tally.summary().outcomes["established"], 1);
        let metrics = fanout.metrics.render();
        assert!(metrics.contains("outcome=\"established\"} 1"), "{metrics}");
    }

    #[test]
    fn what_a_full_queue_drops_is_counted_at_once() {
        let printer = Printer::new(Format::Json, Style::PLAIN);
        let (reader, writer) = std::io::pipe().unwrap();
        let queue = Queue::start(1, printer, Box::new(writer)).unwrap();
        let mut fanout = fanout(Some(queue));
        let event = Event::Handshake(Box::new(example::no_sni()));
        while fanout.event(event.clone()) != Offer::Dropped {}
        assert_eq!(fanout.tally.summary().lost["log/slow_reader"], 1);
        let metrics = fanout.metrics.render();
        let line = "tlsmon_lost_total{reason=\"slow_reader\",where=\"log\"} 1";
        assert!(metrics.contains(line), "{metrics}");
        drop(reader);
    }
}
