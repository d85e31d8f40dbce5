//! The lines that wait, and which reader waits for which of them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use hashbrown::HashMap;
use tokio::time::Instant;

use super::super::connections::Life;
use super::form::{Form, Line};
use crate::filter::Filter;
use crate::frame::Timestamp;
use crate::report::Event;

/// Lines that are held for readers that are behind.
const HELD: usize = 2048;
/// A reader for which something waits, and that takes nothing for so long, is gone.
const PATIENCE: Duration = Duration::from_mins(5);

/// All readers and what waits for them. Only as many lines are held as there is room for, however many readers are behind.
#[derive(Debug, Default)]
pub(super) struct Desk {
    lines: VecDeque<Line>,
    /// How many lines have gone: the place of the first that is held.
    gone: u64,
    readers: HashMap<u64, Reader>,
    next_id: u64,
    /// The number of the latest event.
    number: u64,
    /// When the latest event was.
    time: Timestamp,
    /// Which run of the agent this is.
    run: u32,
    is_closed: bool,
}

#[derive(Debug)]
struct Reader {
    filter: Filter,
    /// Up to this number it has everything.
    after: u64,
    /// The places of the lines that it is to get.
    waiting: VecDeque<u64>,
    missed: Missed,
    missed_ever: u64,
    waker: Option<Waker>,
    /// When it took something last, or had everything.
    taken: Instant,
    life: Arc<Life>,
}

/// What a reader missed since it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Missed {
    /// Of what it asked for: it does not keep up.
    pub(super) slow: u64,
    /// Of everything: the server did not keep up with the capture.
    pub(super) behind: u64,
}

/// What a reader gets next.
#[derive(Debug, Default)]
pub(super) struct Next {
    /// What it missed, before the lines.
    pub(super) missed: Missed,
    /// The bytes of lines.
    pub(super) bytes: Vec<u8>,
    /// Whether that is all there is.
    pub(super) is_all: bool,
    /// When the latest event was.
    pub(super) time: Timestamp,
    /// The number of the latest event.
    pub(super) number: u64,
    /// How much it missed since it came.
    pub(super) missed_ever: u64,
    /// Whether nothing more will come.
    pub(super) is_end: bool,
}

impl Desk {
    pub(super) fn of_run(run: u32) -> Self {
        Self {
            run,
            ..Self::default()
        }
    }

    pub(super) fn readers(&self) -> usize {
        self.readers.len()
    }

    /// A new reader that has everything up to this number.
    pub(super) fn join(&mut self, filter: Filter, after: u64, life: Arc<Life>) -> u64 {
        self.next_id += 1;
        self.number = self.number.max(after);
        life.begin_stream();
        let reader = Reader {
            filter,
            after,
            waiting: VecDeque::new(),
            missed: Missed::default(),
            missed_ever: 0,
            waker: None,
            taken: Instant::now(),
            life,
        };
        self.readers.insert(self.next_id, reader);
        self.next_id
    }

    pub(super) fn leave(&mut self, id: u64) {
        if let Some(reader) = self.readers.remove(&id) {
            reader.life.end_stream();
        }
        if self.readers.is_empty() {
            self.gone += self.lines.len() as u64;
            self.lines.clear();
        }
    }

    /// A line for all who ask for it. Gives how many lost one that they had not taken yet.
    pub(super) fn add(&mut self, number: Option<u64>, event: Arc<Event>) -> u64 {
        if self.readers.is_empty() {
            return 0;
        }
        self.time = event.time().unwrap_or(self.time);
        self.number = number.unwrap_or(self.number);
        let place = self.gone + self.lines.len() as u64;
        for reader in self.readers.values_mut() {
            let is_new = number.is_none_or(|number| number > reader.after);
            if is_new && reader.filter.passes(&event) {
                reader.waiting.push_back(place);
            }
        }
        self.lines.push_back(Line::new(number, event));
        self.make_room()
    }

    fn make_room(&mut self) -> u64 {
        let mut lost = 0;
        while self.lines.len() > HELD {
            self.lines.pop_front();
            for reader in self.readers.values_mut() {
                if reader.waiting.front() == Some(&self.gone) {
                    reader.waiting.pop_front();
                    reader.missed.slow += 1;
                    lost += 1;
                }
            }
            self.gone += 1;
        }
        lost
    }

    /// So many events were not even seen here.
    pub(super) fn lost(&mut self, count: u64) {
        for reader in self.readers.values_mut().filter(|_| count > 0) {
            reader.missed.behind += count;
        }
    }

    /// Tells those for whom something waits.
    pub(super) fn wake(&mut self) {
        let waiting = self
            .readers
            .values_mut()
            .filter(|reader| !reader.waiting.is_empty() || reader.missed != Missed::default());
        for waker in waiting.filter_map(|reader| reader.waker.take()) {
            waker.wake();
        }
    }

    /// What this reader gets next: lines of about so many bytes. With nothing to give it is woken when there is.
    pub(super) fn take(&mut self, id: u64, limit: usize, form: Form, waker: &Waker) -> Next {
        let mut next = Next {
            time: self.time,
            number: self.number,
            is_end: self.is_closed,
            ..Next::default()
        };
        let Some(reader) = self.readers.get_mut(&id) else {
            return next;
        };
        next.missed = std::mem::take(&mut reader.missed);
        reader.missed_ever += next.missed.slow + next.missed.behind;
        next.missed_ever = reader.missed_ever;
        reader.taken = Instant::now();
        while next.bytes.len() < limit
            && let Some(place) = reader.waiting.pop_front()
        {
            let index = usize::try_from(place - self.gone).unwrap_or(usize::MAX);
            if let Some(line) = self.lines.get_mut(index) {
                form.write(line, self.run, &mut next.bytes);
            }
        }
        next.is_all = reader.waiting.is_empty();
        reader.waker = Some(waker.clone());
        next
    }

    /// Cuts the connections of readers that take nothing any more.
    pub(super) fn cut_dead_readers(&mut self) {
        for reader in self.readers.values_mut() {
            if reader.waiting.is_empty() {
                reader.taken = Instant::now();
            } else if reader.taken.elapsed() > PATIENCE {
                reader.life.cut();
            }
        }
    }

    /// Ends all streams.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        for reader in self.readers.values_mut() {
            if let Some(waker) = reader.waker.take() {
                waker.wake();
            }
        }
    }
}
