//! Why a capture could not be read, or not to its end.

use std::io;

use super::{MAX_RECORD, Source};

/// Why reading a capture ended early. Offsets count the bytes of the capture itself: after decompression, if it is compressed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be opened.
    #[error("cannot open {input}")]
    Open {
        /// What was to be opened.
        input: Source,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// There is not one byte in it.
    #[error("cannot read {input}: it is empty")]
    Empty {
        /// What was being read.
        input: Source,
    },
    /// It starts like no capture.
    #[error("cannot read {input}: neither pcap nor pcapng, it starts with {found}")]
    NotACapture {
        /// What was being read.
        input: Source,
        /// What it starts with, for people.
        found: String,
    },
    /// It ends in the middle of a record. What came before was delivered.
    #[error(
        "{input} is cut short: the record at byte {offset} has {have} of at least {need} bytes"
    )]
    Torn {
        /// What was being read.
        input: Source,
        /// Where the torn record starts.
        offset: u64,
        /// How many bytes of it there are.
        have: usize,
        /// How many it takes to go on.
        need: usize,
    },
    /// A record claims to be longer than any record is. What came before was delivered.
    #[error(
        "{input} is damaged: the record at byte {offset} claims {size} bytes, more than {MAX_RECORD}"
    )]
    TooLarge {
        /// What was being read.
        input: Source,
        /// Where the record starts.
        offset: u64,
        /// How long it claims to be.
        size: u64,
    },
    /// What should be a record is none, and where the next one starts is not known. What came before was delivered.
    #[error("{input} is damaged at byte {offset}: {reason}")]
    Damaged {
        /// What was being read.
        input: Source,
        /// Where the damage starts.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// The system or the decompressor gave up. What came before was delivered.
    #[error("cannot read {input} past byte {offset}")]
    Io {
        /// What was being read.
        input: Source,
        /// How far reading had come.
        offset: u64,
        /// What the system or the decompressor said.
        #[source]
        cause: io::Error,
    },
}

impl ReadError {
    /// What a person can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Open { cause, .. } if cause.kind() == io::ErrorKind::IsADirectory => {
                Some("name the capture files in it one by one")
            }
            Self::Open { .. } => None,
            Self::Empty { .. } => {
                Some("a capture without packets still has a header: was it ever written to?")
            }
            Self::NotACapture { .. } => Some(
                "give a pcap or pcapng file, plain or compressed with gzip or zstd, as tcpdump -w writes it",
            ),
            Self::Torn { .. } => Some(
                "what came before was read; a full disk, a killed tcpdump or a broken copy leaves such files",
            ),
            Self::TooLarge { .. } | Self::Damaged { .. } | Self::Io { .. } => Some(
                "what came before was read; compare the size and the checksum with the original",
            ),
        }
    }

    /// Whether packets may have been delivered before this: the capture was readable up to a point.
    pub const fn is_partial(&self) -> bool {
        !matches!(
            self,
            Self::Open { .. } | Self::Empty { .. } | Self::NotACapture { .. }
        )
    }
}
