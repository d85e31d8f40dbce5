//! Screens one after the other as an SVG that moves by itself, without a script; for light and dark.

use std::fmt::Write as _;

use crate::ansi::{Color, Look, Piece, escaped, pieces};

/// Of a character and of a line, in pixels.
const WIDE: usize = 8;
const HIGH: usize = 17;
const MARGIN: usize = 14;
/// The frame for those who want nothing to move, and for programs that know no animation.
const STILL: usize = 4;

/// What stands on the screen for a while.
pub(super) struct Frame {
    /// The line below it.
    pub(super) said: &'static str,
    /// Its lines, with colours.
    pub(super) screen: String,
    /// For how long, in tenths of a second.
    pub(super) tenths: u32,
}

const STYLE: &str = "
svg{--bg:#14181f;--fg:#d7dce5;--dim:#8b93a1;--red:#ff7b72;--green:#6bd68b;--yellow:#e5c07b;--cyan:#5ec8d8;--edge:#30363d;--below:#1c2330}
@media(prefers-color-scheme:light){svg{--bg:#fff;--fg:#1f2328;--dim:#626c77;--red:#c4202c;--green:#1a7f37;--yellow:#8a5d00;--cyan:#0b7285;--edge:#d1d9e0;--below:#f3f5f8}}
text{fill:var(--fg);white-space:pre}
.d{fill:var(--dim)}.r{fill:var(--red)}.g{fill:var(--green)}.y{fill:var(--yellow)}.c{fill:var(--cyan)}.b{font-weight:bold}.f{fill:var(--fg)}.v{fill:var(--bg)}
.s{visibility:hidden}
@media(prefers-reduced-motion:reduce){.s{animation:none!important}}
";

/// The picture.
pub(super) fn of((columns, lines): (u16, u16), frames: &[Frame]) -> String {
    let screen = usize::from(lines) * HIGH + 2 * MARGIN;
    let (width, height) = (usize::from(columns) * WIDE + 2 * MARGIN, screen + 40);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', monospace\" font-size=\"13\">\n\
         <title>tlsmon triage, from the list of what fails to the packets of one failure</title>\n<style>{STYLE}{}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" style=\"fill:var(--below);stroke:var(--edge)\"/>\n\
         <path d=\"M1 {screen}V8a7 7 0 0 1 7-7H{}a7 7 0 0 1 7 7V{screen}z\" style=\"fill:var(--bg)\"/>\n",
        timing(frames),
        width - 1,
        height - 1,
        width - 8,
    );
    for (number, frame) in frames.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(svg, "<g class=\"s\" id=\"s{number}\">");
        let mut look = Look::default();
        for (line, text) in frame.screen.trim_end().lines().enumerate() {
            for piece in pieces(text, &mut look) {
                svg.push_str(&placed(&piece, line));
            }
        }
        let _ = writeln!(
            svg,
            "<text class=\"b\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n</g>",
            screen + 25,
            escaped(frame.said)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// When each is to be seen, over and over again.
fn timing(frames: &[Frame]) -> String {
    let all: u32 = frames.iter().map(|frame| frame.tenths).sum();
    let percent = |tenths: u32| f64::from(tenths) * 100.0 / f64::from(all.max(1));
    let (mut style, mut begun) = (format!("#s{STILL}{{visibility:visible}}\n"), 0);
    for (number, frame) in frames.iter().enumerate() {
        let (from, to) = (percent(begun), percent(begun + frame.tenths));
        let before = if begun == 0 {
            ""
        } else {
            "0%{visibility:hidden}"
        };
        let seconds = f64::from(all) / 10.0;
        let _ = writeln!(
            style,
            "@keyframes k{number}{{{before}{from:.3}%{{visibility:visible}}{to:.3}%{{visibility:hidden}}}}\
             #s{number}{{animation:k{number} {seconds}s infinite step-end}}"
        );
        begun += frame.tenths;
    }
    style
}

/// A piece at its place; one that is reversed on a ground of its colour.
fn placed(piece: &Piece<'_>, line: usize) -> String {
    let (x, y) = (MARGIN + piece.column * WIDE, MARGIN + line * HIGH);
    let mut out = String::new();
    if piece.look.reverse {
        let _ = write!(
            out,
            "<rect class=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{HIGH}\"/>",
            color(piece.look),
            piece.columns() * WIDE
        );
    }
    let text = piece.text.trim();
    if text.is_empty() {
        return out;
    }
    let blank = piece.text.chars().take_while(|c| *c == ' ').count();
    let _ = writeln!(
        out,
        "<text{} x=\"{}\" y=\"{}\" textLength=\"{}\">{}</text>",
        classes(piece.look),
        x + blank * WIDE,
        y + HIGH - 4,
        text.chars().count() * WIDE,
        escaped(text)
    );
    out
}

const fn color(look: Look) -> &'static str {
    match look.color {
        Some(Color::Red) => "r",
        Some(Color::Green) => "g",
        Some(Color::Yellow) => "y",
        Some(Color::Cyan) => "c",
        None if look.dim => "d",
        None => "f",
    }
}

fn classes(look: Look) -> String {
    let color = if look.reverse { "v" } else { color(look) };
    match (color, look.bold) {
        ("f", false) => String::new(),
        ("f", true) => " class=\"b\"".to_owned(),
        (color, false) => format!(" class=\"{color}\""),
        (color, true) => format!(" class=\"b {color}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_screen_has_its_time_and_all_times_make_a_whole() {
        let frame = |screen: &str, tenths| Frame {
            said: "said <here>",
            screen: screen.to_owned(),
            tenths,
        };
        let frames = [
            frame("one\n", 10),
            frame("\u{1b}[7;31mtwo\u{1b}[0m x\n", 30),
        ];
        let svg = of((20, 2), &frames);
        assert!(
            svg.contains("@keyframes k0{0.000%{visibility:visible}25.000%{visibility:hidden}}"),
            "{svg}"
        );
        assert!(
            svg.contains("@keyframes k1{0%{visibility:hidden}25.000%{visibility:visible}100.000%"),
            "{svg}"
        );
        assert!(
            svg.contains("<rect class=\"r\" x=\"14\" y=\"14\" width=\"24\""),
            "{svg}"
        );
        assert!(svg.contains("<text class=\"v\" x=\"14\" y=\"27\" textLength=\"24\">two</text>"));
        assert!(svg.contains("said &lt;here&gt;") && !svg.contains("<script"));
    }
}
