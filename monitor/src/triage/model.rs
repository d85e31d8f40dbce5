//! What the screen knows and shows. Pure: news and keys go in, what is to be shown comes out.

mod act;
mod list;
mod take;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub(crate) use list::Listed;

use super::ask::Ask;
use super::held::Held;
use super::layer::{Layer, Open};
use super::news::{Found, State};
use super::problems::{Key, Order, Problems};
use super::record::Record;
use crate::filter::Filter;
use crate::frame::Timestamp;

/// Lines that wait while the screen is paused.
pub(crate) const MAX_WAITING: usize = 10_000;
/// Places and reasons of losses that are told apart.
const MAX_LOSSES: usize = 32;

/// A place that news come from.
#[derive(Clone, Debug)]
pub(crate) struct SourceView {
    /// What it is called.
    pub(crate) name: String,
    /// How it stands with it.
    pub(crate) state: State,
    /// Events that it did not send us, who were too slow.
    pub(crate) missed: u64,
}

impl SourceView {
    /// One of which nothing was heard yet.
    fn new(name: String) -> Self {
        Self {
            name,
            state: State::Connecting,
            missed: 0,
        }
    }
}

/// What the screen knows.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) sources: Vec<SourceView>,
    /// They are nodes of a cluster, which come and go: each handshake has its node's name, if there is only one now.
    pub(crate) of_cluster: bool,
    pub(crate) held: Held,
    pub(crate) problems: Problems,
    pub(crate) filter: Filter,
    /// The filter, as it was typed.
    pub(crate) filter_text: String,
    pub(crate) order: Order,
    /// The rows' order, where it is kept.
    pub(crate) frozen: Option<Vec<Key>>,
    /// The screen is held still.
    pub(crate) paused: bool,
    /// Lines that wait meanwhile, and until they are read after it.
    pub(crate) waiting: VecDeque<super::news::News>,
    /// What did not find room among them, and what came while the screen could not keep up.
    pub(crate) overrun: u64,
    /// What the capture did not see, by place and reason.
    pub(crate) losses: BTreeMap<String, u64>,
    /// Lines that could not be read.
    pub(crate) unreadable: u64,
    /// Packets, as a file's summary has it.
    pub(crate) packets: u64,
    /// Frames that were not drawn, because more was to be read.
    pub(crate) skipped: u64,
    /// The line that is being typed.
    pub(crate) ask: Option<Ask>,
    /// What was done, or what went wrong.
    pub(crate) notice: Option<String>,
    /// The packets of the handshake that was looked at last, or why there are none.
    pub(crate) packets_of: Option<(String, Option<Found>)>,
    /// The time, by the clock of the news.
    pub(crate) now: Timestamp,
    /// Columns and lines of the screen.
    pub(crate) size: (u16, u16),
    /// Drawing has ASCII only.
    pub(crate) ascii: bool,
    layers: Vec<Open>,
}

impl Model {
    /// A model that knows nothing yet, of the sources with these names.
    pub(crate) fn new(sources: &[String], filter: Filter, filter_text: String) -> Self {
        Self {
            sources: sources.iter().cloned().map(SourceView::new).collect(),
            of_cluster: false,
            held: Held::default(),
            problems: Problems::default(),
            filter,
            filter_text,
            order: Order::default(),
            frozen: None,
            paused: false,
            waiting: VecDeque::new(),
            overrun: 0,
            losses: BTreeMap::new(),
            unreadable: 0,
            packets: 0,
            skipped: 0,
            ask: None,
            notice: None,
            packets_of: None,
            now: Timestamp::default(),
            size: (80, 24),
            ascii: false,
            layers: vec![Open::new(Layer::Problems)],
        }
    }

    /// The screen has this size now.
    pub(crate) fn resize(&mut self, columns: u16, lines: u16) {
        self.size = (columns, lines);
    }

    /// The time is this, where sources are live.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        if !self.paused && self.sources.iter().any(|s| s.state == State::Live) {
            self.now = self.now.max(now);
            self.problems.reach(now);
        }
    }

    /// Whether a source has stopped for good.
    pub(crate) fn is_broken(&self) -> bool {
        let stopped = |source: &SourceView| matches!(source.state, State::Failed(_));
        self.sources.iter().any(stopped)
    }

    /// What is looked at.
    pub(crate) fn top(&self) -> &Open {
        // There is always one; a constant stands in for the impossible.
        const FIRST: &Open = &Open::new(Layer::Problems);
        self.layers.last().unwrap_or(FIRST)
    }

    /// How deep one has gone.
    pub(crate) fn depth(&self) -> usize {
        self.layers.len()
    }

    /// What is being shown of this handshake now: its verdict may have been revised since.
    pub(crate) fn current(&self, record: &Arc<Record>) -> Arc<Record> {
        let mut held = self.held.newest_first();
        let found = held.find(|held| held.id == record.id);
        Arc::clone(found.unwrap_or(record))
    }

    /// The packets of this handshake, as far as they were asked for.
    pub(crate) fn packets_of(&self, record: &Record) -> Option<&Option<Found>> {
        let (id, found) = self.packets_of.as_ref()?;
        (*id == record.id).then_some(found)
    }

    /// Whether there is more than one node, or may be.
    pub(crate) fn has_nodes(&self) -> bool {
        self.of_cluster || self.sources.len() > 1
    }

    /// Begins anew with what is held, for another filter.
    fn recount(&mut self) {
        let mut records: Vec<_> = self.held.newest_first().cloned().collect();
        records.reverse();
        self.problems = Problems::default();
        for record in records {
            self.count(&record);
        }
        self.problems.reach(self.now);
        self.frozen = None;
    }

    fn count(&mut self, record: &Arc<Record>) {
        if record.is_failure() && self.filter.matches_told(&record.told()) {
            self.problems.add(record);
        }
    }
}
