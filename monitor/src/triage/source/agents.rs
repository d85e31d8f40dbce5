//! Several agents on one thread.

use std::fs::OpenOptions;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

use super::agent;
use super::collect::Collect;
use super::roster::{self, New, Roster};
use crate::capture::pcap::{self, Source};
use crate::remote::{Agent, Cluster, ClusterError};
use crate::triage::news::{Found, News};
use crate::triage::record::Record;

/// Agents that are listened to.
#[derive(Debug)]
pub(crate) struct Agents {
    roster: Arc<Roster>,
    /// Where they come from, where that is a cluster, and the token that they ask for.
    cluster: Option<(Cluster, Option<String>)>,
    everything: watch::Sender<bool>,
    runtime: Option<Handle>,
}

impl Agents {
    /// These; every handshake of them, or failures only.
    pub(crate) fn new(all: Vec<Agent>, everything: bool) -> Self {
        Self {
            roster: Arc::new(Roster::of(all)),
            cluster: None,
            everything: watch::Sender::new(everything),
            runtime: None,
        }
    }

    /// Those of a cluster, as they come and go.
    pub(crate) fn of(
        cluster: Cluster,
        token: Option<String>,
        everything: bool,
    ) -> Result<Self, ClusterError> {
        let now = cluster.agents(token.as_deref())?;
        Ok(Self {
            cluster: Some((cluster, token)),
            ..Self::new(now, everything)
        })
    }

    pub(super) const fn are_nodes(&self) -> bool {
        self.cluster.is_some()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.roster.names()
    }

    pub(super) fn start(&mut self, news: &SyncSender<News>) -> std::io::Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        self.runtime = Some(runtime.handle().clone());
        let everything = self.everything.subscribe();
        let (roster, of_them) = (Arc::clone(&self.roster), news.clone());
        let follow = move |new: New| {
            let (roster, news) = (Arc::clone(&roster), of_them.clone());
            tokio::spawn(agent::follow(new, roster, news, everything.clone()))
        };
        let (roster, cluster, news) =
            (Arc::clone(&self.roster), self.cluster.clone(), news.clone());
        let run = move || {
            runtime.block_on(async {
                let tasks: Vec<_> = roster.all().into_iter().map(&follow).collect();
                if let Some(cluster) = cluster {
                    roster::keep(roster, cluster, news, |new| drop(follow(new))).await;
                }
                for task in tasks {
                    // A task that panicked has said so; the others go on.
                    let _ = task.await;
                }
            });
        };
        let listening = thread::Builder::new().name("agents".to_owned());
        listening.spawn(run).map(drop)
    }

    /// Asks for every handshake, or for failures only.
    pub(super) fn ask(&self, everything: bool) {
        self.everything
            .send_if_modified(|wanted| std::mem::replace(wanted, everything) != everything);
    }

    /// Nobody looks any more.
    pub(super) fn leave(&self) {
        self.roster.leave();
    }

    fn agent(&self, record: &Record) -> Option<Agent> {
        self.roster.agent(record.source)
    }

    pub(super) fn fetch(&self, record: Arc<Record>, news: SyncSender<News>) {
        let (Some(runtime), Some(agent)) = (&self.runtime, self.agent(&record)) else {
            return;
        };
        runtime.spawn(async move {
            let found = match agent.capture(&record.id).await {
                Ok(file) => packets(&record, file),
                Err(why) => Err(why.to_string()),
            };
            let _ = news.send(News::Packets(record.id.clone(), found));
        });
    }

    pub(super) fn save(&self, record: Arc<Record>, news: SyncSender<News>) {
        let (Some(runtime), Some(agent)) = (&self.runtime, self.agent(&record)) else {
            return;
        };
        runtime.spawn(async move {
            let saved = match agent.capture(&record.id).await {
                Ok(file) => write(&record, &file),
                Err(why) => Err(why.to_string()),
            };
            let _ = news.send(News::Saved(saved));
        });
    }
}

/// The packets in a capture file that lies in memory.
fn packets(record: &Record, file: Vec<u8>) -> Found {
    let mut collect = Collect::of(record);
    let name = Source::Path(PathBuf::from("the agent's answer"));
    let read = pcap::read_stored(name, Box::new(Cursor::new(file)), &mut collect);
    match (collect.found(), read) {
        (Err(_), Err(error)) => Err(error.to_string()),
        (found, _) => found,
    }
}

/// Writes it here, under a name that no file has yet.
pub(super) fn write(record: &Record, file: &[u8]) -> Result<String, String> {
    let id: String = record
        .id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(32)
        .collect();
    let path = format!("tlsmon-{id}.pcapng");
    let opened = OpenOptions::new().write(true).create_new(true).open(&path);
    let written = opened.and_then(|mut opened| opened.write_all(file));
    written
        .map(|()| path.clone())
        .map_err(|why| format!("{path}: {why}"))
}
