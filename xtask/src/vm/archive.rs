//! An initial file system for a kernel: a cpio archive in the "newc" format (kernel: Documentation/driver-api/early-userspace/buffer-format.rst).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;
const LINK: u32 = 0o120_777;

/// An archive in the making. Folders come before what lies in them, by themselves.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    names: BTreeSet<String>,
}

impl Archive {
    /// A copy of a file that can be run.
    pub(super) fn program(&mut self, name: &str, file: &Path) -> Result<()> {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        self.entry(name, PROGRAM, &bytes);
        Ok(())
    }

    /// A file that can be run, from its text.
    pub(super) fn script(&mut self, name: &str, text: &str) {
        self.entry(name, PROGRAM, text.as_bytes());
    }

    /// A file, from its bytes.
    pub(super) fn file(&mut self, name: &str, bytes: &[u8]) {
        self.entry(name, FILE, bytes);
    }

    /// A symbolic link.
    pub(super) fn link(&mut self, name: &str, to: &str) {
        self.entry(name, LINK, to.as_bytes());
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.write("TRAILER!!!", 0, &[]);
        self.bytes
    }

    /// What is there already stays as it is.
    fn entry(&mut self, name: &str, mode: u32, body: &[u8]) {
        if !self.names.insert(name.to_owned()) {
            return;
        }
        if let Some((folder, _file)) = name.rsplit_once('/') {
            self.entry(folder, FOLDER, &[]);
        }
        self.write(name, mode, body);
    }

    /// A header of fourteen numbers in hexadecimal, the name, and the body, each padded to four bytes.
    fn write(&mut self, name: &str, mode: u32, body: &[u8]) {
        let number = self.names.len();
        let (size, name_size) = (body.len(), name.len() + 1);
        let header = format!(
            "070701{number:08x}{mode:08x}{0:08x}{0:08x}{1:08x}{0:08x}{size:08x}\
             {0:08x}{0:08x}{0:08x}{0:08x}{name_size:08x}{0:08x}",
            0, 1
        );
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(body);
        self.pad();
    }

    fn pad(&mut self) {
        let length = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(length, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_once_and_before_their_files() {
        let mut archive = Archive::default();
        archive.script("a/b/c", "x");
        archive.script("a/b/d", "y");
        let text = String::from_utf8(archive.finish()).unwrap();
        let at = |name: &str| text.find(&format!("{name}\0")).unwrap();
        assert!(at("a/b/c") < at("a/b/d"));
        assert_eq!(text.matches("070701").count(), 5);
        assert_eq!(text.len() % 4, 0);
    }
}
