//! An agent's stream: what it holds first, then what comes, and again whenever the connection is lost.
//!
//! A source that the screen cannot keep up with waits here; the agent then counts what it did not send, and says so in the stream.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::lines::{Lines, Told};
use super::trust::Trust;
use crate::triage::news::{News, SourceId, State};

/// The agent says at least every ten seconds that it lives.
const SILENCE: Duration = Duration::from_secs(25);
/// How long it may take to answer at all.
const ANSWER: Duration = Duration::from_secs(10);
/// The first pause before it is tried again, in seconds; each further one is twice as long.
const FIRST_PAUSE: u64 = 1;
const LONGEST_PAUSE: u64 = 30;
/// How many handshakes of the time before are asked for.
const HISTORY: usize = 1000;
/// The largest answer that is taken at once.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// An agent, and how to speak to it.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// What it is called.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) address: Address,
    /// What it asks to be shown.
    pub(crate) token: Option<String>,
    /// Whose certificates it may show.
    pub(crate) trust: Option<Trust>,
}

/// Why the stream broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// Nobody is there.
    #[error("cannot connect: {0}")]
    Connect(std::io::Error),
    /// It does not speak as it should.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// It refuses.
    #[error("it answers {0}")]
    Refused(String),
    /// Nothing is heard.
    #[error("nothing heard for {} s", .0.as_secs())]
    Silent(Duration),
    /// It ended the stream.
    #[error("it closed the stream")]
    Closed,
    /// The screen is gone.
    #[error("nobody looks any more")]
    Left,
}

/// Where a stream stands, for when it is taken up again.
#[derive(Default)]
struct Place {
    /// What `since` goes on from.
    position: Option<String>,
    /// The history was told.
    is_told: bool,
}

impl Agent {
    /// Follows its stream until nobody looks any more. `all` says whether every handshake is wanted, or failures only.
    pub(super) async fn follow(
        self,
        id: SourceId,
        news: SyncSender<News>,
        mut all: watch::Receiver<bool>,
    ) {
        let mut place = Place::default();
        let mut pause = FIRST_PAUSE;
        loop {
            let wanted = *all.borrow_and_update();
            let reading = self.read(id, &news, wanted, &mut place);
            let broken = tokio::select! {
                broken = reading => broken,
                changed = all.changed() => match changed {
                    // Asked for otherwise: what is held is asked for again.
                    Ok(()) => { place = Place::default(); continue }
                    Err(_gone) => return,
                },
            };
            let (heard, why) = match broken {
                Err((_, Broken::Left)) => return,
                Err((heard, why)) => (heard, why),
                Ok(()) => (true, Broken::Closed),
            };
            pause = if heard {
                FIRST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            let state = State::Lost(why.to_string(), pause);
            if news.send(News::State(id, state)).is_err() {
                return;
            }
            sleep(Duration::from_secs(pause)).await;
        }
    }

    /// One connection. The error says whether anything was heard.
    async fn read(
        &self,
        id: SourceId,
        news: &SyncSender<News>,
        all: bool,
        place: &mut Place,
    ) -> Result<(), (bool, Broken)> {
        let everything = if all { "&all" } else { "" };
        let since = place
            .position
            .as_ref()
            .map_or_else(String::new, |position| format!("&since={position}"));
        let path = format!("/api/v1/stream?format=sse{everything}{since}");
        // The stream is opened first: so nothing falls between it and what is held.
        let mut stream = self.ask(&path).await.map_err(|why| (false, why))?;
        if !place.is_told {
            self.history(id, news, everything)
                .await
                .map_err(|why| (false, why))?;
            place.is_told = true;
        }
        news.send(News::State(id, State::Live))
            .map_err(|_gone| (true, Broken::Left))?;
        let mut lines = Lines::default();
        loop {
            let piece = timeout(SILENCE, piece(stream.body_mut())).await;
            let piece = piece.map_err(|_elapsed| (true, Broken::Silent(SILENCE)))?;
            let Some(piece) = piece else { return Ok(()) };
            let piece = piece.map_err(|why| (true, why.into()))?;
            for told in lines.push(&piece) {
                match told {
                    Told::Position(position) => place.position = Some(position),
                    Told::Line(line) => {
                        news.send(News::Line(id, line))
                            .map_err(|_gone| (true, Broken::Left))?;
                    }
                }
            }
        }
    }

    /// What the agent holds of the time before.
    async fn history(
        &self,
        id: SourceId,
        news: &SyncSender<News>,
        all: &str,
    ) -> Result<(), Broken> {
        let body = self
            .whole(&format!("/api/v1/handshakes?limit={HISTORY}{all}"))
            .await?;
        let text = String::from_utf8_lossy(&body);
        // One to a line, as the API has it.
        for line in text.lines().filter(|line| line.starts_with("{\"type\":")) {
            let line = line.trim_end_matches(',').to_owned();
            news.send(News::Line(id, line))
                .map_err(|_gone| Broken::Left)?;
        }
        Ok(())
    }

    /// The packets of a handshake, as a pcapng file.
    pub(super) async fn capture(&self, handshake: &str) -> Result<Vec<u8>, Broken> {
        self.whole(&format!("/api/v1/capture?id={handshake}")).await
    }

    async fn whole(&self, path: &str) -> Result<Vec<u8>, Broken> {
        let mut answer = self.ask(path).await?;
        read_all(answer.body_mut()).await
    }

    async fn ask(&self, path: &str) -> Result<Response<Incoming>, Broken> {
        let asked = timeout(ANSWER, self.ask_patiently(path)).await;
        asked.map_err(|_elapsed| Broken::Silent(ANSWER))?
    }

    async fn ask_patiently(&self, path: &str) -> Result<Response<Incoming>, Broken> {
        let stream = self
            .address
            .connect(self.trust.as_ref())
            .await
            .map_err(Broken::Connect)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let mut request = Request::get(path).header(header::HOST, self.address.host());
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(String::new());
        let request = request.map_err(|error| Broken::Refused(error.to_string()))?;
        let mut answer = sender.send_request(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let said = read_all(answer.body_mut()).await.unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let first = said.lines().next().unwrap_or_default();
        Err(Broken::Refused(format!("{}: {first}", answer.status())))
    }
}

async fn read_all(body: &mut Incoming) -> Result<Vec<u8>, Broken> {
    let mut all = Vec::new();
    loop {
        let next = timeout(ANSWER, piece(body)).await;
        match next.map_err(|_elapsed| Broken::Silent(ANSWER))? {
            None => return Ok(all),
            Some(piece) => all.extend_from_slice(&piece?),
        }
        if all.len() > MAX_ANSWER {
            return Err(Broken::Refused(format!("more than {MAX_ANSWER} bytes")));
        }
    }
}

/// The next bytes of a body; none at its end.
async fn piece(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(bytes)) => return Some(Ok(bytes)),
            Ok(Err(_trailers)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests;
