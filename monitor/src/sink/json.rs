//! One JSON object per line, for programs.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

/// Appends an event, or what else is told, as one line of printable ASCII.
///
/// What is not ASCII is written as `\uXXXX`, which means the same to every JSON reader and cannot command a terminal. That
/// is looked for in the whole line once; nearly all have none of it.
pub fn write<T: Serialize + ?Sized>(event: &T, out: &mut Vec<u8>) -> io::Result<()> {
    let start = out.len();
    event.serialize(&mut serde_json::Serializer::new(Line(out)))?;
    let line = out.get(start..).unwrap_or_default();
    if !line.iter().all(|byte| *byte < 0x7f) {
        out.truncate(start);
        let mut escaping = serde_json::Serializer::with_formatter(Line(out), AsciiOnly);
        event.serialize(&mut escaping)?;
    }
    out.push(b'\n');
    Ok(())
}

/// A buffer that takes the many small pieces of a line without more ado.
struct Line<'a>(&'a mut Vec<u8>);

impl io::Write for Line<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct AsciiOnly;

impl Formatter for AsciiOnly {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii() || c == '\u{7f}') {
            let (plain, special) = rest.split_at(at);
            CompactFormatter.write_string_fragment(writer, plain)?;
            let mut characters = special.chars();
            if let Some(character) = characters.next() {
                write_escaped(writer, character)?;
            }
            rest = characters.as_str();
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

/// A character beyond the basic plane takes two escapes (RFC 8259 section 7).
fn write_escaped<W: io::Write + ?Sized>(writer: &mut W, character: char) -> io::Result<()> {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        write!(writer, "\\u{unit:04x}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Event;
    use crate::report::example;

    fn line(event: &Event) -> String {
        let mut out = Vec::new();
        write(event, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_event_is_one_line_that_begins_with_its_type_and_schema() {
        for event in example::events() {
            let line = line(&event);
            assert!(line.starts_with("{\"type\":\""), "{line}");
            assert!(line.contains(",\"schema\":\"tlsmon/v1\""), "{line}");
            assert_eq!(line.find('\n'), Some(line.len() - 1));
        }
    }

    #[test]
    fn what_is_not_ascii_is_escaped_and_reads_back_the_same() {
        let hostile = "a\u{9b}31m\u{202e}\u{7f}\u{1f980}\u{1b}z";
        let mut handshake = example::no_sni();
        handshake.evidence = vec![hostile.to_owned()];
        let line = line(&Event::Handshake(Box::new(handshake)));
        assert!(line.trim_end().bytes().all(|b| (0x20..0x7f).contains(&b)));
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["evidence"][0], hostile);
    }
}
