//! A table: columns that fit the screen, and the rows around the chosen one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lines::{self, Look};
use crate::frame::Timestamp;
use crate::triage::text::{Role, Row, columns, cut};

/// A column.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) width: usize,
    /// Numbers stand at the right.
    pub(super) right: bool,
}

impl Column {
    pub(super) const fn left(title: &'static str, width: usize) -> Self {
        Self {
            title,
            width,
            right: false,
        }
    }

    pub(super) const fn right(title: &'static str, width: usize) -> Self {
        Self {
            title,
            width,
            right: true,
        }
    }

    fn cell(&self, text: &str) -> String {
        let text = cut(text, self.width);
        let gap = " ".repeat(self.width.saturating_sub(columns(&text)));
        if self.right { gap + &text } else { text + &gap }
    }
}

/// Room for columns that want so much. Where that is too little, those give way first that have most beyond the least that says something.
pub(super) fn shared<const N: usize>(
    room: usize,
    mut wanted: [usize; N],
    least: [usize; N],
) -> [usize; N] {
    while wanted.iter().sum::<usize>() > room {
        let beyond = wanted.iter_mut().zip(least);
        let widest = beyond.max_by_key(|(wanted, least)| {
            let share = **wanted * 100 / (*least).max(1);
            (wanted.saturating_sub(*least), share)
        });
        match widest {
            Some((widest, _)) if *widest > 0 => *widest -= 1,
            _ => break,
        }
    }
    wanted
}

/// Where it is drawn, and how it looks.
pub(super) struct Canvas<'a> {
    pub(super) area: Rect,
    pub(super) buffer: &'a mut Buffer,
    pub(super) look: Look,
}

/// What fills a table.
pub(super) struct Filled<'a> {
    pub(super) columns: &'a [Column],
    pub(super) chosen: Option<usize>,
    pub(super) count: usize,
    /// What stands there when there are no rows.
    pub(super) empty: &'a str,
}

/// Draws a heading and as many rows as fit.
pub(super) fn draw(
    filled: &Filled<'_>,
    cells: impl Fn(usize) -> Vec<(Role, String)>,
    canvas: &mut Canvas<'_>,
) {
    let Canvas { area, buffer, look } = canvas;
    let (area, look) = (*area, *look);
    let titles = filled
        .columns
        .iter()
        .map(|column| (Role::Faint, column.title.to_owned()));
    lines::put(buffer, area, 0, &row(filled.columns, titles, " "), look);
    if filled.count == 0 {
        lines::put(buffer, area, 1, &Row::new(Role::Faint, filled.empty), look);
    }
    let height = usize::from(area.height.saturating_sub(1));
    let first = first_shown(filled.chosen.unwrap_or(0), filled.count, height);
    for (line, number) in (first..filled.count).take(height).enumerate() {
        let line = u16::try_from(line + 1).unwrap_or(u16::MAX);
        let is_chosen = filled.chosen == Some(number);
        let mark = if is_chosen { ">" } else { " " };
        let row = row(filled.columns, cells(number).into_iter(), mark);
        lines::put(buffer, area, line, &row, look);
        if is_chosen {
            lines::mark(buffer, area, line);
        }
    }
}

fn row(columns: &[Column], cells: impl Iterator<Item = (Role, String)>, mark: &str) -> Row {
    let mut row = Row::new(Role::Plain, mark);
    for (column, (role, text)) in columns.iter().zip(cells) {
        row.pieces.push((role, column.cell(&text)));
        row.pieces.push((Role::Plain, " ".to_owned()));
    }
    row
}

/// The first row that is shown, so that the chosen one is.
pub(super) fn first_shown(chosen: usize, count: usize, height: usize) -> usize {
    let centred = chosen.saturating_sub(height / 2);
    centred.min(count.saturating_sub(height))
}

/// How long ago: `3s`, `12m`, `4h`, `2d`.
pub(crate) fn age(now: Timestamp, then: Timestamp) -> String {
    match now.since(then).as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// The time of the day, UTC: `04:46:20.117`.
pub(crate) fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(11..23).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_is_always_shown() {
        for count in 0..30 {
            for height in 0..12 {
                for chosen in 0..count {
                    let first = first_shown(chosen, count, height);
                    assert!(height == 0 || (first..first + height).contains(&chosen));
                    assert!(first + height <= count.max(height) || first == 0);
                }
            }
        }
    }

    #[test]
    fn the_widest_column_gives_way() {
        assert_eq!(shared(60, [29, 13, 9], [29, 9, 9]), [29, 13, 9]);
        assert_eq!(shared(60, [20, 13, 90], [29, 9, 9]), [20, 13, 27]);
        assert_eq!(shared(40, [29, 13, 9], [9, 9, 9]), [18, 13, 9]);
        assert_eq!(shared(30, [29, 13, 9], [29, 9, 9]), [19, 6, 5]);
        assert_eq!(shared(10, [300, 0, 9], [0; 3]).iter().sum::<usize>(), 10);
        assert_eq!(shared(0, [5, 5], [1; 2]), [0, 0]);
    }

    #[test]
    fn a_time_is_short() {
        let at = |seconds: u64| Timestamp(seconds * 1_000_000_000);
        let shown = [5, 65, 7200, 200_000].map(|then| age(at(200_005), at(200_005 - then)));
        assert_eq!(shown, ["5s", "1m", "2h", "2d"]);
        assert_eq!(age(at(0), at(5)), "0s");
        assert_eq!(clock(Timestamp(1_747_629_980_117_000_000)), "04:46:20.117");
    }
}
