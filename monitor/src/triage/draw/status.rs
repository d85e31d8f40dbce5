//! The lines at the edges: where it comes from, what was not seen, what the keys do.

use super::problems;
use crate::triage::action::Action;
use crate::triage::keys::{KEYS, Key};
use crate::triage::layer::Layer;
use crate::triage::model::{Model, SourceView};
use crate::triage::news::State;
use crate::triage::text::{Role, Row, columns};
use crate::words::counted;

/// The first line: as much of it as fits, what fails before all else.
pub(super) fn header(model: &Model) -> Row {
    let sources = sources_in_words(model);
    let all = [
        heading(model, true, true, &sources),
        heading(model, false, true, &sources),
        heading(model, false, false, &sources),
    ];
    let fits = all.into_iter().find(|row| row.columns() <= width(model));
    // What is wrong with a source then stands in the last line but one.
    fits.unwrap_or_else(|| heading(model, false, false, &in_short(model)))
}

/// Why a source cannot be listened to, where the first line has no room for it.
fn trouble(model: &Model) -> Option<String> {
    let sources = sources_in_words(model);
    let is_bad = model.sources.iter().any(|source| source.state.is_bad());
    let fits = heading(model, false, false, &sources).columns() <= width(model);
    (is_bad && !fits).then_some(sources)
}

fn width(model: &Model) -> usize {
    usize::from(model.size.0)
}

fn in_short(model: &Model) -> String {
    let bad = model.sources.iter().filter(|source| source.state.is_bad());
    match (bad.count(), model.sources.as_slice()) {
        (0, _) => sources_in_words(model),
        (_, [one]) => format!("{}: LOST", one.name),
        (bad, all) => format!("{} nodes, {bad} LOST", all.len()),
    }
}

fn heading(model: &Model, title: bool, of_all: bool, sources: &str) -> Row {
    let mut row = Row::new(Role::Plain, " ");
    if title {
        row = row
            .and(Role::Strong, "tlsmon triage")
            .and(Role::Faint, " | ");
    }
    let (failures, problems) = (model.problems.failures, model.problems.len());
    let role = if failures > 0 { Role::Bad } else { Role::Good };
    let failures = counted(failures, "failure");
    let said = format!("{failures} in {}", counted(problems, "problem"));
    row = row.and(role, &said);
    if of_all {
        let came = counted(model.held.came, "handshake");
        row = row.and(Role::Plain, &format!(" of {came}"));
    }
    let bad = model.sources.iter().any(|source| source.state.is_bad());
    let role = if bad { Role::Warning } else { Role::Plain };
    row.and(Role::Faint, " | ").and(role, sources)
}

/// How it stands with the sources.
pub(crate) fn sources_in_words(model: &Model) -> String {
    match model.sources.as_slice() {
        [one] => format!("{}: {}", one.name, state(one, model.packets)),
        all => {
            let there = all.iter().filter(|source| source.state != State::Gone);
            let live = all
                .iter()
                .filter(|source| source.state == State::Live)
                .count();
            let bad: Vec<_> = all.iter().filter(|source| source.state.is_bad()).collect();
            let mut said = format!("{} nodes, {live} live", there.count());
            if let Some(first) = bad.first() {
                let more = bad.len() - 1;
                said = format!("{said}; {}: {}", first.name, state(first, 0));
                if more > 0 {
                    said = format!("{said}, and {more} more");
                }
            }
            said
        }
    }
}

fn state(source: &SourceView, packets: u64) -> String {
    match &source.state {
        State::Connecting => "connecting".to_owned(),
        State::Reading(_, None | Some(0)) => "reading".to_owned(),
        State::Reading(read, Some(total)) => {
            format!("reading, {} %", read.saturating_mul(100) / total)
        }
        State::Live => "live".to_owned(),
        State::Done => format!("read to its end, {}", counted(packets, "packet")),
        State::Lost(why, again) => format!("LOST: {why}; again in {again} s"),
        State::Gone => "gone, no agent is there now".to_owned(),
        State::Failed(why) => format!("FAILED: {why}"),
    }
}

