//! Text with the colours of a terminal (ECMA-48 SGR) as an SVG.

use std::fmt::Write as _;

use crate::ansi::{Color, Look, escaped, pieces};

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

fn fill(look: Look) -> &'static str {
    match look.color {
        Some(Color::Red) => "#ff6b6b",
        Some(Color::Green) => "#6bd68b",
        Some(Color::Yellow) => "#e5c07b",
        Some(Color::Cyan) => "#5ec8d8",
        None if look.dim => "#8b93a1",
        None => "#d7dce5",
    }
}

fn format_line(line: &str, y: usize, look: &mut Look) -> String {
    let mut out = String::new();
    for piece in pieces(line, look) {
        if piece.text.trim().is_empty() {
            continue;
        }
        let x = MARGIN + piece.column * WIDE;
        let long = piece.columns() * WIDE;
        let bold = if piece.look.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<text xml:space=\"preserve\" x=\"{x}\" y=\"{y}\" textLength=\"{long}\" fill=\"{}\"{bold}>{}</text>",
            fill(piece.look),
            escaped(piece.text)
        );
    }
    out
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
