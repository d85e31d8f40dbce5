//! Bytes from the wire must not command a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every control and format character written out, as in `\u{1b}`.
///
/// What comes from the wire is escaped where it is decoded; this is the second lock on the same door. Backslashes stay
/// as they are, so that what was escaped there is not escaped twice.
pub fn escape(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        push(&mut escaped, character);
    }
    Cow::Owned(escaped)
}

/// Whether a text has nothing in it that would be written out, nor any character beyond ASCII.
pub(crate) fn is_plain(text: &str) -> bool {
    // To the end of the text: that takes no branch for each byte.
    text.bytes()
        .fold(true, |plain, byte| plain & is_plain_byte(byte))
}

const fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Printable characters beyond ASCII stay; `escape_debug` knows which those are. It leaves no control, no line or
/// paragraph separator, and none of the marks that turn the direction of text.
fn push(escaped: &mut String, character: char) {
    if u8::try_from(character).is_ok_and(is_plain_byte) {
        escaped.push(character);
    } else {
        // Writing into a String cannot fail.
        let _ = write!(escaped, "{}", character.escape_debug());
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain_text("api.example.com", "api.example.com")]
    #[case::what_was_escaped_before(r"a\x1b\u{7}", r"a\x1b\u{7}")]
    #[case::quotes(r#"it's "so""#, r#"it's "so""#)]
    #[case::terminal_sequences("\u{1b}[31mred\u{7}", r"\u{1b}[31mred\u{7}")]
    #[case::one_byte_sequences("\u{9b}31m", r"\u{9b}31m")]
    #[case::new_lines("a\r\nb", r"a\r\nb")]
    #[case::separators("a\u{2028}b", r"a\u{2028}b")]
    #[case::turned_text("a\u{202e}b", r"a\u{202e}b")]
    #[case::delete("a\u{7f}b", r"a\u{7f}b")]
    #[case::printable_text("größer ≥ 1", "größer ≥ 1")]
    fn nothing_that_commands_a_terminal_comes_through(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(escape(text), shown);
    }
}
