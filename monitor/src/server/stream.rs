//! `/api/v1/stream`: what is found, as it is found.
//!
//! ```text
//! capture --> Feed --> dispatch --> lines, each once --> reader: numbers of those that it waits for --> body --> socket
//!             bounded  filters      bounded, shared      what falls out before it was taken is missed, and said
//! ```
//!
//! The capture leaves each event in one place and goes on. All else is done on the thread of the HTTP server, where a reader that
//! does not read costs no more than the numbers of what waits for it.

mod desk;
mod form;
mod reading;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::{sleep, timeout};

use super::connections::Life;
use super::query::{self, Ask};
use super::{ServerState, api};
use crate::sink::feed::{Feed, News};
use crate::sink::metrics::Metrics;
use crate::sink::position::Position;
use crate::sink::recent::Recent;
use desk::Desk;
use form::Form;
pub(super) use form::StreamLine;
use reading::Reading;

/// Readers at a time.
pub(super) const READERS: usize = 256;
/// Events that arrive within this time are handed out together.
const TOGETHER: Duration = Duration::from_millis(10);
/// How often it is looked for readers that take nothing any more.
const LOOK: Duration = Duration::from_secs(5);
/// Where it is counted and said what a reader missed.
const PLACE: &str = "stream";

/// What all readers share.
#[derive(Debug)]
pub(super) struct Stream {
    feed: Arc<Feed>,
    recent: Arc<Recent>,
    metrics: Arc<Metrics>,
    desk: Mutex<Desk>,
}

impl Stream {
    pub(super) fn new(state: &ServerState) -> Arc<Self> {
        Arc::new(Self {
            feed: Arc::clone(&state.feed),
            recent: Arc::clone(&state.recent),
            metrics: Arc::clone(&state.metrics),
            desk: Mutex::new(Desk::of_run(state.recent.position().run)),
        })
    }

    /// Hands out what arrives, for as long as the server lives.
    pub(super) async fn dispatch(self: Arc<Self>) {
        loop {
            if timeout(LOOK, self.feed.arrival()).await.is_ok() {
                self.hand_out(self.feed.take());
                sleep(TOGETHER).await;
            }
            self.desk().cut_dead_readers();
        }
    }

    fn hand_out(&self, news: News) {
        let mut desk = self.desk();
        desk.lost(news.lost);
        let missed: u64 = news
            .events
            .into_iter()
            .map(|(number, event)| desk.add(number, event))
            .sum();
        desk.wake();
        drop(desk);
        self.metrics.add_lost(PLACE, "slow_reader", missed);
    }

    /// Ends all streams.
    pub(super) fn close(&self) {
        self.desk().close();
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new reader; none when there are too many.
    fn open(self: &Arc<Self>, ask: Ask, form: Form, life: Arc<Life>) -> Option<Reading> {
        let mut desk = self.desk();
        if desk.readers() >= READERS {
            return None;
        }
        // Whoever reads is told to the capture first, and what is held is looked at then: so nothing falls between the two.
        self.feed.set_readers(desk.readers() + 1);
        let later = match ask.since {
            Some(since) => self.recent.since(since, &ask.filter),
            None => self.recent.since(self.recent.position(), &ask.filter),
        };
        let id = desk.join(ask.filter, later.position.number, life);
        drop(desk);
        self.metrics.add_lost(PLACE, "forgotten", later.forgotten);
        Some(Reading::new(Arc::clone(self), id, form, later))
    }

    fn leave(&self, id: u64) {
        let mut desk = self.desk();
        desk.leave(id);
        self.feed.set_readers(desk.readers());
        drop(desk);
    }

    fn position(&self, number: u64) -> Position {
        self.recent.at(number)
    }
}

/// Answers with a stream.
pub(super) async fn stream(
    Extension(stream): Extension<Arc<Stream>>,
    Extension(life): Extension<Arc<Life>>,
    headers: HeaderMap,
    pairs: api::Pairs,
) -> Response {
    let asked = query::of_stream(&pairs, &headers);
    let (ask, form) = match asked {
        Ok(ask) => {
            let form = if ask.is_sse == Some(true) {
                Form::Sse
            } else {
                Form::Lines
            };
            (ask, form)
        }
        Err(said) => return api::refused(&said),
    };
    let Some(reading) = stream.open(ask, form, life) else {
        let said = format!("{READERS} readers are served already; try again later\n");
        let later = [(header::RETRY_AFTER, "5")];
        return (StatusCode::SERVICE_UNAVAILABLE, later, said).into_response();
    };
    let kind = [(header::CONTENT_TYPE, form.content_type())];
    (kind, Body::new(reading)).into_response()
}

#[cfg(test)]
mod tests;
