//! What xtask says to the person who runs it. A person who stopped listening (a closed pipe) is no error.

use std::fmt::Display;
use std::io::{Write as _, stdout};

/// A new step begins: says what it does.
pub fn step(text: impl Display) {
    line(format_args!("\n==> {text}"));
}

/// One more thing about the step that runs.
pub fn note(text: impl Display) {
    line(format_args!("    {text}"));
}

/// A line as it is, without indent.
pub fn line(text: impl Display) {
    let _ = writeln!(stdout(), "{text}");
}
