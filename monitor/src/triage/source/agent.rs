//! An agent's stream: what it holds first, then what comes, and again whenever the connection is lost.
//!
//! A source that the screen cannot keep up with waits here; the agent then counts what it did not send, and says so in the stream.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::lines::{Lines, Told};
use super::roster::{New, Roster};
use crate::remote::{Agent, Broken, piece};
use crate::triage::news::{News, SourceId, State};

/// The agent says at least every ten seconds that it lives.
const SILENCE: Duration = Duration::from_secs(25);
/// The first pause before it is tried again, in seconds; each further one is twice as long.
const FIRST_PAUSE: u64 = 1;
const LONGEST_PAUSE: u64 = 30;
/// How many handshakes of the time before are asked for.
const HISTORY: usize = 1000;

/// Where a stream stands, for when it is taken up again.
#[derive(Default)]
struct Place {
    /// What `since` goes on from.
    position: Option<String>,
    /// The history was told.
    is_told: bool,
}

/// Follows the stream of whoever is in that place, until nobody looks any more. `all` says whether every handshake is wanted,
/// or failures only.
pub(super) async fn follow(
    new: New,
    roster: Arc<Roster>,
    news: SyncSender<News>,
    mut all: watch::Receiver<bool>,
) {
    let New {
        id, agent: mut who, ..
    } = new;
    let mut place = Place::default();
    let mut pause = FIRST_PAUSE;
    loop {
        let agent = who.borrow_and_update().clone();
        let Some(agent) = agent else {
            let told = news.send(News::State(id, State::Gone));
            if told.is_err() || who.changed().await.is_err() {
                return;
            }
            (place, pause) = (Place::default(), FIRST_PAUSE);
            continue;
        };
        let wanted = *all.borrow_and_update();
        let reading = agent.read(id, &news, wanted, &mut place);
        let broken = tokio::select! {
            broken = reading => broken,
            // Asked for otherwise, or of another: what is held is asked for again.
            changed = all.changed() => match changed {
                Ok(()) => { place = Place::default(); continue }
                Err(_gone) => return,
            },
            changed = who.changed() => match changed {
                Ok(()) => { place = Place::default(); continue }
                Err(_gone) => return,
            },
        };
        let (heard, why) = match broken {
            Err((_, Broken::Left)) => return,
            Err((heard, why)) => (heard, why),
            Ok(()) => (true, Broken::Closed),
        };
        pause = pause_after(heard, pause, &roster, &agent);
        let state = State::Lost(why.to_string(), pause);
        if news.send(News::State(id, state)).is_err() {
            return;
        }
        tokio::select! {
            () = sleep(Duration::from_secs(pause)) => {}
            changed = who.changed() => match changed {
                Ok(()) => (place, pause) = (Place::default(), FIRST_PAUSE),
                Err(_gone) => return,
            },
        }
    }
}

/// For how many seconds to leave an agent alone that was lost, or not reached, after so many before.
fn pause_after(heard: bool, before: u64, roster: &Roster, agent: &Agent) -> u64 {
    if heard {
        roster.lost.notify_one();
        return FIRST_PAUSE;
    }
    // A way that stands may lead nowhere.
    agent.address.leave();
    (before * 2).min(LONGEST_PAUSE)
}

impl Agent {
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
}

#[cfg(test)]
mod tests;
