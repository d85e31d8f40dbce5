//! Text with the colours of a terminal (ECMA-48 SGR) as an SVG.

use std::fmt::Write as _;

/// Of a character and of a line, in pixels.
const WIDE: usize = 8;
const HIGH: usize = 17;
const MARGIN: usize = 14;
const COLUMNS: usize = 82;

/// The picture.
pub(super) fn of(text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    let (width, height) = (COLUMNS * WIDE + 2 * MARGIN, lines.len() * HIGH + 2 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', monospace\" font-size=\"13\">\n\
         <title>tlsmon at work</title>\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#14181f\"/>\n"
    );
    let mut look = Look::default();
    for (number, line) in lines.iter().enumerate() {
        let y = MARGIN + (number + 1) * HIGH - 4;
        svg.push_str(&format_line(line, y, &mut look));
    }
    svg.push_str("</svg>\n");
    svg
}

/// How characters look until the next sequence.
#[derive(Clone, Copy, Default)]
struct Look {
    color: Option<&'static str>,
    bold: bool,
    dim: bool,
}

impl Look {
    /// Takes the numbers of a sequence.
    fn take(&mut self, codes: &str) {
        for code in codes.split(';') {
            match code {
                "1" => self.bold = true,
                "2" => self.dim = true,
                "31" => self.color = Some("#ff6b6b"),
                "32" => self.color = Some("#6bd68b"),
                "33" => self.color = Some("#e5c07b"),
                "36" => self.color = Some("#5ec8d8"),
                _ => *self = Self::default(),
            }
        }
    }

    fn fill(self) -> &'static str {
        self.color
            .unwrap_or(if self.dim { "#8b93a1" } else { "#d7dce5" })
    }
}

fn format_line(line: &str, y: usize, look: &mut Look) -> String {
    let mut out = String::new();
    let mut column = 0;
    for (number, piece) in line.split("\u{1b}[").enumerate() {
        let text = match piece.split_once('m').filter(|_| number > 0) {
            Some((codes, text)) => {
                look.take(codes);
                text
            }
            None => piece,
        };
        let x = MARGIN + column * WIDE;
        column += text.chars().count();
        if text.trim().is_empty() {
            continue;
        }
        let long = text.chars().count() * WIDE;
        let bold = if look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<text xml:space=\"preserve\" x=\"{x}\" y=\"{y}\" textLength=\"{long}\" fill=\"{}\"{bold}>{}</text>",
            look.fill(),
            escaped(text)
        );
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_last_until_they_are_taken_back_and_text_stays_text() {
        let svg = of("a\u{1b}[31m<b>\u{1b}[0m c\n");
        assert!(svg.contains(">a</text>"), "{svg}");
        assert!(svg.contains("fill=\"#ff6b6b\">&lt;b&gt;</text>"), "{svg}");
        assert!(
            svg.contains("x=\"46\" y=\"27\"") && svg.contains("fill=\"#d7dce5\"> c</text>"),
            "{svg}"
        );
    }
}
