//! aioquic, a QUIC client from the Python package index, in a virtual environment of its own.

use std::path::PathBuf;
use std::process::Command;

use super::{Item, python};
use crate::command::succeeds;
use crate::paths;

/// The name and version of the package.
const PACKAGE: &str = "aioquic==1.7.2";

/// The Python that has it.
pub fn python() -> PathBuf {
    python::of(&folder())
}

fn folder() -> PathBuf {
    paths::cache().join("aioquic")
}

pub(super) fn item() -> Item {
    Item {
        name: PACKAGE.into(),
        why: "a QUIC client; from the Python package index",
        present: succeeds(Command::new(python()).args(["-c", "import aioquic"])),
        install: Box::new(|| python::install(&folder(), PACKAGE)),
    }
}
