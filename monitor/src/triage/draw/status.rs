//! The lines at the edges: where it comes from, what was not seen, what the keys do.

use crate::triage::action::Action;
use crate::triage::keys::KEYS;
use crate::triage::layer::Layer;
use crate::triage::model::{Model, SourceView};
use crate::triage::news::State;
use crate::triage::text::{Role, Row};
use crate::words::counted;

/// The first line.
pub(super) fn header(model: &Model) -> Row {
    let mut row = Row::new(Role::Strong, " tlsmon triage").and(Role::Faint, " | ");
    let bad = model.sources.iter().any(|source| source.state.is_bad());
    let role = if bad { Role::Warning } else { Role::Plain };
    row = row
        .and(role, &sources_in_words(model))
        .and(Role::Faint, " | ");
    let failures = model.problems.failures;
    let problems = model.problems.len();
    let role = if failures > 0 { Role::Bad } else { Role::Good };
    row = row.and(
        role,
        &format!(
            "{} in {}",
            counted(failures, "failure"),
            counted(problems as u64, "problem")
        ),
    );
    row.and(
        Role::Plain,
        &format!(" of {}", counted(model.held.came, "handshake")),
    )
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
        said.push(format!(
            "by {}; a step of the trend is {} s",
            model.order.label(),
            model.problems.scale().seconds()
        ));
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

/// The last line: the keys of what is looked at.
pub(super) fn keys(model: &Model) -> Row {
    let fits = |action: Action| match action {
        Action::Back => model.depth() > 1,
        Action::Sort | Action::Freeze => matches!(model.top().layer, Layer::Problems),
        Action::Open => !matches!(
            model.top().layer,
            Layer::Detail(_) | Layer::Cause(_) | Layer::Help
        ),
        _ => true,
    };
    let mut row = Row::empty();
    for key in KEYS
        .iter()
        .filter(|key| !key.hint.is_empty() && fits(key.action))
    {
        row = row
            .and(Role::Strong, &format!(" {}", key.shown))
            .and(Role::Faint, &format!(" {}", key.hint));
    }
    row
}
