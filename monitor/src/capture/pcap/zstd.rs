//! Undoes zstd (RFC 8878): one frame after the other, skippable ones too, torn ones as far as they go.

use std::error::Error;
use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Of a skippable frame (section 3.1.2), behind a first byte whose low half is free.
const SKIPPABLE: &[u8] = &[0x2a, 0x4d, 0x18];

/// A raw block of no bytes that is the last of its frame (section 3.1.1.2), and four bytes for the checksum that a frame may have.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

/// Whether these are the first bytes of zstd data.
pub(super) fn is_magic(head: &[u8]) -> bool {
    let skippable = head.first().is_some_and(|byte| byte & 0xf0 == 0x50);
    head == MAGIC || (skippable && head.get(1..) == Some(SKIPPABLE))
}

/// Reads what zstd data holds.
pub(super) struct Reader<R> {
    source: R,
    decoder: FrameDecoder,
    state: State,
}

enum State {
    /// The next byte is the first of a frame, or there is none.
    BetweenFrames,
    InFrame,
    /// The frame was torn: what came out of it, then this error.
    Torn(Option<io::Error>),
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            decoder: FrameDecoder::new(),
            state: State::BetweenFrames,
        }
    }

    /// Starts the next frame; false when there is none.
    fn start(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(error) => return Err(into_io(error)),
            }
        }
        Ok(false)
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        if skipped < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// Decodes until there is something to collect.
    fn decode(&mut self) -> Result<(), FrameDecoderError> {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let one = BlockDecodingStrategy::UptoBlocks(1);
            self.decoder.decode_blocks(&mut self.source, one)?;
        }
        Ok(())
    }

    /// After a tear. The decoder gives up its last window only when a frame ends: so end it.
    fn tear(&mut self, error: io::Error) -> io::Result<()> {
        if error.kind() != io::ErrorKind::UnexpectedEof {
            return Err(error);
        }
        let all = BlockDecodingStrategy::All;
        self.decoder
            .decode_blocks(LAST_BLOCK, all)
            .map_err(into_io)?;
        self.state = State::Torn(Some(error));
        Ok(())
    }

    /// All of the frame was collected.
    fn end(&mut self) -> io::Result<()> {
        let promised = self.decoder.get_checksum_from_data();
        if promised.is_some() && promised != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the zstd checksum does not match",
            ));
        }
        self.state = State::BetweenFrames;
        Ok(())
    }
}

impl<R: BufRead> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.state {
                State::BetweenFrames => {
                    if !self.start()? {
                        return Ok(0);
                    }
                    self.state = State::InFrame;
                }
                State::InFrame => {
                    if let Err(error) = self.decode() {
                        self.tear(into_io(error))?;
                        continue;
                    }
                    match self.decoder.read(buffer)? {
                        0 => self.end()?,
                        count => return Ok(count),
                    }
                }
                State::Torn(error) => {
                    return match (self.decoder.read(buffer)?, error.take()) {
                        (0, Some(error)) => Err(error),
                        (count, again) => {
                            *error = again;
                            Ok(count)
                        }
                    };
                }
            }
        }
    }
}

/// An error of the reader below comes out as that; any other is about the data.
fn into_io(error: FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(below) = current.downcast_ref::<io::Error>() {
            return io::Error::new(below.kind(), error);
        }
        cause = current.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, error)
}
