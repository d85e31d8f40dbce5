//! Lines of words into cells.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::triage::text::{Role, Row};

/// How things look. Colours are the terminal's own sixteen, so that they fit a light screen as a dark one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// There are colours; without them, bold and dim remain.
    pub(crate) color: bool,
}

impl Look {
    /// How a word of this role looks.
    pub(super) fn style(self, role: Role) -> Style {
        let plain = Style::default();
        let (color, modifier) = match role {
            Role::Plain => return plain,
            Role::Faint => (None, Modifier::DIM),
            Role::Strong => (None, Modifier::BOLD),
            Role::Bad => (Some(Color::Red), Modifier::BOLD),
            Role::Good => (Some(Color::Green), Modifier::empty()),
            Role::Warning => (Some(Color::Yellow), Modifier::BOLD),
            Role::Advice => (Some(Color::Cyan), Modifier::empty()),
        };
        let style = plain.add_modifier(modifier);
        match color {
            Some(color) if self.color => style.fg(color),
            _ => style,
        }
    }
}

/// Puts a row on this line of an area; what does not fit is cut.
pub(super) fn put(buffer: &mut Buffer, area: Rect, line: u16, row: &Row, look: Look) {
    let area = area.intersection(buffer.area);
    if line >= area.height || area.width == 0 {
        return;
    }
    let spans = row.pieces.iter();
    let spans = spans.map(|(role, text)| Span::styled(text.as_str(), look.style(*role)));
    buffer.set_line(
        area.x,
        area.y + line,
        &spans.collect::<Line<'_>>(),
        area.width,
    );
}

/// Marks a line as the chosen one: all of it in one look, for a reversed colour is hard to read.
pub(super) fn mark(buffer: &mut Buffer, area: Rect, line: u16) {
    let area = area.intersection(buffer.area);
    if line < area.height {
        let line = Rect::new(area.x, area.y + line, area.width, 1);
        let chosen = Style::default().fg(Color::Reset);
        let chosen = chosen.remove_modifier(Modifier::DIM);
        buffer.set_style(line, chosen.add_modifier(Modifier::REVERSED));
    }
}
