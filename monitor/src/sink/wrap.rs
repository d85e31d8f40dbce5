//! A paragraph of coloured words, broken into lines at blanks and nowhere else.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::ops::Range;

use super::escape::{escape, is_plain};
use super::style::{Role, Style};

/// Words in the order of reading.
#[derive(Debug)]
pub(crate) struct Paragraph {
    /// All words, with the blanks that stood between them.
    text: String,
    words: Vec<Word>,
}

/// A word, or several that stay together: where its text is.
#[derive(Clone, Copy, Debug)]
struct Word {
    start: u32,
    end: u32,
    /// How wide it is.
    columns: u32,
    /// Blanks before the word when it does not begin a line.
    gap: u8,
    role: Role,
}

impl Word {
    /// Whether another word goes on where this one ends, one blank behind it and in the same colour.
    const fn goes_on_with(&self, next: &Self) -> bool {
        next.gap == 1 && next.start == self.end + 1 && next.role as u8 == self.role as u8
    }

    /// How many columns it takes behind another.
    fn advance(&self) -> usize {
        usize::from(self.gap) + self.columns as usize
    }
}

impl Default for Paragraph {
    /// Room for what most paragraphs hold.
    fn default() -> Self {
        Self {
            text: String::with_capacity(256),
            words: Vec::with_capacity(64),
        }
    }
}

impl Paragraph {
    /// Adds text that may be broken at its blanks, set off by `gap` blanks.
    pub(crate) fn text(&mut self, role: Role, gap: usize, text: &str) -> &mut Self {
        let mut gap = gap;
        if is_plain(text) {
            let mut end = self.text.len();
            self.text.push_str(text);
            for word in text.as_bytes().split(|byte| *byte == b' ') {
                let start = end;
                end = start + word.len();
                self.place(role, &mut gap, start..end, word.len());
                end += 1;
            }
            return self;
        }
        for word in text.split_ascii_whitespace() {
            self.whole(role, gap, word);
            gap = 1;
        }
        self
    }

    /// Adds text that stays on one line, such as a command to copy.
    pub(crate) fn whole(&mut self, role: Role, gap: usize, text: &str) -> &mut Self {
        let start = self.text.len();
        let shown = escape(text);
        self.text.push_str(&shown);
        let columns = shown.chars().count();
        self.place(role, &mut { gap }, start..self.text.len(), columns);
        self
    }

    /// Adds an address with its port. Each failure has two, and `Display` takes its time over numbers.
    pub(crate) fn address(&mut self, role: Role, gap: usize, address: SocketAddr) -> &mut Self {
        let SocketAddr::V4(v4) = address else {
            return self.shown(role, gap, address);
        };
        let start = self.text.len();
        let mut digits = itoa::Buffer::new();
        let parts = v4.ip().octets().map(u16::from).into_iter();
        for (before, number) in ["", ".", ".", ".", ":"]
            .into_iter()
            .zip(parts.chain([v4.port()]))
        {
            self.text.push_str(before);
            self.text.push_str(digits.format(number));
        }
        let end = self.text.len();
        self.place(role, &mut { gap }, start..end, end - start);
        self
    }

    /// Adds what shows as text without blanks, such as an address.
    pub(crate) fn shown(&mut self, role: Role, gap: usize, what: impl fmt::Display) -> &mut Self {
        let start = self.text.len();
        // Writing into a String cannot fail.
        let _ = write!(self.text, "{what}");
        let text = self.text.get(start..).unwrap_or_default();
        if !is_plain(text) {
            let text = text.to_owned();
            self.text.truncate(start);
            return self.whole(role, gap, &text);
        }
        let end = self.text.len();
        self.place(role, &mut { gap }, start..end, end - start);
        self
    }

    /// A word whose text is there; `gap` is that of the next one from here on.
    fn place(&mut self, role: Role, gap: &mut usize, at: Range<usize>, columns: usize) {
        if !at.is_empty() {
            self.words.push(Word {
                start: narrow(at.start),
                end: narrow(at.end),
                columns: narrow(columns),
                gap: u8::try_from(*gap).unwrap_or(u8::MAX),
                role,
            });
            *gap = 1;
        }
    }

    /// How many columns it takes in one line.
    pub(crate) fn columns(&self) -> usize {
        let wide = self.words.iter().map(Word::advance);
        let first = self.words.first().map_or(0, |word| word.gap.into());
        wide.sum::<usize>().saturating_sub(first)
    }

    /// Writes it in one line and stays on that.
    pub(crate) fn write_open(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let unbroken = Style {
            width: usize::MAX,
            ..style
        };
        self.write_lines(unbroken, 0, out)
    }

    /// Writes the paragraph, its lines `indent` columns in; the cursor stands there already.
    pub(crate) fn write(&self, style: Style, indent: usize, out: &mut dyn Write) -> io::Result<()> {
        self.write_lines(style, indent, out)?;
        out.write_all(b"\n")
    }

    /// Words that stand beside one another in the text are written at once.
    fn write_lines(&self, style: Style, indent: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut words = self.words.iter();
        let Some(mut run) = words.next().copied() else {
            return Ok(());
        };
        let mut column = indent.saturating_add(run.columns as usize);
        for word in words {
            let wide = column.saturating_add(word.advance());
            let breaks = wide > style.width;
            if !breaks && run.goes_on_with(word) {
                run.end = word.end;
                column = wide;
                continue;
            }
            self.write_run(&run, style, out)?;
            if breaks {
                out.write_all(b"\n")?;
                blanks(indent, out)?;
                column = indent.saturating_add(word.columns as usize);
            } else {
                blanks(word.gap.into(), out)?;
                column = wide;
            }
            run = *word;
        }
        self.write_run(&run, style, out)
    }

    fn write_run(&self, run: &Word, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let at = run.start as usize..run.end as usize;
        let text = self.text.get(at).unwrap_or_default();
        style.write(run.role, text, out)
    }
}

/// No paragraph has 4 GiB.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Writes that many blanks.
pub(crate) fn blanks(count: usize, out: &mut dyn Write) -> io::Result<()> {
    const BLANKS: &[u8; 64] = &[b' '; 64];
    let mut left = count;
    while left > 0 {
        let some = BLANKS.get(..left).unwrap_or(BLANKS);
        out.write_all(some)?;
        left -= some.len();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(paragraph: &Paragraph, width: usize) -> Vec<String> {
        let mut out = Vec::new();
        let style = Style {
            color: false,
            width,
        };
        paragraph.write(style, 2, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn addresses_show_as_the_standard_library_shows_them() {
        for address in ["0.0.0.0:0", "10.200.255.9:65535", "[2001:db8::1]:443"] {
            let mut paragraph = Paragraph::default();
            paragraph.address(Role::Plain, 1, address.parse().unwrap());
            assert_eq!(lines(&paragraph, 80), [address]);
        }
    }

    #[test]
    fn lines_break_at_blanks_and_a_long_word_sticks_out() {
        let mut paragraph = Paragraph::default();
        paragraph.text(Role::Plain, 1, "one two a-word-that-is-long three");
        assert_eq!(
            lines(&paragraph, 10),
            ["one two", "  a-word-that-is-long", "  three"]
        );
    }

    #[test]
    fn a_command_is_not_broken_and_gaps_vanish_at_the_line_s_begin() {
        let mut paragraph = Paragraph::default();
        paragraph
            .text(Role::Plain, 1, "next: x")
            .whole(Role::Plain, 3, "do this");
        assert_eq!(lines(&paragraph, 80), ["next: x   do this"]);
        assert_eq!(lines(&paragraph, 12), ["next: x", "  do this"]);
    }
}
