//! One reader's answer: made as fast as the reader takes it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::desk::Next;
use super::form::{Form, Line};
use super::{PLACE, Stream};
use crate::frame::Timestamp;
use crate::report::{Event, Loss, SCHEMA};
use crate::sink::recent::Later;

/// Bytes that are given to the connection at a time, about.
const PIECE: usize = 64 * 1024;
/// When nothing was found for so long, that is said.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The body of the answer.
#[derive(Debug)]
pub(super) struct Reading {
    stream: Arc<Stream>,
    id: u64,
    form: Form,
    /// What came before the reader and was asked for.
    backlog: VecDeque<Line>,
    /// What came before the reader, was asked for, and is no longer held.
    forgotten: u64,
    run: u32,
    heartbeat: Interval,
}

impl Reading {
    pub(super) fn new(stream: Arc<Stream>, id: u64, form: Form, later: Later) -> Self {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let backlog = later.events.into_iter();
        Self {
            stream,
            id,
            form,
            backlog: backlog
                .map(|(number, event)| Line::new(Some(number), event))
                .collect(),
            forgotten: later.forgotten,
            run: later.position.run,
            heartbeat,
        }
    }

    /// What was asked for of the time before, as far as it fits.
    fn write_backlog(&mut self, out: &mut Vec<u8>) {
        let forgotten = std::mem::take(&mut self.forgotten);
        let time = self.backlog.front().and_then(Line::time);
        self.write_loss("forgotten", forgotten, time.unwrap_or_default(), out);
        while out.len() < PIECE
            && let Some(mut line) = self.backlog.pop_front()
        {
            self.form.write(&mut line, self.run, out);
        }
    }

    fn write_next(&self, next: &Next, out: &mut Vec<u8>) {
        self.write_loss("slow_reader", next.missed.slow, next.time, out);
        self.write_loss("behind", next.missed.behind, next.time, out);
        out.extend_from_slice(&next.bytes);
    }

    fn write_loss(&self, reason: &'static str, count: u64, time: Timestamp, out: &mut Vec<u8>) {
        if count == 0 {
            return;
        }
        let loss = Loss {
            schema: SCHEMA.into(),
            time,
            place: PLACE.into(),
            reason: reason.into(),
            count,
        };
        self.form.write_event(&Event::Loss(loss), out);
    }
}

impl Body for Reading {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let mut out = Vec::new();
        this.write_backlog(&mut out);
        if out.is_empty() {
            let next = this
                .stream
                .desk()
                .take(this.id, PIECE, this.form, context.waker());
            this.write_next(&next, &mut out);
            if out.is_empty() {
                if next.is_end {
                    return Poll::Ready(None);
                }
                ready!(this.heartbeat.poll_tick(context));
                let position = this.stream.position(next.number);
                this.form
                    .write_heartbeat(position, next.missed_ever, &mut out);
            } else {
                // Whoever gets lines knows that the connection lives; the first of them is said all the same.
                this.heartbeat.reset();
            }
        }
        Poll::Ready(Some(Ok(Frame::data(out.into()))))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stream.leave(self.id);
    }
}
