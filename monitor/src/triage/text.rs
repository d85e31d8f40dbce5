//! Lines of text, each word with what it stands for: what pages are made of, on a screen and off it.

use crate::sink::escape::escape;
pub(crate) use crate::sink::style::Role;

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its pieces: escaped.
    pub(crate) pieces: Vec<(Role, String)>,
    /// How far further lines stand in, where it must be broken.
    hang: usize,
}

impl Row {
    /// One without words.
    pub(crate) fn empty() -> Self {
        Self::default()
    }

    /// One of these words.
    pub(crate) fn new(role: Role, text: &str) -> Self {
        Self::default().and(role, text)
    }

    /// A word and what is said of it, in a column of their own.
    pub(crate) fn fact(name: &str, role: Role, value: &str) -> Self {
        let mut row = Self::new(Role::Faint, &format!("{name:<13} ")).and(role, value);
        row.hang = 14;
        row
    }

    /// An item of a list.
    pub(crate) fn item(role: Role, text: &str) -> Self {
        let mut row = Self::new(Role::Plain, "  - ").and(role, text);
        row.hang = 4;
        row
    }

    /// With more words, which are escaped.
    #[must_use]
    pub(crate) fn and(mut self, role: Role, text: &str) -> Self {
        self.pieces.push((role, escape(text).into_owned()));
        self
    }

    /// What it says, without roles.
    pub(crate) fn plain(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// How many columns it takes.
    pub(crate) fn columns(&self) -> usize {
        self.pieces.iter().map(|(_, text)| columns(text)).sum()
    }

    /// Broken between words, where it is longer than this; a longer word is cut in two.
    pub(crate) fn wrapped(self, width: usize) -> Vec<Self> {
        let width = width.max(8);
        if columns(&self.plain()) <= width {
            return vec![self];
        }
        let hang = if self.hang * 2 < width { self.hang } else { 0 };
        let mut out = Wrapped::new(width, hang);
        for (role, text) in &self.pieces {
            for word in text.split_inclusive(' ') {
                out.word(*role, word);
            }
        }
        out.done()
    }
}

struct Wrapped {
    rows: Vec<Row>,
    row: Row,
    used: usize,
    width: usize,
    hang: usize,
}

impl Wrapped {
    fn new(width: usize, hang: usize) -> Self {
        Self {
            rows: Vec::new(),
            row: Row::default(),
            used: 0,
            width,
            hang,
        }
    }

    fn word(&mut self, role: Role, word: &str) {
        if self.used + columns(word.trim_end()) > self.width && self.used > self.hang {
            self.broken();
        }
        let mut rest = word;
        while columns(rest.trim_end()) > self.width - self.used {
            let cut = fitting(rest, self.width - self.used);
            let (now, later) = rest.split_at(cut);
            self.row.pieces.push((role, now.to_owned()));
            self.broken();
            rest = later;
        }
        self.used += columns(rest);
        self.row.pieces.push((role, rest.to_owned()));
        if self.used >= self.width {
            self.broken();
        }
    }

    fn broken(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
        self.row.pieces.push((Role::Plain, " ".repeat(self.hang)));
        self.used = self.hang;
    }

    fn done(mut self) -> Vec<Row> {
        if self.used > self.hang {
            self.rows.push(self.row);
        }
        self.rows
    }
}

/// How many columns a terminal takes for this.
pub(crate) fn columns(text: &str) -> usize {
    ratatui::text::Span::raw(text).width()
}

/// How many bytes of this fit into so many columns; at least one character.
fn fitting(text: &str, width: usize) -> usize {
    let mut end = 0;
    for (at, character) in text.char_indices() {
        let next = at + character.len_utf8();
        if columns(text.get(..next).unwrap_or_default()) > width && end > 0 {
            break;
        }
        end = next;
    }
    end
}

/// Cut to this many columns, with a mark where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let text = escape(text);
    if columns(&text) <= width {
        return text.into_owned();
    }
    match width {
        0 => String::new(),
        1 => "~".to_owned(),
        _ => {
            let end = fitting(&text, width - 1);
            let kept = text.get(..end).unwrap_or_default();
            if columns(kept) < width {
                format!("{kept}~")
            } else {
                "~".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(row: Row, width: usize) -> Vec<String> {
        row.wrapped(width).iter().map(Row::plain).collect()
    }

    #[test]
    fn a_long_row_is_broken_between_words_and_stands_in() {
        let row = Row::item(Role::Plain, "one two three four");
        assert_eq!(shown(row, 14), ["  - one two ", "    three four"]);
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_and_nothing_is_lost() {
        let long = "x".repeat(50);
        let rows = shown(Row::new(Role::Plain, &long), 20);
        assert_eq!(rows.concat(), long);
        assert!(rows.iter().all(|row| row.len() <= 20));
        assert_eq!(cut("abcdef", 4), "abc~");
        assert_eq!(cut("日本語", 4), "日~");
        assert_eq!(cut("日本語", 1), "~");
    }

    #[test]
    fn no_text_commands_the_terminal() {
        let row = Row::new(Role::Plain, "a\u{1b}[2Jb\u{202e}");
        assert_eq!(row.plain(), "a\\u{1b}[2Jb\\u{202e}");
        assert_eq!(cut("\u{1b}", 10), "\\u{1b}");
    }
}
