//! The ladder in lines of text, as wide as there is room.

use super::{Ladder, Step};
use crate::triage::text::{Role, Row, columns, cut};

/// Columns of the time at the left.
const TIME: usize = 12;
/// No arrow is longer.
const LONGEST: usize = 58;
/// With shorter ones, who sends to whom is written in words.
const SHORTEST: usize = 18;

/// The characters that it is drawn with.
struct Pen {
    upright: &'static str,
    line: &'static str,
    left: &'static str,
    right: &'static str,
}

const LINES: Pen = Pen {
    upright: "│",
    line: "─",
    left: "◄",
    right: "►",
};

const ASCII: Pen = Pen {
    upright: "|",
    line: "-",
    left: "<",
    right: ">",
};

/// The drawing.
pub(crate) fn rows(ladder: &Ladder, width: usize, ascii: bool) -> Vec<Row> {
    let legs = ladder.uprights.len().saturating_sub(1).max(1);
    let pen = if ascii { &ASCII } else { &LINES };
    let room = width.saturating_sub(TIME + 2) / legs;
    let mut rows = if room < SHORTEST {
        ladder
            .steps
            .iter()
            .map(|step| in_words(ladder, step))
            .collect()
    } else {
        drawn(ladder, room.min(LONGEST), pen)
    };
    if let Some(note) = &ladder.note {
        rows.push(Row::new(Role::Faint, &format!("({note})")));
    }
    rows
}

fn drawn(ladder: &Ladder, room: usize, pen: &Pen) -> Vec<Row> {
    let mut rows = vec![heading(ladder, room)];
    let legs = ladder.uprights.len().saturating_sub(1).max(1);
    for step in &ladder.steps {
        let mut row = Row::new(Role::Faint, &time(step));
        for leg in 0..legs {
            row = row.and(Role::Faint, pen.upright);
            row = if leg == step.leg {
                row.and(step.role, &arrow(step, room - 1, pen))
            } else {
                row.and(Role::Plain, &" ".repeat(room - 1))
            };
        }
        rows.push(row.and(Role::Faint, pen.upright));
    }
    rows
}

/// Each name at its upright: the first to the right of it, the last to the left, the others around it.
fn heading(ladder: &Ladder, room: usize) -> Row {
    let mut line = " ".repeat(TIME);
    let last = ladder.uprights.len().saturating_sub(1);
    for (place, name) in ladder.uprights.iter().enumerate() {
        let upright = TIME + place * room;
        let name = cut(name, room - 1);
        let width = columns(&name);
        let begin = match place {
            0 => upright,
            _ if place == last => (upright + 1).saturating_sub(width),
            _ => upright.saturating_sub(width / 2),
        };
        let gap = begin.saturating_sub(columns(&line));
        line.push_str(&" ".repeat(gap.max(usize::from(place > 0))));
        line.push_str(&name);
    }
    Row::new(Role::Strong, &line)
}

/// `── ClientHello, 292 B ────►`
fn arrow(step: &Step, width: usize, pen: &Pen) -> String {
    let text = cut(&step.text, width.saturating_sub(6));
    let rest = width.saturating_sub(columns(&text) + 5);
    let long = pen.line.repeat(rest);
    let short = pen.line.repeat(2);
    if step.outward {
        format!("{short} {text} {long}{}", pen.right)
    } else {
        format!("{}{long} {text} {short}", pen.left)
    }
}

fn time(step: &Step) -> String {
    let text = step
        .at
        .map_or_else(String::new, |at| format!("{at:+.2} ms"));
    format!("{text:>width$} ", width = TIME - 1)
}

fn in_words(ladder: &Ladder, step: &Step) -> Row {
    let who = |place: usize| {
        let last = ladder.uprights.len().saturating_sub(1);
        match place {
            0 => "client".to_owned(),
            _ if place == last => "server".to_owned(),
            _ => ladder.uprights.get(place).cloned().unwrap_or_default(),
        }
    };
    let (from, to) = if step.outward {
        (step.leg, step.leg + 1)
    } else {
        (step.leg + 1, step.leg)
    };
    Row::new(Role::Faint, &time(step))
        .and(Role::Plain, &format!("{} > {}: ", who(from), who(to)))
        .and(step.role, &step.text)
}
