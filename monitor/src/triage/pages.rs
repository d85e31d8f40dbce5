//! What stands on a page, line by line: the same on a screen and off it.

mod detail;
mod facts;
mod help;
mod story;

pub(crate) use detail::detail;
pub(crate) use story::{ending, role, why};

use super::layer::Layer;
use super::model::Model;
use super::text::{Role, Row};
use super::{command, draw};
use crate::diagnosis::guide;
use crate::report::Cause;

/// The lines of the page that is looked at, broken to fit the screen; none where it is a list.
pub(crate) fn rows(model: &Model) -> Vec<Row> {
    let width = draw::page_width(model);
    match &model.top().layer {
        Layer::Problems | Layer::Handshakes(_) => Vec::new(),
        Layer::Detail(record) => {
            let record = model.current(record);
            detail(&record, model.packets_of(&record), width, model.ascii)
        }
        Layer::Cause(cause) => wrapped(page(*cause), width),
        Layer::Commands(record) => {
            let commands = command::all(record);
            commands
                .iter()
                .map(|command| {
                    Row::new(Role::Advice, &command.line)
                        .and(Role::Faint, &format!("   {}", command.what))
                })
                .collect()
        }
        Layer::Help => wrapped(help::rows(), width),
    }
}

/// Each row broken to fit.
pub(crate) fn wrapped(rows: Vec<Row>, width: usize) -> Vec<Row> {
    rows.into_iter()
        .flat_map(|row| row.wrapped(width))
        .collect()
}

/// The page of a cause, from the same source as `tlsmon explain`.
fn page(cause: Cause) -> Vec<Row> {
    let mut code = false;
    let mut rows = Vec::new();
    for line in joined(guide(cause).page()) {
        if line.starts_with("```") {
            code = !code;
        } else if code {
            rows.push(Row::new(Role::Advice, &format!("    {line}")));
        } else if line.starts_with('#') {
            rows.push(Row::new(Role::Strong, line.trim_start_matches('#').trim()));
        } else if let Some(item) = line.strip_prefix("- ") {
            rows.push(Row::item(Role::Plain, &unmarked(item)));
        } else {
            rows.push(Row::new(Role::Plain, &unmarked(&line)));
        }
    }
    rows
}

/// The lines of a page, those of a paragraph in one.
fn joined(page: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut code, mut open) = (false, false);
    for line in page.lines() {
        let fence = line.starts_with("```");
        let begins = fence || code || line.is_empty() || line.starts_with(['#', '-']);
        match lines.last_mut() {
            Some(last) if open && !begins => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.to_owned()),
        }
        code ^= fence;
        open = !code && !fence && !line.is_empty() && !line.starts_with('#');
    }
    lines
}

/// Without the marks of Markdown.
fn unmarked(line: &str) -> String {
    let mut text = line.replace("**", "");
    while let Some(middle) = text.find("](") {
        let end = text.get(middle..).and_then(|rest| rest.find(')'));
        let begin = text.get(..middle).and_then(|before| before.rfind('['));
        let (Some(end), Some(begin)) = (end, begin) else {
            break;
        };
        text.replace_range(middle..=middle + end, "");
        text.remove(begin);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_a_cause_is_shown_without_the_marks_of_markdown() {
        for cause in Cause::ALL {
            let rows = wrapped(page(*cause), 78);
            let text: String = rows.iter().map(|row| row.plain() + "\n").collect();
            for mark in ["**", "](", "```", "\n#"] {
                assert!(!text.contains(mark), "{cause} has {mark:?}\n{text}");
            }
            assert!(text.contains("On the wire") && rows.len() > 20, "{text}");
        }
    }
}
