//! Server-sent events out of the pieces of a stream, in any cut.

use crate::triage::record::MAX_LINE;

/// What the stream tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// An event: one line of JSON.
    Line(String),
    /// From here it can be taken up again.
    Position(String),
}

/// Puts lines together.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// The line is longer than is believed: the rest of it is passed over.
    too_long: bool,
}

impl Lines {
    /// The lines that are complete with these bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Told> {
        let mut told = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, more) = rest.split_at(end);
            self.take(line);
            told.extend(self.complete());
            rest = more.get(1..).unwrap_or_default();
        }
        self.take(rest);
        told
    }

    fn take(&mut self, bytes: &[u8]) {
        self.too_long |= self.begun.len() + bytes.len() > MAX_LINE;
        if !self.too_long {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn complete(&mut self) -> Option<Told> {
        let line = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.too_long) {
            // Counted as one that could not be read.
            return Some(Told::Line(String::new()));
        }
        let text = String::from_utf8_lossy(&line);
        let (field, value) = text.trim_end_matches('\r').split_once(':')?;
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match field {
            "data" => Some(Told::Line(value)),
            "id" => Some(Told::Position(value)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"id: 7.41\nevent: handshake\ndata: {\"type\":\"x\"}\n\n: a comment\nid: 7.42\r\ndata:{}\n\n";

    #[test]
    fn events_come_out_the_same_in_any_cut() {
        let whole = Lines::default().push(STREAM);
        let line = |text: &str| Told::Line(text.to_owned());
        let position = |text: &str| Told::Position(text.to_owned());
        let expected = [
            position("7.41"),
            line("{\"type\":\"x\"}"),
            position("7.42"),
            line("{}"),
        ];
        assert_eq!(whole, expected);
        for cut in 0..STREAM.len() {
            let mut lines = Lines::default();
            let (first, second) = STREAM.split_at(cut);
            let mut told = lines.push(first);
            told.extend(lines.push(second));
            assert_eq!(told, whole, "{cut}");
        }
    }

    #[test]
    fn a_line_without_end_takes_bounded_room_and_is_counted() {
        let mut lines = Lines::default();
        for _ in 0..100 {
            assert_eq!(lines.push(&[b'x'; 8_192]), []);
        }
        assert!(lines.begun.len() <= MAX_LINE);
        assert_eq!(
            lines.push(b"\ndata: {}\n"),
            [Told::Line(String::new()), Told::Line("{}".to_owned())]
        );
    }
}
