//! All that is known of one handshake.

use super::{facts, story, wrapped};
use crate::triage::ladder::{self, Ladder};
use crate::triage::news::Found;
use crate::triage::record::Record;
use crate::triage::text::Row;

/// Columns from which on what was said stands beside what it was.
const WIDE: usize = 150;

/// The lines of the page.
pub(crate) fn detail(
    record: &Record,
    packets: Option<&Option<Found>>,
    width: usize,
    ascii: bool,
) -> Vec<Row> {
    let facts = facts::rows(&record.whole());
    let half = if width < WIDE { width } else { width / 2 - 1 };
    let mut left = story::head(record);
    left.push(Row::empty());
    let mut left = wrapped(left, half);
    left.extend(ladder::rows(&ladder_of(record, packets), half, ascii));
    if width < WIDE {
        left.push(Row::empty());
        left.extend(wrapped(facts, width));
        return left;
    }
    beside(left, wrapped(facts, width - half - 2), half)
}

fn ladder_of(record: &Record, packets: Option<&Option<Found>>) -> Ladder {
    match packets {
        Some(Some(Ok(packets))) => ladder::of_packets(record, packets),
        Some(Some(Err(why))) => ladder::of_report(record, why),
        Some(None) => ladder::of_report(record, "its packets are being looked for"),
        None => ladder::of_report(record, "Enter looks for its packets"),
    }
}

/// Two columns.
fn beside(left: Vec<Row>, right: Vec<Row>, half: usize) -> Vec<Row> {
    use crate::triage::text::{Role, columns};
    let lines = left.len().max(right.len());
    let mut left = left.into_iter();
    let mut right = right.into_iter();
    let mut rows = Vec::with_capacity(lines);
    for _ in 0..lines {
        let mut row = left.next().unwrap_or_default();
        let gap = (half + 2).saturating_sub(columns(&row.plain()));
        row.pieces.push((Role::Plain, " ".repeat(gap)));
        row.pieces.extend(right.next().unwrap_or_default().pieces);
        rows.push(row);
    }
    rows
}
