//! A bounded hand-over from the capture to a writer: a slow reader loses events by count, and never stops the capture.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::thread;
use std::time::Duration;

use super::printer::{PrintError, Printer};
use crate::frame::Timestamp;
use crate::report::{Event, Loss, SCHEMA};

/// The label values under which a dropped event is counted: where, and why.
pub const LOST: (&str, &str) = ("log", "slow_reader");

/// What became of an event that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Offer {
    /// The writer has it.
    Taken,
    /// The writer is behind and its queue is full: the event is gone, and counted.
    Dropped,
    /// The writer has ended; [`Queue::finish`] says why.
    Closed,
}

/// The near end: offers events, never waits.
#[derive(Debug)]
pub struct Queue {
    events: SyncSender<Arc<Event>>,
    dropped: Arc<AtomicU64>,
    ended: Receiver<Result<(), PrintError>>,
}

impl Queue {
    /// Starts a thread that prints to `out` what is offered; `capacity` events may wait. The error is the thread's that
    /// could not be started.
    pub fn start(
        capacity: usize,
        printer: Printer,
        out: Box<dyn Write + Send>,
    ) -> io::Result<Self> {
        let (events, incoming) = mpsc::sync_channel(capacity);
        let (end, ended) = mpsc::sync_channel(1);
        let dropped = Arc::new(AtomicU64::new(0));
        let mut writer = Writer {
            incoming,
            dropped: Arc::clone(&dropped),
            printer,
            out,
        };
        thread::Builder::new()
            .name("tlsmon-log".to_owned())
            .spawn(move || {
                // The far end is gone when nobody waits for the result.
                let _ = end.send(writer.run());
            })?;
        Ok(Self {
            events,
            dropped,
            ended,
        })
    }

    /// Hands an event over if there is room.
    pub fn offer(&self, event: Arc<Event>) -> Offer {
        match self.events.try_send(event) {
            Ok(()) => Offer::Taken,
            Err(TrySendError::Disconnected(_)) => Offer::Closed,
            Err(TrySendError::Full(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                Offer::Dropped
            }
        }
    }

    /// Lets the writer print what waits, for as long as `patience`, and says how it ended. A writer that is stuck in its
    /// output is left behind, to end with the process.
    pub fn finish(self, patience: Duration) -> Result<(), PrintError> {
        drop(self.events);
        match self.ended.recv_timeout(patience) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(PrintError::Stuck),
            Err(RecvTimeoutError::Disconnected) => {
                Err(PrintError::Write(io::ErrorKind::Other.into()))
            }
        }
    }
}

/// The far end: prints, and may be held up by its reader.
struct Writer {
    incoming: Receiver<Arc<Event>>,
    dropped: Arc<AtomicU64>,
    printer: Printer,
    out: Box<dyn Write + Send>,
}

impl Writer {
    /// Prints until the near end is gone. What was dropped is said as soon as the reader takes events again.
    fn run(&mut self) -> Result<(), PrintError> {
        let mut time = Timestamp::default();
        while let Some(event) = self.next()? {
            if let Some(now) = event.time() {
                time = now;
            }
            self.printer.print(&event, &mut self.out)?;
            self.print_dropped(time)?;
        }
        self.print_dropped(time)?;
        Ok(self.out.flush()?)
    }

    /// The next event; before a wait for it, all that is printed goes out.
    fn next(&mut self) -> Result<Option<Arc<Event>>, PrintError> {
        match self.incoming.try_recv() {
            Ok(event) => Ok(Some(event)),
            Err(TryRecvError::Disconnected) => Ok(None),
            Err(TryRecvError::Empty) => {
                self.out.flush()?;
                Ok(self.incoming.recv().ok())
            }
        }
    }

