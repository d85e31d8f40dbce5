//! Which agents there are: those that were named, or those that the cluster has now.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use crate::remote::{Agent, Cluster, ClusterError};
use crate::triage::news::{News, SourceId};

/// How soon the cluster is asked again after an agent was lost, or others came; each further time takes twice as long.
const SOON: Duration = Duration::from_secs(1);
/// How often it is asked while nothing changes.
const EVERY: Duration = Duration::from_secs(30);
/// Places for agents. When all are taken, a node that comes has that of one that went.
const PLACES: usize = 4096;

/// The agents, each in a place of its own by which its news go.
#[derive(Debug, Default)]
pub(super) struct Roster {
    places: Mutex<Vec<Place>>,
    /// An agent was lost that had been heard.
    pub(super) lost: Notify,
}

/// Of an agent that was named, or of a node, whichever pod is there.
#[derive(Debug)]
struct Place {
    name: String,
    agent: watch::Sender<Option<Agent>>,
}

/// A place that is to be followed.
pub(super) struct New {
    pub(super) id: SourceId,
    pub(super) name: String,
    pub(super) agent: watch::Receiver<Option<Agent>>,
}

impl Roster {
    /// These.
    pub(super) fn of(agents: Vec<Agent>) -> Self {
        let roster = Self::default();
        roster.have(agents);
        roster
    }

    pub(super) fn names(&self) -> Vec<String> {
        let name = |place: &Place| place.name.clone();
        self.places().iter().map(name).collect()
    }

    /// All places there are.
    pub(super) fn all(&self) -> Vec<New> {
        let each = |(id, place): (_, &Place)| place.followed(id);
        self.places().iter().enumerate().map(each).collect()
    }

    /// Who is in that place now.
    pub(super) fn agent(&self, id: SourceId) -> Option<Agent> {
        self.places().get(id)?.agent.borrow().clone()
    }

    /// Nobody looks any more.
    pub(super) fn leave(&self) {
        for place in &*self.places() {
            place.leave();
        }
    }

    /// Has those agents from now on, and gives the places that are new.
    fn have(&self, mut agents: Vec<Agent>) -> Vec<New> {
        let mut places = self.places();
        for place in &mut *places {
            let found = agents.iter().position(|agent| agent.name == place.name);
            place.set(found.map(|found| agents.swap_remove(found)));
        }
        // As they were named.
        let mut new = Vec::new();
        for agent in agents {
            let gone = places
                .iter()
                .position(|place| place.agent.borrow().is_none());
            let place = Place {
                name: agent.name.clone(),
                agent: watch::Sender::new(Some(agent)),
            };
            let id = match gone {
                Some(gone) if places.len() >= PLACES => gone,
                _ => places.len(),
            };
            new.push(place.followed(id));
            match places.get_mut(id) {
                Some(old) => *old = place,
                None => places.push(place),
            }
        }
        new
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn followed(&self, id: SourceId) -> New {
        New {
            id,
            name: self.name.clone(),
            agent: self.agent.subscribe(),
        }
    }

    /// Whoever reads there is told only if it is another.
    fn set(&self, agent: Option<Agent>) {
        let is_same = match (&*self.agent.borrow(), &agent) {
            (Some(one), Some(other)) => one.address.is_same(&other.address),
            (one, other) => one.is_none() && other.is_none(),
        };
        if !is_same {
            self.leave();
            self.agent.send_replace(agent);
        }
    }

    fn leave(&self) {
        if let Some(agent) = &*self.agent.borrow() {
            agent.address.leave();
        }
    }
}

/// Asks the cluster for its agents again and again, for as long as somebody looks: pods are replaced, nodes come and go.
pub(super) async fn keep(
    roster: Arc<Roster>,
    cluster: (Cluster, Option<String>),
    news: SyncSender<News>,
    follow: impl Fn(New),
) {
    let cluster = Arc::new(cluster);
    let mut pause = SOON;
    let mut wrong = None;
    loop {
        if timeout(pause, roster.lost.notified()).await.is_ok() {
            // Its pod may be there for a moment yet, and others may be lost with it.
            pause = SOON;
            sleep(SOON).await;
        }
        let asking = Arc::clone(&cluster);
        let listed = spawn_blocking(move || asking.0.agents(asking.1.as_deref())).await;
        let new = match listed {
            Ok(Ok(agents)) => roster.have(agents),
            Ok(Err(ClusterError::Nobody(_))) => roster.have(Vec::new()),
            Ok(Err(error)) => {
                // The same fault is said once.
                let why = Some(error.to_string());
                if wrong != why && news.send(News::Unlisted(error.to_string())).is_err() {
                    return;
                }
                wrong = why;
                pause = EVERY;
                continue;
            }
            // The command's thread panicked, and has said so.
            Err(_panicked) => return,
        };
        wrong = None;
        pause = if new.is_empty() {
            (pause * 2).min(EVERY)
        } else {
            SOON
        };
        for new in new {
            if news.send(News::Joined(new.id, new.name.clone())).is_err() {
                return;
            }
            follow(new);
        }
    }
}
