//! The rows of the list that is looked at.

use std::sync::Arc;

use super::Model;
use crate::triage::layer::{Chosen, Layer, Open};
use crate::triage::problems::{Key, Problem};
use crate::triage::record::Record;

/// A list, and which of its rows is chosen.
#[derive(Debug)]
pub(crate) struct List<'a> {
    /// The rows.
    pub(crate) rows: Listed<'a>,
    /// The chosen one.
    pub(crate) at: usize,
}

/// What is listed.
#[derive(Debug)]
pub(crate) enum Listed<'a> {
    /// Problems.
    Problems(Vec<&'a Problem>),
    /// Handshakes, the newest first.
    Handshakes(Vec<&'a Arc<Record>>),
}

impl Listed<'_> {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Problems(rows) => rows.len(),
            Self::Handshakes(rows) => rows.len(),
        }
    }

    /// What choosing this row means.
    pub(crate) fn chosen(&self, at: usize) -> Option<Chosen> {
        match self {
            Self::Problems(rows) => rows.get(at).map(|row| Chosen::Problem(row.key.clone())),
            Self::Handshakes(rows) => rows.get(at).map(|row| Chosen::Handshake(row.id.clone())),
        }
    }

    fn place(&self, chosen: &Chosen) -> Option<usize> {
        match (self, chosen) {
            (Self::Problems(rows), Chosen::Problem(key)) => {
                rows.iter().position(|row| row.key == *key)
            }
            (Self::Handshakes(rows), Chosen::Handshake(id)) => {
                rows.iter().position(|row| row.id == *id)
            }
            _ => None,
        }
    }
}

impl Model {
    /// The list that is looked at; none when it is no list.
    pub(crate) fn list(&self) -> Option<List<'_>> {
        let top = self.top();
        let rows = match &top.layer {
            Layer::Problems => Listed::Problems(self.problems_in_order()),
            Layer::Handshakes(key) => Listed::Handshakes(self.handshakes(key.as_ref())),
            _ => return None,
        };
        let at = place(&rows, top);
        Some(List { rows, at })
    }

    /// The problems, in the order that was chosen, or the one that is kept.
    pub(crate) fn problems_in_order(&self) -> Vec<&Problem> {
        let mut all = self.problems.sorted(self.order);
        if let Some(frozen) = &self.frozen {
            let place = |key: &Key| frozen.iter().position(|held| held == key);
            all.sort_by_key(|problem| place(&problem.key).unwrap_or(usize::MAX));
        }
        all
    }

    /// The handshakes that fit, the newest first. Those of a problem are as many as it holds at the least.
    pub(crate) fn handshakes(&self, key: Option<&Key>) -> Vec<&Arc<Record>> {
        let held = self.held.newest_first();
        let Some(key) = key else {
            let fits = |record: &&Arc<Record>| self.filter.matches_told(&record.told());
            return held.filter(fits).collect();
        };
        // Of most handshakes the words alone tell that they belong elsewhere; a key is made of the others only.
        let may_be = |record: &&Arc<Record>| record.word() == key.cause && record.sni == key.name;
        let held = held.filter(may_be);
        let of_it: Vec<_> = held.filter(|record| Key::of(record) == *key).collect();
        match self.problems.get(key) {
            Some(problem) if of_it.len() < problem.examples().len() => {
                problem.examples().rev().collect()
            }
            _ => of_it,
        }
    }

    /// The handshake that is chosen or looked at: of a problem, its last.
    pub(crate) fn record(&self) -> Option<Arc<Record>> {
        match &self.top().layer {
            Layer::Detail(record) | Layer::Commands(record) => Some(self.current(record)),
            _ => match self.list()? {
                List {
                    rows: Listed::Problems(rows),
                    at,
                } => rows.get(at)?.examples().next_back().cloned(),
                List {
                    rows: Listed::Handshakes(rows),
                    at,
                } => rows.get(at).map(|record| Arc::clone(record)),
            },
        }
    }
}

/// Where in the rows one stands: at what was chosen, else at that place.
fn place(rows: &Listed<'_>, open: &Open) -> usize {
    let found = open.chosen.as_ref().and_then(|chosen| rows.place(chosen));
    found.unwrap_or(open.at).min(rows.len().saturating_sub(1))
}
