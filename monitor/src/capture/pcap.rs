//! Capture files: pcap and pcapng, plain, gzip or zstd, from a path or from standard input.
//!
//! ```text
//! source --> compression --> input --> classic | pcapng --> interfaces --> FrameSink
//! bytes      by its magic    one big    records              link header
//! and how               buffer     blocks               off, names
//! many                                                       and clocks
//! ```
//!
//! A file is read as a stream with bounded memory, and a packet is handed on where it lies in the buffer. What comes
//! before damage is delivered; then the error says at which byte reading ended and why.

use std::io::Read;

use crate::frame::FrameSink;

mod classic;
mod clock;
mod compression;
mod error;
mod input;
mod interfaces;
mod names;
mod order;
mod packets;
mod pcapng;
mod source;
mod zstd;

#[cfg(test)]
mod build;
#[cfg(test)]
mod seen;
#[cfg(test)]
mod tests;

pub use error::ReadError;
pub use source::{Progress, Source};

use input::Input;

/// Reads a capture to its end. `on_progress` is told every few megabytes, and at the end, how far reading has come.
pub fn read(
    source: Source,
    sink: &mut impl FrameSink,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<(), ReadError> {
    let stored = source.open(on_progress)?;
    read_stored(source, stored, sink)
}

/// Reads a capture out of its bytes as they are stored, wherever they come from; `source` is what errors call it.
pub fn read_stored(
    source: Source,
    stored: Box<dyn Read + '_>,
    sink: &mut impl FrameSink,
) -> Result<(), ReadError> {
    let plain = compression::undo(stored).map_err(|cause| ReadError::Io {
        input: source.clone(),
        offset: 0,
        cause,
    })?;
    let mut input = Input::new(source, plain);
    match Format::of(&mut input)? {
        Format::Classic => each_record(&mut input, &mut classic::File::default(), sink),
        Format::PcapNg => each_record(&mut input, &mut pcapng::File::default(), sink),
    }
}

/// The two formats of capture files.
enum Format {
    Classic,
    PcapNg,
}

impl Format {
    /// Told by the first four bytes, never by the name.
    fn of(input: &mut Input<'_>) -> Result<Self, ReadError> {
        let head = input.head()?;
        if classic::is_magic(head) {
            return Ok(Self::Classic);
        }
        if pcapng::is_magic(head) {
            return Ok(Self::PcapNg);
        }
        Err(input.not_a_capture(head))
    }
}

/// What taking records from the head of some bytes came to.
enum Step {
    /// They were this long, and are done with.
    Took(usize),
    /// This many bytes must be at hand to go on.
    Needs(usize),
}

/// Why no record can be read from here on.
#[derive(Clone, Copy)]
enum Damage {
    /// A record claims this many bytes.
    TooLarge(u64),
    /// These bytes are no record.
    Malformed(&'static str),
}

/// A format made of records, one after the other.
trait Records {
    /// Takes the record at the head of `bytes`, and as many behind it as it likes, and hands what they hold to `sink`.
    fn take(&mut self, bytes: &[u8], sink: &mut impl FrameSink) -> Result<Step, Damage>;
}

/// The longest record that is believed. Longer ones are damage, or not what this program is for. Wireshark draws the
/// same line for pcapng blocks (wiretap/pcapng.c, `MAX_BLOCK_SIZE`).
const MAX_RECORD: usize = 16 * 1024 * 1024;

fn each_record(
    input: &mut Input<'_>,
    records: &mut impl Records,
    sink: &mut impl FrameSink,
) -> Result<(), ReadError> {
    while sink.wants_more() {
        match records.take(input.at_hand(), sink) {
            Ok(Step::Took(length)) => input.consume(length),
            Ok(Step::Needs(length)) => {
                if input.may_wait() {
                    sink.pause();
                }
                if !input.have(length)? {
                    return Ok(());
                }
            }
            Err(damage) => return Err(input.damaged(damage)),
        }
    }
    Ok(())
}
