//! A paragraph of coloured words, broken into lines at blanks and nowhere else.

use std::io::{self, Write};

use super::escape::escape;
use super::style::{Role, Style};

/// Words in the order of reading.
#[derive(Debug, Default)]
pub(crate) struct Paragraph {
    /// All words, one behind the other.
    text: String,
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    /// Where its text ends, which begins where that of the word before ends.
    end: usize,
    role: Role,
    /// Blanks before the word when it does not begin a line.
    gap: usize,
}

impl Paragraph {
    /// Adds text that may be broken at its blanks, set off by `gap` blanks.
    pub(crate) fn text(&mut self, role: Role, gap: usize, text: &str) -> &mut Self {
        let mut gap = gap;
        for word in text.split_ascii_whitespace() {
            self.whole(role, gap, word);
            gap = 1;
        }
        self
    }

    /// Adds text that stays on one line, such as a command to copy.
    pub(crate) fn whole(&mut self, role: Role, gap: usize, text: &str) -> &mut Self {
        if !text.is_empty() {
            self.text.push_str(&escape(text));
            let end = self.text.len();
            self.words.push(Word { end, role, gap });
        }
        self
    }

    /// How many columns it takes in one line.
    pub(crate) fn columns(&self) -> usize {
        let wide = self
            .each()
            .map(|(word, text)| word.gap + text.chars().count());
        let first = self.words.first().map_or(0, |word| word.gap);
        wide.sum::<usize>().saturating_sub(first)
    }

    /// Writes it in one line and stays on that.
    pub(crate) fn write_open(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for (place, (word, text)) in self.each().enumerate() {
            blanks(if place == 0 { 0 } else { word.gap }, out)?;
            style.write(word.role, text, out)?;
        }
        Ok(())
    }

    /// Writes the paragraph, its lines `indent` columns in; the cursor stands there already.
    pub(crate) fn write(&self, style: Style, indent: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut column = indent;
        for (word, text) in self.each() {
            let length = text.chars().count();
            if column == indent {
                column += length;
            } else if column + word.gap + length <= style.width {
                blanks(word.gap, out)?;
                column += word.gap + length;
            } else {
                out.write_all(b"\n")?;
                blanks(indent, out)?;
                column = indent + length;
            }
            style.write(word.role, text, out)?;
        }
        out.write_all(b"\n")
    }

    /// The words, each with its text.
    fn each(&self) -> impl Iterator<Item = (&Word, &str)> {
        let mut start = 0;
        self.words.iter().map(move |word| {
            let text = self.text.get(start..word.end).unwrap_or_default();
            start = word.end;
            (word, text)
        })
    }
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
