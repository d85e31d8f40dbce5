//! Coloured words in lines, which break at blanks and nowhere else.

use std::borrow::Cow;
use std::io::{self, Write};
use std::net::SocketAddr;

use arrayvec::ArrayString;

use super::escape::{escape, is_plain};
use super::style::{Role, Style};

/// Words, each laid out as it comes.
#[derive(Debug)]
pub(crate) struct Wrapped {
    text: String,
    style: Style,
    /// Columns that stand before the words of a line.
    indent: usize,
    /// Where the last word ends; the indent where the line has none.
    column: usize,
}

impl Wrapped {
    /// Nothing yet; the cursor stands at the indent.
    pub(crate) const fn new(style: Style, indent: usize) -> Self {
        Self {
            text: String::new(),
            style,
            indent,
            column: indent,
        }
    }

    /// Nothing again; what comes is laid out so.
    pub(crate) fn begin(&mut self, style: Style) {
        self.text.clear();
        self.style = style;
        self.column = self.indent;
    }

    /// Adds what stands before the indent, and what sets it off.
    pub(crate) fn lead(&mut self, role: Role, text: &str, behind: &str) {
        self.style.push(role, text, &mut self.text);
        self.text.push_str(behind);
    }

    /// Adds text that may be broken at its blanks, set off by `gap` blanks.
    pub(crate) fn text(&mut self, role: Role, gap: usize, text: &str) -> &mut Self {
        if is_plain(text) && is_even(text) {
            self.flow(role, gap, text);
            return self;
        }
        let mut gap = gap;
        for word in text.split_ascii_whitespace() {
            self.whole(role, gap, word);
            gap = 1;
        }
        self
    }

    /// Adds text that stays on one line, such as a command to copy.
    pub(crate) fn whole(&mut self, role: Role, gap: usize, text: &str) -> &mut Self {
        match escape(text) {
            Cow::Borrowed(plain) => self.word(role, gap, plain, plain.len()),
            Cow::Owned(escaped) => self.word(role, gap, &escaped, escaped.chars().count()),
        }
    }

    /// Adds an address with its port. Each failure has two, and `Display` takes its time over numbers.
    pub(crate) fn address(&mut self, role: Role, gap: usize, address: SocketAddr) -> &mut Self {
        let SocketAddr::V4(v4) = address else {
            return self.whole(role, gap, &address.to_string());
        };
        let mut shown = ArrayString::<{ "255.255.255.255:65535".len() }>::new();
        let mut digits = itoa::Buffer::new();
        let parts = v4.ip().octets().map(u16::from).into_iter();
        for (before, number) in ["", ".", ".", ".", ":"]
            .into_iter()
            .zip(parts.chain([v4.port()]))
        {
            shown.push_str(before);
            shown.push_str(digits.format(number));
        }
        self.word(role, gap, &shown, shown.len())
    }

    /// What comes begins a line of its own.
    pub(crate) fn end_line(&mut self) {
        self.text.push('\n');
        blanks(self.indent, &mut self.text);
        self.column = self.indent;
    }

    /// How many columns the words of the last line take.
    pub(crate) const fn columns(&self) -> usize {
        self.column - self.indent
    }

    /// Writes them, and stays on the last line.
    pub(crate) fn write_open(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }

    /// Writes them.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.write_open(out)?;
        out.write_all(b"\n")
    }

    fn word(&mut self, role: Role, gap: usize, word: &str, columns: usize) -> &mut Self {
        if columns > 0 {
            if columns > self.room(gap) && !self.is_begin() {
                self.end_line();
            }
            self.put(role, gap, word, columns);
        }
        self
    }

    /// Even text: as much as fits on this line, and so on.
    fn flow(&mut self, role: Role, gap: usize, text: &str) {
        let mut rest = text;
        loop {
            let fits = match fitting(rest, self.room(gap)) {
                // A word that is wider than a line sticks out of its own.
                0 if self.is_begin() => first(rest),
                fits => fits,
            };
            let (words, behind) = rest.split_at_checked(fits).unwrap_or((rest, ""));
            if !words.is_empty() {
                self.put(role, gap, words, words.len());
            }
            rest = behind.strip_prefix(' ').unwrap_or(behind);
            if rest.is_empty() {
                return;
            }
            self.end_line();
        }
    }

    const fn is_begin(&self) -> bool {
        self.column == self.indent
    }

    /// Columns that are left behind a gap.
    const fn room(&self, gap: usize) -> usize {
        let gap = if self.is_begin() { 0 } else { gap };
        self.style.width.saturating_sub(self.column + gap)
    }

    /// No gap begins a line.
    fn put(&mut self, role: Role, gap: usize, words: &str, columns: usize) {
        if !self.is_begin() {
            blanks(gap, &mut self.text);
            self.column += gap;
        }
        self.style.push(role, words, &mut self.text);
        self.column += columns;
    }
}

