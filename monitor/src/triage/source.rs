//! Where news come from: a thread for each source, and one bounded channel to the screen.

mod agent;
mod agents;
mod collect;
mod file;
mod lines;
mod roster;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

pub(crate) use agents::Agents;
pub(crate) use file::File;
#[cfg(test)]
pub(crate) use file::ladder_of_file;

use super::news::News;
use super::record::Record;

/// News that wait between a source and the screen: a source that is faster waits, and what it misses meanwhile it says.
const CHANNEL: usize = 1024;

/// Everything that news come from.
#[derive(Debug)]
pub(crate) enum Sources {
    /// A capture file.
    File(File),
    /// Agents.
    Agents(Agents),
}

impl Sources {
    /// What they are called, in the order of their numbers.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::File(file) => vec![file.name()],
            Self::Agents(agents) => agents.names(),
        }
    }

    /// Whether each is a node of a cluster.
    pub(crate) fn are_nodes(&self) -> bool {
        matches!(self, Self::Agents(agents) if agents.are_nodes())
    }

    /// Begins to listen.
    pub(crate) fn start(mut self) -> std::io::Result<Running> {
        let (sender, news) = sync_channel(CHANNEL);
        match &mut self {
            Self::File(file) => file.start(sender.clone())?,
            Self::Agents(agents) => agents.start(&sender)?,
        }
        Ok(Running {
            sources: self,
            sender,
            news,
        })
    }
}

/// Sources that tell news.
#[derive(Debug)]
pub(crate) struct Running {
    sources: Sources,
    sender: SyncSender<News>,
    /// What they tell.
    pub(crate) news: Receiver<News>,
}

impl Running {
    /// Looks for the packets of a handshake; they come as news.
    pub(crate) fn fetch(&self, record: Arc<Record>) {
        let sender = self.sender.clone();
        match &self.sources {
            Sources::File(file) => file.fetch(record, sender),
            Sources::Agents(agents) => agents.fetch(record, sender),
        }
    }

    /// Writes the packets of a handshake to a file; what became of that comes as news.
    pub(crate) fn save(&self, record: Arc<Record>) {
        let sender = self.sender.clone();
        match &self.sources {
            Sources::File(file) => file.save(record, sender),
            Sources::Agents(agents) => agents.save(record, sender),
        }
    }

    /// Every handshake is wanted, or failures only. A file is read whole anyway.
    pub(crate) fn ask(&self, everything: bool) {
        match &self.sources {
            Sources::File(_) => {}
            Sources::Agents(agents) => agents.ask(everything),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Sources::Agents(agents) = &self.sources {
            agents.leave();
        }
    }
}
