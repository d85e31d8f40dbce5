//! The same in lines, for screen readers and pipes: no drawing, no colour that carries meaning, no cursor that moves.

#![expect(
    clippy::disallowed_methods,
    reason = "what goes on is summed up once a minute of real time"
)]

use std::io::{self, Write};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::draw::{clock, sources_in_words};
use super::model::Model;
use super::news::{News, State};
use super::pages;
use super::record::Record;
use super::source::Sources;
use crate::words::counted;

/// How often the problems of a live source are said again.
const EVERY: Duration = Duration::from_mins(1);
/// How many of them.
const SAID: usize = 20;

/// Says each handshake that fits as it comes, and the problems at the end, or once a minute.
/// Gives the model as it was at the end.
pub(crate) fn plain(mut model: Model, sources: Sources, out: &mut dyn Write) -> io::Result<Model> {
    let running = sources.start()?;
    let mut next = Instant::now() + EVERY;
    loop {
        match running
            .news
            .recv_timeout(EVERY.min(next.saturating_duration_since(Instant::now())))
        {
            Ok(news) => {
                if take(&mut model, news, out)? {
                    summary(&model, out)?;
                    return Ok(model);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(model),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if Instant::now() >= next {
            next += EVERY;
            summary(&model, out)?;
        }
    }
}

/// Takes what a source tells, and says what is to be said of it; true when it was the last.
fn take(model: &mut Model, news: News, out: &mut dyn Write) -> io::Result<bool> {
    let over = matches!(news, News::State(_, State::Done | State::Failed(_)));
    let is_state = matches!(news, News::State(..));
    let (came, was_bad) = (model.held.came, is_bad(model));
    model.take(news);
    if model.held.came > came {
        said(model, out)?;
    }
    if let Some(notice) = model.notice.take() {
        writeln!(out, "{}", crate::sink::escape::escape(&notice))?;
    }
    // That all is well again is said as well.
    if !over && is_state && (was_bad || is_bad(model)) {
        writeln!(out, "{}", sources_in_words(model))?;
    }
    Ok(over)
}

/// Whether something is wrong with a source.
fn is_bad(model: &Model) -> bool {
    model.sources.iter().any(|source| source.state.is_bad())
}

/// The handshake that came last, if it is to be shown.
fn said(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    let last = model.held.newest_first().next();
    match last.filter(|record| model.filter.matches_told(&record.told())) {
        Some(record) => writeln!(out, "{}", sentence(record)),
        None => Ok(()),
    }
}

/// A handshake in a line.
fn sentence(record: &Record) -> String {
    let name = record
        .sni
        .as_ref()
        .map_or_else(|| "no name".to_owned(), |name| format!("name {name}"));
    let sure = record
        .verdict
        .confidence
        .as_ref()
        .map_or_else(String::new, |sure| format!(", {sure}"));
    let node = on(record.node.as_deref());
    let mut line = format!(
        "{} {}{sure}: client {} to {}, {name}{node}; {}.",
        clock(record.time),
        record.word(),
        record.client.who(),
        record.server.label(),
        pages::ending(record),
    );
    if let Some(next) = &record.verdict.next {
        line = format!("{line} Next: {next}.");
    }
    crate::sink::escape::escape(&line).into_owned()
}

/// The node that saw it, where there are several.
fn on(node: Option<&str>) -> String {
    node.map_or_else(String::new, |node| format!(", node {node}"))
}

/// `1 client`, `7 clients`, `64+ clients`.
fn clients(count: &str) -> String {
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} client{plural}")
}

fn summary(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", sources_in_words(model))?;
    let problems = model.problems_in_order();
    writeln!(
        out,
        "{}, {}, {}, by {}.",
        counted(model.held.came, "handshake"),
        counted(model.problems.failures, "failure"),
        counted(problems.len(), "problem"),
        model.order.label()
    )?;
    for (number, problem) in problems.iter().take(SAID).enumerate() {
        let name = problem.key.name.as_deref().unwrap_or("no name");
        let line = format!(
            "{}: {} at {}, {name}{}: {}, {}, first {}, last {}.",
            number + 1,
            problem.key.cause,
            problem.key.endpoint,
            on(problem.key.node.as_deref()),
            counted(problem.count, "time"),
            clients(&problem.clients()),
            clock(problem.first),
            clock(problem.last),
        );
        writeln!(out, "{}", crate::sink::escape::escape(&line))?;
    }
    for (place, count) in &model.losses {
        writeln!(
            out,
            "Not seen: {count} at {}.",
            crate::sink::escape::escape(place)
        )?;
    }
    out.flush()
}
