//! What tlsmon prints for a person, shown as it comes and remembered by client port.

use std::collections::HashMap;

use crate::lab::CLIENT;
use crate::say;

/// The words that a text report may carry; those of the demo's failures.
const CAUSES: [&str; 3] = ["no-sni-rejected", "unknown-sni", "unexplained"];

/// tlsmon's text so far.
#[derive(Debug, Default)]
pub(super) struct Screen {
    shown: usize,
    /// The client port that the lines being read are about.
    current: Option<u16>,
    causes: HashMap<u16, String>,
}

impl Screen {
    /// Shows the whole lines of `stdout` that are new.
    pub(super) fn show(&mut self, stdout: &str) {
        let new = stdout.get(self.shown..).unwrap_or_default();
        let whole = new.rfind('\n').map_or(0, |end| end + 1);
        for line in new.get(..whole).unwrap_or_default().lines() {
            say::line(format_args!("  tlsmon: {line}"));
            self.remember(&plain(line));
        }
        self.shown += whole;
    }

    /// The cause that tlsmon named for the client at this port.
    pub(super) fn cause_of(&self, port: u16) -> Option<String> {
        self.causes.get(&port).cloned()
    }

    fn remember(&mut self, line: &str) {
        if let Some(port) = client_port(line) {
            self.current = Some(port);
            self.causes.entry(port).or_default();
        }
        let cause = line.split_whitespace().find(|word| CAUSES.contains(word));
        if let (Some(port), Some(cause)) = (self.current, cause) {
            let entry = self.causes.entry(port).or_default();
            if entry.is_empty() {
                cause.clone_into(entry);
            }
        }
    }
}

/// The port in `192.0.2.10:20003 -> …`.
fn client_port(line: &str) -> Option<u16> {
    let (_before, after) = line.split_once(&format!("{CLIENT}:"))?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The line without its colours (ECMA-48 SGR sequences).
fn plain(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        text + piece.split_once('m').map_or(piece, |(_codes, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_belongs_to_the_client_named_before_it() {
        let mut screen = Screen::default();
        screen.show(
            "04:46:20.117  \u{1b}[1m192.0.2.10:20003\u{1b}[0m -> 198.51.100.20:443\n   no-sni-rejected (certain) server RST\nhalf",
        );
        assert_eq!(screen.cause_of(20003).as_deref(), Some("no-sni-rejected"));
        assert_eq!(screen.cause_of(20004), None);
    }
}