/// Where the words end that fit into so many columns.
fn fitting(even: &str, room: usize) -> usize {
    match even.as_bytes().get(..=room) {
        None => even.len(),
        Some(head) => head.iter().rposition(|byte| *byte == b' ').unwrap_or(0),
    }
}

/// Where the first word ends.
fn first(even: &str) -> usize {
    let mut bytes = even.bytes();
    bytes.position(|byte| byte == b' ').unwrap_or(even.len())
}

/// Whether words stand one blank apart, and no blanks around them.
fn is_even(plain: &str) -> bool {
    let bytes = plain.as_bytes();
    let next = bytes.get(1..).unwrap_or_default();
    // Two of these bytes make a blank only where both are one. To the end of the text: that takes no branch for each byte.
    let pairs = bytes.iter().zip(next).map(|(one, other)| one | other);
    let apart = pairs.fold(u8::MAX, u8::min) > b' ';
    apart && !plain.starts_with(' ') && !plain.ends_with(' ')
}

fn blanks(count: usize, out: &mut String) {
    const BLANKS: &str = "                                                                ";
    let mut left = count;
    while left > 0 {
        let some = BLANKS.get(..left).unwrap_or(BLANKS);
        out.push_str(some);
        left -= some.len();
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn laid_out(width: usize, write: impl FnOnce(&mut Wrapped)) -> String {
        let style = Style {
            color: false,
            width,
        };
        let mut lines = Wrapped::new(style, 2);
        write(&mut lines);
        lines.text
    }

    #[test]
    fn addresses_show_as_the_standard_library_shows_them() {
        for address in ["0.0.0.0:0", "255.255.255.255:65535", "[2001:db8::1]:443"] {
            let shown = laid_out(80, |lines| {
                lines.address(Role::Plain, 1, address.parse().unwrap());
            });
            assert_eq!(shown, address);
        }
    }

    #[rstest]
    #[case::even("one two a-word-that-is-long three")]
    #[case::uneven(" one  two a-word-that-is-long   three ")]
    fn lines_break_at_blanks_and_a_long_word_sticks_out(#[case] text: &str) {
        let shown = laid_out(10, |lines| {
            lines.text(Role::Plain, 1, text);
        });
        assert_eq!(shown, "one two\n  a-word-that-is-long\n  three");
    }

    #[rstest]
    #[case::to_its_last_column(9, "one two")]
    #[case::not_one_farther(8, "one\n  two")]
    #[case::of_no_width(0, "one\n  two")]
    fn a_line_is_filled(#[case] width: usize, #[case] expected: &str) {
        let words = |lines: &mut Wrapped| {
            lines
                .text(Role::Plain, 1, "one")
                .whole(Role::Plain, 1, "two");
        };
        let text = |lines: &mut Wrapped| {
            lines.text(Role::Plain, 1, "one two");
        };
        assert_eq!(laid_out(width, words), expected);
        assert_eq!(laid_out(width, text), expected);
    }

    #[test]
    fn what_is_wide_counts_by_its_characters() {
        let shown = laid_out(9, |lines| {
            lines.text(Role::Plain, 1, "größe ≥ 1");
        });
        assert_eq!(shown, "größe ≥\n  1");
    }

    #[test]
    fn a_colour_begins_and_ends_in_each_line() {
        let style = Style {
            color: true,
            width: 8,
        };
        let mut lines = Wrapped::new(style, 0);
        lines.text(Role::Strong, 1, "one two three");
        assert_eq!(
            lines.text,
            "\u{1b}[1mone two\u{1b}[0m\n\u{1b}[1mthree\u{1b}[0m"
        );
    }

    #[test]
    fn a_command_is_not_broken_and_gaps_vanish_at_the_line_s_begin() {
        let command = |lines: &mut Wrapped| {
            lines
                .text(Role::Plain, 1, "next: x")
                .whole(Role::Plain, 3, "do this");
        };
        assert_eq!(laid_out(80, command), "next: x   do this");
        assert_eq!(laid_out(12, command), "next: x\n  do this");
    }
}
