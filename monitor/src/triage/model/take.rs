//! News come in.

use std::sync::Arc;

use super::{MAX_LOSSES, MAX_WAITING, Model, SourceView};
use crate::triage::news::{News, SourceId, State};
use crate::triage::record::{self, Record, Revised, Said};

impl Model {
    /// Takes what a source tells. While the screen is paused that waits, and behind a pause until what waited is read.
    pub(crate) fn take(&mut self, news: News) {
        let waits = self.paused || !self.waiting.is_empty();
        match news {
            News::Line(..) if waits && self.waiting.len() < MAX_WAITING => {
                self.waiting.push_back(news);
            }
            News::Line(..) if waits => self.overrun += 1,
            _ => self.apply(news),
        }
    }

    /// Holds everything still, or goes on: what has waited is then read with [`Self::catch_up`].
    pub(crate) const fn pause(&mut self) {
        self.paused = !self.paused;
    }

    /// Reads so many of the lines that have waited. Gives how many that were.
    pub(crate) fn catch_up(&mut self, most: usize) -> usize {
        let count = if self.paused {
            0
        } else {
            self.waiting.len().min(most)
        };
        for _ in 0..count {
            if let Some(news) = self.waiting.pop_front() {
                self.apply(news);
            }
        }
        count
    }

    fn apply(&mut self, news: News) {
        match news {
            News::Line(source, text) => self.line(source, &text),
            News::State(source, state) => self.state(source, state),
            News::Joined(source, name) => self.joined(source, name),
            News::Unlisted(why) => self.notice = Some(why),
            News::Packets(id, found) => {
                if let Some((wanted, place)) = &mut self.packets_of
                    && *wanted == id
                {
                    *place = Some(found);
                }
            }
            News::Saved(Ok(path)) => self.notice = Some(format!("saved {path}")),
            News::Saved(Err(why)) => self.notice = Some(format!("not saved: {why}")),
        }
    }

    fn state(&mut self, source: SourceId, state: State) {
        if let Some(source) = self.sources.get_mut(source) {
            source.state = state;
        }
    }

    fn joined(&mut self, source: SourceId, name: String) {
        let new = SourceView::new(name);
        match self.sources.get_mut(source) {
            Some(old) => *old = new,
            None => self.sources.push(new),
        }
    }

    fn line(&mut self, source: SourceId, text: &str) {
        match record::read(text) {
            Some(Said::Handshake(record)) => self.handshake(source, *record),
            Some(Said::Revision(revised)) => self.revise(source, &revised),
            Some(Said::Loss(place, count)) if place.starts_with("stream/") => {
                self.missed(source, count);
            }
            Some(Said::Loss(place, count)) => self.lost(place, count),
            Some(Said::Summary(packets)) => self.packets = self.packets.saturating_add(packets),
            Some(Said::Other) => {}
            None => self.unreadable += 1,
        }
    }

    fn handshake(&mut self, source: SourceId, mut record: Record) {
        if self.has_nodes() && record.node.is_none() {
            record.node = self.sources.get(source).map(|source| source.name.clone());
        } else if !self.has_nodes() {
            // Of a single node, its name says nothing.
            record.node = None;
        }
        record.source = source;
        if self.held.has(&record) {
            // Told again, when the source was asked again: only what was revised meanwhile is new.
            if let Some(before) = record.before {
                let (id, verdict) = (record.id, record.verdict);
                let revised = Revised {
                    id,
                    verdict,
                    before,
                };
                self.revise(source, &revised);
            }
            return;
        }
        self.now = self.now.max(record.time);
        let record = Arc::new(record);
        self.count(&record);
        self.held.keep(record);
    }

    fn revise(&mut self, source: SourceId, revised: &Revised) {
        let change = |record: &Record| record.revised(revised);
        let Some((before, now)) = self.held.revise(source, &revised.id, change) else {
            return;
        };
        let is_shown = |record: &Record| self.filter.matches_told(&record.told());
        match (is_shown(&before), is_shown(&now)) {
            (true, true) => self.problems.revise(&before, &now),
            (true, false) => self.problems.withdraw(&before),
            (false, true) => self.problems.add(&now),
            (false, false) => {}
        }
    }

    /// The agent did not send us these: we, or its server, were too slow.
    fn missed(&mut self, source: SourceId, count: u64) {
        if let Some(source) = self.sources.get_mut(source) {
            source.missed = source.missed.saturating_add(count);
        }
    }

    fn lost(&mut self, place: String, count: u64) {
        let place = if self.losses.len() >= MAX_LOSSES && !self.losses.contains_key(&place) {
            "other/other".to_owned()
        } else {
            place
        };
        let sum = self.losses.entry(place).or_default();
        *sum = sum.saturating_add(count);
    }
}
