//! Keys and the mouse come in, effects come out.

use std::sync::Arc;

use super::Model;
use crate::triage::action::{Action, Effect, Mouse, Press};
use crate::triage::ask::{self, Ask};
use crate::triage::command;
use crate::triage::draw;
use crate::triage::keys;
use crate::triage::layer::{Chosen, Layer, Open};
use crate::triage::pages;
use crate::triage::record::Record;

/// Layers on top of each other: more make room by forgetting the first that can be.
const MAX_LAYERS: usize = 16;

impl Model {
    /// A key was pressed.
    pub(crate) fn press(&mut self, press: Press) -> Option<Effect> {
        if self.ask.is_some() {
            return self.type_in(press);
        }
        self.notice = None;
        self.act(keys::action(press)?)
    }

    /// The mouse did something.
    pub(crate) fn mouse(&mut self, mouse: Mouse) -> Option<Effect> {
        match mouse {
            Mouse::WheelUp => self.act(Action::Up),
            Mouse::WheelDown => self.act(Action::Down),
            Mouse::Click(column, line) => {
                let row = draw::row_at(self, column, line)?;
                let list = self.list()?;
                // A second click on the same row opens it.
                if list.at == row && self.top().chosen.is_some() {
                    return self.act(Action::Open);
                }
                let chosen = list.rows.chosen(row)?;
                self.choose(row, Some(chosen));
                None
            }
        }
    }

    /// Does what a key means.
    pub(crate) fn act(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Up => self.go(|at, _| at.saturating_sub(1)),
            Action::Down => self.go(|at, _| at.saturating_add(1)),
            Action::PageUp => self.go(usize::saturating_sub),
            Action::PageDown => self.go(usize::saturating_add),
            Action::Top => self.go(|_, _| 0),
            Action::Bottom => self.go(|_, _| usize::MAX),
            Action::Open => return self.open(),
            Action::Back => self.back(),
            Action::Switch => self.switch(),
            Action::Explain => self.explain(),
            Action::Filter => self.ask_for_filter(),
            Action::All => return Some(self.all()),
            Action::Pause => self.pause(),
            Action::Freeze => self.freeze(),
            Action::Sort => self.sort(),
            Action::Commands => self.commands(),
            Action::Save => return self.record().map(Effect::Save),
            Action::Help => self.push(Layer::Help),
            Action::Redraw => return Some(Effect::Redraw),
            Action::Quit => return Some(Effect::Quit),
        }
        None
    }

    fn go(&mut self, step: impl Fn(usize, usize) -> usize) {
        let page = draw::page_height(self);
        if let Some(list) = self.list() {
            let last = list.rows.len().saturating_sub(1);
            let to = step(list.at, page).min(last);
            // At the top one follows what is new.
            let chosen = if to == 0 { None } else { list.rows.chosen(to) };
            self.choose(to, chosen);
        } else {
            let last = match &self.top().layer {
                Layer::Commands(record) => command::all(record).len().saturating_sub(1),
                _ => pages::rows(self).len().saturating_sub(page),
            };
            self.choose(step(self.top().at, page).min(last), None);
        }
    }

    fn choose(&mut self, at: usize, chosen: Option<Chosen>) {
        if let Some(top) = self.layers.last_mut() {
            (top.at, top.chosen) = (at, chosen);
        }
    }

    fn push(&mut self, layer: Layer) {
        if self.layers.len() >= MAX_LAYERS {
            self.layers.remove(1);
        }
        self.layers.push(Open::new(layer));
    }

    fn open(&mut self) -> Option<Effect> {
        match &self.top().layer {
            Layer::Problems => {
                if let Some(Chosen::Problem(key)) = self.list().and_then(|l| l.rows.chosen(l.at)) {
                    self.push(Layer::Handshakes(Some(key)));
                }
                None
            }
            Layer::Handshakes(_) => self.record().map(|record| self.detail(record)),
            Layer::Commands(record) => {
                let command = command::all(record).into_iter().nth(self.top().at)?;
                self.notice = Some(format!("sent to the clipboard: {}", command.line));
                Some(Effect::Copy(command.line))
            }
            Layer::Detail(_) | Layer::Cause(_) | Layer::Help => None,
        }
    }

    fn detail(&mut self, record: Arc<Record>) -> Effect {
        self.packets_of = Some((record.id.clone(), None));
        self.push(Layer::Detail(Arc::clone(&record)));
        Effect::Fetch(record)
    }

    fn back(&mut self) {
        if self.layers.len() > 1 {
            self.layers.pop();
        }
    }

    fn switch(&mut self) {
        let other = match self.layers.first().map(|first| &first.layer) {
            Some(Layer::Problems) if self.layers.len() == 1 => Layer::Handshakes(None),
            _ => Layer::Problems,
        };
        self.layers = vec![Open::new(other)];
    }

    fn explain(&mut self) {
        let cause = self.record().and_then(|record| record.word().parse().ok());
        match cause {
            Some(cause) => self.push(Layer::Cause(cause)),
            None => self.notice = Some("there is no page: this is no failure".to_owned()),
        }
    }

    fn commands(&mut self) {
        if let Some(record) = self.record() {
            self.push(Layer::Commands(record));
        }
    }

    fn ask_for_filter(&mut self) {
        self.ask = Some(Ask {
            text: self.filter_text.clone(),
            wrong: None,
        });
    }

    fn all(&mut self) -> Effect {
        self.filter.all = !self.filter.all;
        self.recount();
        Effect::Ask(self.filter.all)
    }

    fn freeze(&mut self) {
        self.frozen = if self.frozen.is_some() {
            None
        } else {
            let order = self.problems_in_order();
            Some(order.iter().map(|problem| problem.key.clone()).collect())
        };
    }

    fn sort(&mut self) {
        self.order = self.order.next();
        self.frozen = None;
    }

    /// A key, while a filter is being typed.
    fn type_in(&mut self, press: Press) -> Option<Effect> {
        match press {
            Press::Enter => return self.take_filter(),
            Press::Escape | Press::Ctrl('c') => self.ask = None,
            Press::Ctrl('u') => self.ask = Some(Ask::default()),
            Press::Backspace => self.ask.as_mut()?.erase(),
            Press::Char(character) => self.ask.as_mut()?.typed(character),
            _ => {}
        }
        None
    }

    fn take_filter(&mut self) -> Option<Effect> {
        let ask = self.ask.as_mut()?;
        match ask::filter(&ask.text) {
            Err(wrong) => ask.wrong = Some(wrong),
            Ok(filter) => {
                self.filter_text = ask.text.trim().to_owned();
                self.ask = None;
                let wants = filter.all || !filter.outcomes.is_empty();
                self.filter = filter;
                self.recount();
                return Some(Effect::Ask(wants));
            }
        }
        None
    }
}