    fn print_dropped(&mut self, time: Timestamp) -> Result<(), PrintError> {
        let count = self.dropped.swap(0, Ordering::Relaxed);
        if count == 0 {
            return Ok(());
        }
        let (place, reason) = LOST;
        let loss = Loss {
            schema: SCHEMA.into(),
            time,
            place: place.into(),
            reason: reason.into(),
            count,
        };
        self.printer.print(&Event::Loss(loss), &mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;
    use crate::report::example;
    use crate::sink::printer::Format;
    use crate::sink::style::Style;

    /// A pipe whose reader does not read until told to.
    #[derive(Clone, Default)]
    struct Pipe(Arc<(Mutex<State>, Condvar)>);

    #[derive(Default)]
    struct State {
        open: bool,
        broken: bool,
        writes: u32,
        bytes: Vec<u8>,
    }

    impl Pipe {
        fn change(&self, change: impl FnOnce(&mut State)) {
            change(&mut self.0.0.lock().unwrap());
            self.0.1.notify_all();
        }

        fn wait_until(&self, done: impl Fn(&State) -> bool) {
            let state = self.0.0.lock().unwrap();
            drop(self.0.1.wait_while(state, |state| !done(state)).unwrap());
        }

        fn lines(&self) -> Vec<serde_json::Value> {
            let bytes = self.0.0.lock().unwrap().bytes.clone();
            let text = String::from_utf8(bytes).unwrap();
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.change(|state| state.writes += 1);
            self.wait_until(|state| state.open || state.broken);
            if self.0.0.lock().unwrap().broken {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.change(|state| state.bytes.extend_from_slice(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn start(capacity: usize, pipe: &Pipe) -> Queue {
        let printer = Printer::new(Format::Json, Style::PLAIN);
        Queue::start(capacity, printer, Box::new(pipe.clone())).unwrap()
    }

    fn event() -> Arc<Event> {
        Arc::new(Event::Handshake(Box::new(example::no_sni())))
    }

    #[test]
    fn a_blocked_writer_never_holds_up_the_capture_and_what_it_missed_is_said() {
        let pipe = Pipe::default();
        let queue = start(4, &pipe);
        assert_eq!(queue.offer(event()), Offer::Taken);
        pipe.wait_until(|state| state.writes == 1);
        let taken = (0..1000)
            .filter(|_| queue.offer(event()) == Offer::Taken)
            .count();
        assert_eq!(taken, 4);
        pipe.change(|state| state.open = true);
        queue.finish(Duration::from_secs(30)).unwrap();
        let lines = pipe.lines();
        let losses: Vec<_> = lines.iter().filter(|line| line["type"] == "loss").collect();
        assert_eq!((lines.len(), losses.len()), (6, 1));
        assert_eq!(losses[0]["where"], "log");
        assert_eq!(losses[0]["reason"], "slow_reader");
        assert_eq!(losses[0]["count"], 996);
        assert_eq!(losses[0]["time"], lines[0]["time"]);
    }

    #[test]
    fn at_the_end_all_that_waits_is_printed() {
        let pipe = Pipe::default();
        pipe.change(|state| state.open = true);
        let queue = start(100, &pipe);
        for _ in 0..100 {
            assert_eq!(queue.offer(event()), Offer::Taken);
        }
        queue.finish(Duration::from_secs(30)).unwrap();
        assert_eq!(pipe.lines().len(), 100);
    }

    #[test]
    fn a_reader_that_went_away_closes_the_queue_quietly() {
        let pipe = Pipe::default();
        pipe.change(|state| state.broken = true);
        let queue = start(4, &pipe);
        while queue.offer(event()) != Offer::Closed {
            thread::yield_now();
        }
        let end = queue.finish(Duration::from_secs(30));
        assert!(end.unwrap_err().is_quiet());
    }

    #[test]
    fn a_writer_that_is_stuck_is_left_behind() {
        let pipe = Pipe::default();
        let queue = start(4, &pipe);
        assert_eq!(queue.offer(event()), Offer::Taken);
        pipe.wait_until(|state| state.writes == 1);
        let end = queue.finish(Duration::from_millis(10));
        assert!(matches!(end, Err(PrintError::Stuck)));
        pipe.change(|state| state.broken = true);
    }
}
