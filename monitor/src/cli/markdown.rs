//! Markdown for a terminal: what the pages in `docs/causes` use of it, and no more. Headings, paragraphs, lists one deep,
//! blocks of code; in a line **strong**, `code` and [links](to).

use std::io::{self, Write};
use std::iter::Peekable;
use std::str::Lines;

use crate::sink::style::{Role, Style};
use crate::sink::wrap::Wrapped;

/// Columns that stand before text, so that headings stand out.
const INDENT: usize = 2;

/// The page as people read it in a terminal.
pub(super) fn render(page: &str, style: Style) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = write_page(page, style, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn write_page(page: &str, style: Style, out: &mut Vec<u8>) -> io::Result<()> {
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            writeln!(out)?;
        } else if line.starts_with("```") {
            code(&mut lines, style, out)?;
        } else if line.starts_with('#') {
            let heading = line.trim_start_matches('#').trim();
            writeln!(out, "{}", style.paint(Role::Strong, heading))?;
        } else if let Some(item) = line.strip_prefix("- ") {
            write!(out, "{:INDENT$}- ", "")?;
            paragraph(item, &mut lines, style, INDENT + 2).write(out)?;
        } else {
            write!(out, "{:INDENT$}", "")?;
            paragraph(line, &mut lines, style, INDENT).write(out)?;
        }
    }
    Ok(())
}

/// A block of code, as it is, up to its fence.
fn code(lines: &mut Peekable<Lines<'_>>, style: Style, out: &mut Vec<u8>) -> io::Result<()> {
    for line in lines.take_while(|line| !line.starts_with("```")) {
        if line.is_empty() {
            writeln!(out)?;
        } else {
            writeln!(
                out,
                "{:1$}{2}",
                "",
                2 * INDENT,
                style.paint(Role::Advice, line)
            )?;
        }
    }
    Ok(())
}

/// A line, and those that go on with it.
fn paragraph(first: &str, lines: &mut Peekable<Lines<'_>>, style: Style, indent: usize) -> Wrapped {
    let goes_on = |line: &&str| {
        let begins_another = ["#", "```", "- "].iter().any(|mark| line.starts_with(mark));
        !line.is_empty() && !begins_another
    };
    let mut words = Words {
        paragraph: Wrapped::new(style, indent),
        quotes: !style.color,
        in_code: false,
        in_strong: false,
    };
    words.read(first);
    while let Some(line) = lines.next_if(goes_on) {
        words.read(line);
    }
    words.paragraph
}

/// Words on their way into a paragraph, and what they stand in.
struct Words {
    paragraph: Wrapped,
    /// Code keeps its marks: without colours nothing else sets it off.
    quotes: bool,
    in_code: bool,
    in_strong: bool,
}

impl Words {
    fn read(&mut self, line: &str) {
        for word in line.split_whitespace() {
            self.word(word);
        }
    }

    /// One word without its marks; strong when a part of it is.
    fn word(&mut self, mut rest: &str) {
        let mut text = String::new();
        let mut role = Role::Plain;
        while let Some(next) = rest.chars().next() {
            let marked = self.mark(rest);
            if marked == 0 || self.quotes && next == '`' {
                if self.in_code || self.in_strong {
                    role = Role::Strong;
                }
                text.push(next);
            }
            rest = rest.get(marked.max(next.len_utf8())..).unwrap_or_default();
        }
        self.paragraph.whole(role, 1, &text);
    }

    /// How many bytes at the begin of this are a mark and no text.
    fn mark(&mut self, rest: &str) -> usize {
        if rest.starts_with('`') {
            self.in_code = !self.in_code;
            return 1;
        }
        if self.in_code {
            return 0;
        }
        if rest.starts_with("**") {
            self.in_strong = !self.in_strong;
            return 2;
        }
        if rest.starts_with("](") {
            return rest.find(')').map_or(0, |end| end + 1);
        }
        usize::from(rest.starts_with('['))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Style = Style {
        color: false,
        width: 24,
    };

    #[test]
    fn text_is_wrapped_and_code_is_not() {
        let page = "# title\n\nSome words that go\non and **on**.\n\n- an item of a list\n- another\n\n```\nsome command --that is-long\n```\n";
        let expected = "title\n\n  Some words that go on\n  and on.\n\n  - an item of a list\n  - another\n\n    some command --that is-long\n";
        assert_eq!(render(page, NARROW), expected);
    }

    #[test]
    fn a_link_is_its_text_and_marks_in_code_are_text() {
        let page = "See [unknown-sni](unknown-sni.md), or `a[0] **x**`.";
        let wide = Style {
            width: 80,
            ..NARROW
        };
        assert_eq!(render(page, wide), "  See unknown-sni, or `a[0] **x**`.\n");
    }

    #[test]
    fn headings_and_names_are_bold_where_there_are_colours() {
        let style = Style {
            color: true,
            width: 80,
        };
        assert_eq!(
            render("# a\nb `c`", style),
            "\u{1b}[1ma\u{1b}[0m\n  b \u{1b}[1mc\u{1b}[0m\n"
        );
    }

    #[test]
    fn a_mark_that_is_never_closed_loses_no_text() {
        for page in ["a **b", "a `b", "a [b", "a [b](c", "```\nb"] {
            assert!(render(page, NARROW).contains('b'), "{page}");
        }
    }
}
