//! Where the capture leaves events for those who read the stream: bounded, and nothing is left while nobody reads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::report::Event;

/// How many events may wait to be handed out.
const WAITING: usize = 4096;
/// The label values under which is counted what found no room: where, and why.
pub const BEHIND: (&str, &str) = ("stream", "behind");

/// One place for all readers: what an event costs the capture does not depend on how many there are.
#[derive(Debug, Default)]
pub struct Feed {
    waiting: Mutex<News>,
    readers: AtomicUsize,
    arrival: Notify,
}

/// What arrived since it was taken last.
#[derive(Debug, Default)]
pub struct News {
    /// Each with its number, if it has one, the oldest first.
    pub events: VecDeque<(Option<u64>, Arc<Event>)>,
    /// How many found no room.
    pub lost: u64,
}

impl Feed {
    /// Leaves an event, if anybody reads. Never waits; false says that there was no room.
    pub fn offer(&self, number: Option<u64>, event: &Arc<Event>) -> bool {
        if !self.is_read() {
            return true;
        }
        let mut waiting = self.waiting();
        let room = waiting.events.len() < WAITING;
        if room {
            waiting.events.push_back((number, Arc::clone(event)));
        } else {
            waiting.lost += 1;
        }
        drop(waiting);
        self.arrival.notify_one();
        room
    }

    /// Whether anybody reads.
    pub fn is_read(&self) -> bool {
        self.readers.load(Ordering::Acquire) > 0
    }

    /// Says how many read.
    pub fn set_readers(&self, readers: usize) {
        self.readers.store(readers, Ordering::Release);
    }

    /// Waits until something has arrived.
    pub async fn arrival(&self) {
        self.arrival.notified().await;
    }

    /// All that arrived.
    pub fn take(&self) -> News {
        std::mem::take(&mut *self.waiting())
    }

    /// Whether all that arrived was taken.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().events.is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, News> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn nothing_is_left_for_nobody_and_what_finds_no_room_is_counted() {
        let feed = Feed::default();
        let event = Arc::new(Event::Loss(example::loss()));
        assert!(feed.offer(None, &event));
        assert_eq!(feed.take().events.len(), 0);
        feed.set_readers(1);
        let taken = (0..WAITING + 7).filter(|_| feed.offer(None, &event));
        assert_eq!(taken.count(), WAITING);
        let news = feed.take();
        assert_eq!((news.events.len(), news.lost), (WAITING, 7));
        assert_eq!(feed.take().lost, 0);
    }
}
