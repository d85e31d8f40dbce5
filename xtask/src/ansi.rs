//! Text with the colours of a terminal (ECMA-48 SGR), in pieces that look the same.

/// How characters look until the next sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// One of the terminal's colours.
    pub(crate) color: Option<Color>,
    /// Bold.
    pub(crate) bold: bool,
    /// Faint.
    pub(crate) dim: bool,
    /// Background and foreground are swapped.
    pub(crate) reverse: bool,
}

/// The colours that tlsmon uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Look {
    /// Takes the numbers of a sequence.
    fn take(&mut self, codes: &str) {
        // A colour by its number in the palette is the same as by its own sequence.
        let codes = codes.replace("38;5;", "3");
        for code in codes.split(';') {
            match code {
                "1" => self.bold = true,
                "2" => self.dim = true,
                "7" => self.reverse = true,
                "22" => (self.bold, self.dim) = (false, false),
                "27" => self.reverse = false,
                "31" => self.color = Some(Color::Red),
                "32" => self.color = Some(Color::Green),
                "33" => self.color = Some(Color::Yellow),
                "36" => self.color = Some(Color::Cyan),
                "39" => self.color = None,
                "49" => {}
                _ => *self = Self::default(),
            }
        }
    }
}

/// Characters in a row that look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// The column of the first.
    pub(crate) column: usize,
    /// How they look.
    pub(crate) look: Look,
    /// What they are.
    pub(crate) text: &'a str,
}

impl Piece<'_> {
    /// How many columns it takes; every character of tlsmon's screens takes one.
    pub(crate) fn columns(&self) -> usize {
        self.text.chars().count()
    }
}

/// The pieces of a line. `look` goes on from line to line.
pub(crate) fn pieces<'a>(line: &'a str, look: &mut Look) -> Vec<Piece<'a>> {
    let (mut pieces, mut column) = (Vec::new(), 0);
    for (number, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m').filter(|_| number > 0) {
            Some((codes, text)) => {
                look.take(codes);
                text
            }
            None => part,
        };
        if !text.is_empty() {
            let piece = Piece {
                column,
                look: *look,
                text,
            };
            column += piece.columns();
            pieces.push(piece);
        }
    }
    pieces
}

/// Text as it stands in an SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_last_until_they_are_taken_back_over_the_end_of_a_line_too() {
        let mut look = Look::default();
        let first = pieces("a\u{1b}[1;38;5;1mbc", &mut look);
        assert_eq!(first[1].column, 1);
        assert_eq!(first[1].text, "bc");
        let second = pieces("d\u{1b}[22m\u{1b}[7me\u{1b}[0mf", &mut look);
        let looks: Vec<_> = second.iter().map(|piece| piece.look).collect();
        let red = Look {
            color: Some(Color::Red),
            ..Look::default()
        };
        assert_eq!(looks[0], Look { bold: true, ..red });
        assert_eq!(
            looks[1],
            Look {
                reverse: true,
                ..red
            }
        );
        assert_eq!(looks[2], Look::default());
        let columns: Vec<_> = second.iter().map(|piece| piece.column).collect();
        assert_eq!(columns, [0, 1, 2]);
    }
}
