//! The file or pipe that a capture is read from, and how far reading has come.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use super::ReadError;

/// Where a capture is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, or anything else that can be opened by name.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

impl Source {
    /// What a person wrote on the command line: `-` is standard input.
    pub fn from_argument(argument: impl Into<PathBuf>) -> Self {
        let path = argument.into();
        if path.as_os_str() == "-" {
            Self::Stdin
        } else {
            Self::Path(path)
        }
    }

    /// Whether reading may wait for somebody to write: all but files, which are there.
    pub(super) fn may_wait(&self) -> bool {
        match self {
            Self::Stdin => true,
            Self::Path(path) => !path.metadata().is_ok_and(|about| about.is_file()),
        }
    }

    /// Opens it. Everything read from it is reported to `on_progress`.
    pub(super) fn open<'p>(
        &self,
        on_progress: &'p mut dyn FnMut(Progress),
    ) -> Result<Box<dyn Read + 'p>, ReadError> {
        match self {
            Self::Stdin => Ok(Box::new(Metered::new(io::stdin(), None, on_progress))),
            Self::Path(path) => {
                let (file, total) = open(path).map_err(|cause| ReadError::Open {
                    input: self.clone(),
                    cause,
                })?;
                Ok(Box::new(Metered::new(file, total, on_progress)))
            }
        }
    }
}

/// The file and its size; a pipe has none.
fn open(path: &PathBuf) -> io::Result<(File, Option<u64>)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let total = metadata.is_file().then_some(metadata.len());
    Ok((file, total))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

/// How far reading has come, in bytes of the file as it is stored (compressed, if it is).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub read: u64,
    /// The size of the file; `None` where only the end will tell.
    pub total: Option<u64>,
}

/// How many bytes pass between two reports.
const REPORT_EVERY: u64 = 4 * 1024 * 1024;

/// Counts what is read.
struct Metered<'p, R> {
    inner: R,
    progress: Progress,
    next_report: u64,
    on_progress: &'p mut dyn FnMut(Progress),
}

impl<'p, R> Metered<'p, R> {
    fn new(inner: R, total: Option<u64>, on_progress: &'p mut dyn FnMut(Progress)) -> Self {
        Self {
            inner,
            progress: Progress { read: 0, total },
            next_report: REPORT_EVERY,
            on_progress,
        }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.read += count as u64;
        if count == 0 || self.progress.read >= self.next_report {
            (self.on_progress)(self.progress);
            self.next_report = self.progress.read + REPORT_EVERY;
        }
        Ok(count)
    }
}
