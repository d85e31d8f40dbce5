//! Bytes from the wire made fit to be shown.

use std::borrow::Cow;
use std::fmt::Write;

use arrayvec::ArrayString;

/// `bytes` as text that is safe on a terminal, in a label and in a log: printable ASCII stays, a backslash is doubled, and
/// every other byte becomes `\xNN`. Two different inputs never give the same text.
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    // To the end: that takes no branch for each byte.
    let all_plain = bytes.iter().fold(true, |all, byte| all & is_plain(*byte));
    match std::str::from_utf8(bytes) {
        Ok(text) if all_plain => Cow::Borrowed(text),
        _ => Cow::Owned(escaped(bytes)),
    }
}

/// Space to tilde, but for the backslash.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str(r"\\"),
            byte if is_plain(byte) => text.push(char::from(byte)),
            // Writing to a String cannot fail.
            byte => _ = write!(text, r"\x{byte:02x}"),
        }
    }
    text
}

/// The bytes that [`printable`] made this text of. What it cannot have made stays as it is.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    loop {
        rest = match *rest {
            [] => return bytes,
            [b'\\', b'\\', ref behind @ ..] => {
                bytes.push(b'\\');
                behind
            }
            [b'\\', b'x', high, low, ref behind @ ..] if is_hex(high) && is_hex(low) => {
                bytes.push(nibble(high) << 4 | nibble(low));
                behind
            }
            [byte, ref behind @ ..] => {
                bytes.push(byte);
                behind
            }
        };
    }
}

const fn is_hex(digit: u8) -> bool {
    digit.is_ascii_hexdigit()
}

/// The number that a hexadecimal digit stands for.
const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit.wrapping_sub(b'0'),
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

/// The first bytes in lower-case hexadecimal: as many as give `N` digits. What is missing is zero.
pub fn hex<const N: usize>(bytes: &[u8]) -> ArrayString<N> {
    let mut text = [b'0'; N];
    for (pair, &byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&hex_digits(byte));
    }
    ArrayString::from_byte_string(&text).unwrap_or_default()
}

/// The two hexadecimal digits of a byte, in ASCII.
pub const fn hex_digits(byte: u8) -> [u8; 2] {
    [hex_digit(byte >> 4), hex_digit(byte & 0x0f)]
}

/// The hexadecimal digit for a number below sixteen, in ASCII.
pub const fn hex_digit(nibble: u8) -> u8 {
    let first = if nibble < 10 { b'0' } else { b'a' - 10 };
    first.wrapping_add(nibble)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn printable_ascii_is_borrowed_as_it_is() {
        assert!(matches!(
            printable(b"a-b.example ~"),
            Cow::Borrowed("a-b.example ~")
        ));
    }

    #[test]
    fn terminal_controls_quotes_of_escape_and_utf8_are_escaped() {
        assert_eq!(printable(b"\x1b[2J\n"), r"\x1b[2J\x0a");
        assert_eq!(printable(r"a\x0a".as_bytes()), r"a\\x0a");
        assert_eq!(
            printable("b\u{fc}\u{202e}".as_bytes()),
            r"b\xc3\xbc\xe2\x80\xae"
        );
        assert_eq!(printable(&[0x7f, 0]), r"\x7f\x00");
    }

    proptest! {
        #[test]
        fn the_text_is_printable_and_tells_inputs_apart(one: Vec<u8>, other: Vec<u8>) {
            let text = printable(&one);
            prop_assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(one == other, text == printable(&other));
            prop_assert_eq!(unescape(&text), one);
        }
    }
}
