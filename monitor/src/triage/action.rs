//! What a person can do, and what that asks of the world outside the model.

use std::sync::Arc;

use super::record::Record;

/// A key, without the terminal that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Press {
    /// A character.
    Char(char),
    /// A character with Ctrl held.
    Ctrl(char),
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Tab.
    Tab,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mouse {
    /// A click at this column and line.
    Click(u16, u16),
    /// The wheel, away from the person.
    WheelUp,
    /// The wheel, towards the person.
    WheelDown,
}

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// Into what is chosen.
    Open,
    /// Back to where one came from.
    Back,
    /// Between problems and handshakes.
    Switch,
    /// The page of the cause.
    Explain,
    /// Which handshakes to show.
    Filter,
    /// Every handshake, or failures only.
    All,
    /// Holds everything still.
    Pause,
    /// Keeps the order of the rows.
    Freeze,
    /// Another order.
    Sort,
    /// Commands that ask the same again.
    Commands,
    /// The packets as a file.
    Save,
    /// What the keys do.
    Help,
    /// Draws everything again.
    Redraw,
    /// The end.
    Quit,
}

/// What the model asks for.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Leave.
    Quit,
    /// Draw every cell again.
    Redraw,
    /// Put this into the clipboard of the terminal.
    Copy(String),
    /// Look for the packets of this handshake.
    Fetch(Arc<Record>),
    /// Write the packets of this handshake to a file.
    Save(Arc<Record>),
    /// Ask the sources for every handshake, or for failures only.
    Ask(bool),
}
