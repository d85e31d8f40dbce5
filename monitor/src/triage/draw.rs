//! From what the model shows to the cells of a screen, of any size.
//!
//! ```text
//! +--------------------------------------------------+
//! | header: the source, what it came to              |
//! | main: problems, handshakes      | beside: the    |
//! |       or a page                 | detail of what |
//! | below: why, what to do, and the | is chosen,     |
//! |        handshakes of the chosen | if it is wide  |
//! | status: what was not seen, what was done         |
//! | keys                                             |
//! +--------------------------------------------------+
//! ```

mod areas;
mod handshakes;
mod lines;
mod problems;
mod status;
mod table;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layer::Layer;
use super::model::{Listed, Model};
use super::pages;
use super::record::Record;
use super::text::{Role, Row};
use areas::Areas;
pub(crate) use lines::Look;
pub(crate) use status::sources_in_words;
use table::Canvas;
pub(crate) use table::clock;

/// Draws the whole screen.
pub(crate) fn draw(model: &Model, look: Look, frame: &mut Frame<'_>) {
    let area = frame.area();
    let areas = Areas::of(model, area);
    let buffer = frame.buffer_mut();
    lines::put(buffer, areas.header, 0, &status::header(model), look);
    lines::put(buffer, areas.status, 0, &status::status(model), look);
    lines::put(buffer, areas.keys, 0, &status::keys(model), look);
    match model.list() {
        Some(list) => {
            let mut canvas = Canvas {
                area: areas.main,
                buffer,
                look,
            };
            match &list.rows {
                Listed::Problems(rows) => {
                    problems::draw(model, rows, list.at, &mut canvas);
                }
                Listed::Handshakes(rows) => {
                    handshakes::draw(model, rows, Some(list.at), &mut canvas);
                }
            }
            around(model, &areas, buffer, look);
        }
        None => page(model, areas.main, buffer, look),
    }
}

/// What stands below and beside a list.
fn around(model: &Model, areas: &Areas, buffer: &mut Buffer, look: Look) {
    let record = model.record();
    let mut below = areas.below;
    if areas.beside.width > 0
        && let Some(record) = &record
    {
        let width = usize::from(areas.beside.width);
        let packets = model.packets_of(record);
        let rows = pages::detail(record, packets, width, model.ascii);
        whole(&rows, areas.beside, buffer, look);
    } else if let Some(record) = &record {
        below = why(model, record, below, buffer, look);
    }
    if below.height > 0
        && let Some(list) = model.list()
        && let Listed::Problems(rows) = &list.rows
    {
        let key = rows.get(list.at).map(|problem| &problem.key);
        let of_it = key.map_or_else(Vec::new, |key| model.handshakes(Some(key)));
        let mut canvas = Canvas {
            area: below,
            buffer,
            look,
        };
        handshakes::draw(model, &of_it, None, &mut canvas);
    }
}

/// Why the last handshake of the problem failed, and what to do about it; gives the room that is left below.
fn why(model: &Model, record: &Record, area: Rect, buffer: &mut Buffer, look: Look) -> Rect {
    // The list keeps its heading and two rows.
    let most = usize::from(area.height.saturating_sub(4));
    if most < 2 {
        return area;
    }
    let width = usize::from(area.width);
    let line = if model.ascii { "-" } else { "─" };
    let mut rows = vec![Row::new(Role::Faint, &line.repeat(width))];
    rows.extend(pages::wrapped(pages::why(record), width));
    rows.truncate(most + 1);
    whole(&rows, area, buffer, look);
    let taken = u16::try_from(rows.len()).unwrap_or(area.height);
    Rect {
        y: area.y + taken,
        height: area.height - taken,
        ..area
    }
}

fn page(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let rows = pages::rows(model);
    let top = model.top();
    if matches!(top.layer, Layer::Commands(_)) {
        for (line, row) in rows.iter().take(usize::from(area.height)).enumerate() {
            let line = u16::try_from(line).unwrap_or(u16::MAX);
            let mark = if usize::from(line) == top.at {
                "> "
            } else {
                "  "
            };
            let mut marked = Row::new(Role::Strong, mark);
            marked.pieces.extend(row.pieces.iter().cloned());
            lines::put(buffer, area, line, &marked, look);
        }
        return;
    }
    whole(
        rows.get(top.at.min(rows.len())..).unwrap_or_default(),
        area,
        buffer,
        look,
    );
}

fn whole(rows: &[Row], area: Rect, buffer: &mut Buffer, look: Look) {
    for (line, row) in rows.iter().take(usize::from(area.height)).enumerate() {
        let line = u16::try_from(line).unwrap_or(u16::MAX);
        lines::put(buffer, area, line, row, look);
    }
}

/// How many columns a page has.
pub(crate) fn page_width(model: &Model) -> usize {
    usize::from(model.size.0.max(1))
}

/// How many columns a list has.
fn list_width(model: &Model) -> usize {
    let (columns, lines) = model.size;
    usize::from(Areas::of(model, Rect::new(0, 0, columns, lines)).main.width)
}

/// How many rows are seen at once.
pub(crate) fn page_height(model: &Model) -> usize {
    let (columns, lines) = model.size;
    let main = Areas::of(model, Rect::new(0, 0, columns, lines)).main;
    let heading = u16::from(is_list(model));
    usize::from(main.height.saturating_sub(heading).max(1))
}

const fn is_list_layer(layer: &Layer) -> bool {
    matches!(layer, Layer::Problems | Layer::Handshakes(_))
}

fn is_list(model: &Model) -> bool {
    is_list_layer(&model.top().layer)
}

/// Which row of the list stands there.
pub(crate) fn row_at(model: &Model, column: u16, line: u16) -> Option<usize> {
    let (columns, lines) = model.size;
    let main = Areas::of(model, Rect::new(0, 0, columns, lines)).main;
    let list = model.list()?;
    if column >= main.right() || line >= main.bottom() {
        return None;
    }
    let below_heading = line.checked_sub(main.y + 1)?;
    let first = table::first_shown(
        list.at,
        list.rows.len(),
        usize::from(main.height.saturating_sub(1)),
    );
    let row = first + usize::from(below_heading);
    (row < list.rows.len()).then_some(row)
}
