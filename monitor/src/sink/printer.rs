//! Events on their way to a reader, in the form that the reader chose.

use std::io::{self, Write};

use clap::ValueEnum;

use super::json;
use super::style::Style;
use super::text::TextWriter;
use crate::report::Event;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// One object per line, schema tlsmon/v1
    Json,
}

/// Why an event could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The reader went away, as `head` does: no reason to complain.
    #[error("the reader of the output went away")]
    Closed,
    /// The output takes no more: a full disk, for one.
    #[error("cannot write the output")]
    Write(#[source] io::Error),
    /// The output took nothing for as long as was allowed.
    #[error("the output is stuck: its reader does not read")]
    Stuck,
}

impl PrintError {
    /// Whether the program should end quietly with success.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Closed => None,
            Self::Write(_) => {
                Some("check the free space and the permissions where the output goes")
            }
            Self::Stuck => Some("let the reader of the pipe read, or write to a file"),
        }
    }
}

impl From<io::Error> for PrintError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Write(error),
        }
    }
}

/// Prints events in one form.
#[derive(Debug)]
pub struct Printer {
    text: Option<TextWriter>,
    /// One event at a time is put together here and written at once, so that lines of two writers do not mix.
    buffer: Vec<u8>,
}

impl Printer {
    /// A printer of this form; `style` is for people only.
    pub fn new(format: Format, style: Style) -> Self {
        let text = (format == Format::Text).then(|| TextWriter::new(style));
        Self {
            text,
            buffer: Vec::new(),
        }
    }

    /// Prints one event. It does not flush.
    pub fn print(&mut self, event: &Event, out: &mut dyn Write) -> Result<(), PrintError> {
        self.buffer.clear();
        match &mut self.text {
            Some(text) => text.write(event, &mut self.buffer)?,
            None => json::write(event, &mut self.buffer)?,
        }
        Ok(out.write_all(&self.buffer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_told_from_a_disk_that_is_full() {
        let mut printer = Printer::new(Format::Json, Style::PLAIN);
        for event in example::events() {
            let closed = printer.print(&event, &mut Broken(io::ErrorKind::BrokenPipe));
            assert!(closed.unwrap_err().is_quiet());
            let full = printer.print(&event, &mut Broken(io::ErrorKind::StorageFull));
            let full = full.unwrap_err();
            assert!(!full.is_quiet() && full.help().is_some());
        }
    }
}