/// The last line but one: what is being typed, what was done, what was not seen.
pub(super) fn status(model: &Model) -> Row {
    if let Some(ask) = &model.ask {
        let row = Row::new(Role::Strong, " filter: ").and(Role::Plain, &format!("{}_", ask.text));
        return match &ask.wrong {
            Some(wrong) => row.and(Role::Bad, &format!("  {wrong}")),
            None => row.and(
                Role::Faint,
                "   Enter takes it, Esc leaves it; empty shows all failures",
            ),
        };
    }
    let mut row = Row::new(Role::Plain, " ");
    if let Some(trouble) = trouble(model) {
        row = row.and(Role::Warning, &format!("{trouble}  "));
    }
    let waiting = model.waiting.len();
    if model.paused {
        row = row.and(Role::Warning, &format!("PAUSED, {waiting} wait  "));
    } else if waiting > 0 {
        row = row.and(Role::Warning, &format!("catching up, {waiting} wait  "));
    }
    if !model.filter_text.is_empty() {
        row = row.and(Role::Warning, &format!("filter {}  ", model.filter_text));
    } else if model.filter.all {
        row = row.and(Role::Plain, "every handshake, not failures only  ");
    }
    if model.frozen.is_some() {
        row = row.and(Role::Warning, "order kept  ");
    }
    if let Some(notice) = &model.notice {
        row = row.and(Role::Advice, &format!("{notice}  "));
    }
    let mut said = unseen(model);
    if let Layer::Problems = model.top().layer {
        let trend = problems::trend_seconds(model);
        let trend = trend.map(|seconds| format!("; a column of the trend is {seconds} s"));
        let order = model.order.label();
        said.push(format!("by {order}{}", trend.unwrap_or_default()));
    }
    let role = if has_losses(model) {
        Role::Warning
    } else {
        Role::Faint
    };
    row.and(role, &said.join("  "))
}

fn has_losses(model: &Model) -> bool {
    !model.losses.is_empty()
        || model.overrun > 0
        || model.unreadable > 0
        || model.sources.iter().any(|source| source.missed > 0)
}

/// What was not seen, or not told.
fn unseen(model: &Model) -> Vec<String> {
    let mut said = Vec::new();
    if !model.losses.is_empty() {
        let losses: Vec<_> = model
            .losses
            .iter()
            .map(|(place, count)| format!("{count} {place}"))
            .collect();
        said.push(format!("not seen: {}", losses.join(", ")));
    }
    let missed: u64 = model.sources.iter().map(|source| source.missed).sum();
    let counts = [
        (missed, "missed"),
        (model.overrun, "did not fit while paused"),
        (model.unreadable, "lines unreadable"),
        (model.skipped, "frames skipped"),
        (model.held.forgotten, "handshakes made room"),
        (model.problems.forgotten.problems, "problems made room"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    said.extend(counts.map(|(count, what)| format!("{count} {what}")));
    said
}

/// The last line: the keys of what is looked at, as many as fit, and always how to learn of the others and how to leave.
pub(super) fn keys(model: &Model) -> Row {
    let hints = KEYS.iter().filter(|key| !key.hint.is_empty());
    let (last, others): (Vec<&Key>, Vec<&Key>) = hints
        .filter(|key| is_of_use(model, key.action))
        .partition(|key| matches!(key.action, Action::Help | Action::Quit));
    let taken = |key: &&Key| columns(key.shown) + columns(key.hint) + 2;
    let mut left = width(model).saturating_sub(last.iter().map(taken).sum());
    let fitting = others.iter().filter(|key| {
        let fits = taken(key) <= left;
        left -= if fits { taken(key) } else { 0 };
        fits
    });
    fitting.chain(&last).fold(Row::empty(), |row, key| {
        row.and(Role::Strong, &format!(" {}", key.shown))
            .and(Role::Faint, &format!(" {}", key.hint))
    })
}

fn is_of_use(model: &Model, action: Action) -> bool {
    let layer = &model.top().layer;
    match action {
        Action::Back => model.depth() > 1,
        Action::Sort | Action::Freeze => matches!(layer, Layer::Problems),
        Action::Open => !matches!(layer, Layer::Detail(_) | Layer::Cause(_) | Layer::Help),
        _ => true,
    }
}
