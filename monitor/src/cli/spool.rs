//! Input that can be read only once, kept so that it can be read twice: standard input, and pipes that have a name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use tempfile::SpooledTempFile;

use crate::capture::pcap::Source;

/// More than this goes from memory to a file without a name, which is gone with the process.
const IN_MEMORY: usize = 64 << 20;
/// How much is kept.
const MOST: u64 = 4 << 30;

/// Why input could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    /// Reading it, or writing it down.
    #[error("cannot keep {input} in {folder} to read it twice")]
    Keep {
        /// What was read.
        input: Source,
        /// Where it was to be kept.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// It does not end.
    #[error("cannot keep {0} to read it twice: it is longer than 4 GiB")]
    TooLong(Source),
}

impl SpoolError {
    /// What to do about it.
    pub(crate) const fn help(&self) -> &'static str {
        match self {
            Self::Keep { .. } => {
                "save it to a file first, or set TMPDIR to a folder with room for it"
            }
            Self::TooLong(_) => "save it to a file first, or cut it: editcap, tcpdump -c",
        }
    }
}

/// Keeps what cannot be read twice; none of what can be.
pub(super) fn keep(source: &Source) -> Result<Option<SpooledTempFile>, SpoolError> {
    let kept = match source {
        Source::Stdin => kept(io::stdin().lock(), MOST),
        Source::Path(path) if is_pipe(path) => File::open(path).and_then(|pipe| kept(pipe, MOST)),
        Source::Path(_) => return Ok(None),
    };
    let kept = kept.map_err(|error| SpoolError::Keep {
        input: source.clone(),
        folder: std::env::temp_dir().display().to_string(),
        source: error,
    })?;
    kept.map(Some)
        .ok_or_else(|| SpoolError::TooLong(source.clone()))
}

/// What `<(zcat FILE)` gives in a shell is one.
fn is_pipe(path: &Path) -> bool {
    let metadata = std::fs::metadata(path);
    metadata.is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// None of what is longer than `most`.
fn kept(input: impl Read, most: u64) -> io::Result<Option<SpooledTempFile>> {
    let mut kept = tempfile::spooled_tempfile(IN_MEMORY);
    let len = io::copy(&mut input.take(most.saturating_add(1)), &mut kept)?;
    Ok((len <= most).then_some(kept))
}

#[cfg(test)]
mod tests {
    use std::io::Seek as _;

    use super::*;

    #[test]
    fn what_is_kept_is_what_came_and_no_more_than_a_bound() {
        let mut file = kept(&b"capture"[..], 7).unwrap().unwrap();
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "capture");
        assert!(kept(&b"capture"[..], 6).unwrap().is_none());
    }
}
