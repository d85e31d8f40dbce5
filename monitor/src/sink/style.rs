//! Colours and widths of what people read.

use std::fmt::{self, Write};

use anstream::ColorChoice;
use anstream::stream::RawStream;
use anstyle::{AnsiColor, Style as Ansi};
use clap::ValueEnum;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether what goes to this stream is to be coloured. `auto` looks at the terminal, at NO_COLOR, CLICOLOR,
    /// CLICOLOR_FORCE and TERM.
    pub fn enabled(self, stream: &impl RawStream) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => anstream::AutoStream::choice(stream) != ColorChoice::Never,
        }
    }
}

/// How text for people is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Use colours.
    pub color: bool,
    /// Columns to fill before a line is broken. Words are never cut: a long one sticks out.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}

impl Style {
    /// Without colours, for 80 columns.
    pub const PLAIN: Self = Self {
        color: false,
        width: 80,
    };

    /// The text in this role's colour.
    pub(crate) fn paint<'a>(&self, role: Role, text: &'a str) -> Painted<'a> {
        let ansi = if self.color { role.ansi() } else { Ansi::new() };
        Painted { ansi, text }
    }

    /// Adds the text in this role's colour.
    pub(crate) fn push(&self, role: Role, text: &str, out: &mut String) {
        if self.color {
            // Writing into a String cannot fail.
            let _ = write!(out, "{}", self.paint(role, text));
        } else {
            out.push_str(text);
        }
    }

    /// The same, with lines that are never broken.
    pub(crate) const fn unbroken(self) -> Self {
        Self {
            width: usize::MAX,
            ..self
        }
    }
}

/// What a word stands for, which decides its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// Most of the text.
    #[default]
    Plain,
    /// Time and other company.
    Faint,
    /// Who it is about.
    Strong,
    /// A failure.
    Bad,
    /// A success.
    Good,
    /// What is not known or was lost.
    Warning,
    /// What to do.
    Advice,
}

impl Role {
    const fn ansi(self) -> Ansi {
        match self {
            Self::Plain => Ansi::new(),
            Self::Faint => Ansi::new().dimmed(),
            Self::Strong => Ansi::new().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Advice => AnsiColor::Cyan.on_default(),
        }
    }
}

/// Text with its colour.
pub(crate) struct Painted<'a> {
    ansi: Ansi,
    text: &'a str,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.ansi, self.text, self.ansi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_colours_only_on_demand() {
        let pipe: Vec<u8> = Vec::new();
        assert!(Color::Always.enabled(&pipe));
        assert!(!Color::Never.enabled(&pipe));
        assert!(!Color::Auto.enabled(&pipe));
    }

    #[test]
    fn without_colours_there_is_not_one_escape_byte() {
        let text = Style::PLAIN.paint(Role::Bad, "failed").to_string();
        assert_eq!(text, "failed");
        let style = Style {
            color: true,
            ..Style::PLAIN
        };
        let text = style.paint(Role::Bad, "failed").to_string();
        assert!(text.starts_with('\u{1b}') && text.ends_with("\u{1b}[0m"));
    }
}
