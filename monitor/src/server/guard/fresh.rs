//! Something made from files, made again when they change.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::server::ServeError;

/// How something is made from files.
pub(super) type Make<T> = fn(&[PathBuf]) -> Result<T, ServeError>;

/// The value and the files that it is from. What cannot be made again stays as it was, and that is logged once for each change.
pub(super) struct Fresh<T> {
    files: Vec<PathBuf>,
    make: Make<T>,
    made: Mutex<(Vec<Stamp>, T)>,
}

/// Tells one state of a file from the next: inode, size, and time of change.
type Stamp = Option<(u64, u64, i64, i64)>;

impl<T: Clone> Fresh<T> {
    pub(super) fn new(files: Vec<PathBuf>, make: Make<T>) -> Result<Self, ServeError> {
        let stamps = stamps(&files);
        let value = make(&files)?;
        Ok(Self {
            files,
            make,
            made: Mutex::new((stamps, value)),
        })
    }

    pub(super) fn get(&self) -> T {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamps(&self.files);
        if made.0 != now {
            made.0 = now;
            match (self.make)(&self.files) {
                Ok(value) => made.1 = value,
                Err(error) => tracing::warn!("{error}: what was read before stays in use"),
            }
        }
        made.1.clone()
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |file: &PathBuf| {
        let file = fs::metadata(file).ok()?;
        Some((file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
    };
    files.iter().map(stamp).collect()
}

impl<T> fmt::Debug for Fresh<T> {
    /// What is in the files is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
