//! What xtask says to the person who runs it.
#![expect(clippy::print_stdout, reason = "xtask talks to a person at a terminal")]

use std::fmt::Display;

/// A new step begins: says what it does.
pub fn step(text: impl Display) {
    println!("\n==> {text}");
}

/// One more thing about the step that runs.
pub fn note(text: impl Display) {
    println!("    {text}");
}

/// A line as it is, without indent.
pub fn line(text: impl Display) {
    println!("{text}");
}
