//! A capture file, of any format and compression. Bytes: the size of the pieces in which it is read (one), the file.
//!
//! However it is read, the same comes out, up to the same error; of compressed bytes that are damaged, what came before the
//! damage depends on how much was at hand.

use std::io::{Cursor, Read};

use monitor::capture::pcap::{Source, read_stored};
use monitor::frame::{Frame, FrameSink, InterfaceId, Timestamp};

use crate::choices::Choices;

/// Compressed files may be short and hold for ever: this many packets are enough.
const MAX_FRAMES: u64 = 2_000;

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let size = usize::from(choices.u8()).max(1);
    let whole = read(choices.0, usize::MAX);
    if choices.0.len() > 4096 {
        return;
    }
    let cut = read(choices.0, size);
    let is_plain = matches!(
        choices.0,
        [0xa1 | 0xd4 | 0xc3 | 0xb2 | 0x4d | 0x34 | 0x0a, ..]
    );
    if is_plain || (whole.error.is_none() && cut.error.is_none()) {
        assert_eq!(whole, cut, "read at once, and in pieces of {size}");
    }
}

/// What came out.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    frames: u64,
    bytes: u64,
    sum: u64,
    lost: Vec<(&'static str, &'static str, u64)>,
    error: Option<String>,
}

fn read(file: &[u8], size: usize) -> Seen {
    let mut seen = Seen::default();
    let pieces = Pieces(Cursor::new(file), size);
    let result = read_stored(Source::Stdin, Box::new(pieces), &mut seen);
    seen.error = result.err().map(|error| error.to_string());
    seen
}

impl FrameSink for Seen {
    fn frame(&mut self, frame: Frame<'_>) {
        self.frames += 1;
        self.bytes += frame.network.len() as u64;
        assert!(
            frame.network.len() as u64 <= u64::from(frame.wire_len),
            "more captured than there was"
        );
        for byte in frame.time.0.to_be_bytes().iter().chain(frame.network) {
            self.sum = self.sum.rotate_left(5) ^ u64::from(*byte);
        }
    }

    fn interface(&mut self, _: InterfaceId, name: &str) {
        assert!(!name.is_empty(), "an interface without a name");
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        if self.lost.len() < 64 {
            self.lost.push((place, reason, count));
        }
    }

    fn tick(&mut self, _: Timestamp) {}

    fn wants_more(&self) -> bool {
        self.frames < MAX_FRAMES
    }
}

/// Gives a few bytes at once, as pipes do.
struct Pieces<'a>(Cursor<&'a [u8]>, usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}
