//! What a test saw come out of a capture.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use super::{ReadError, Source, read_stored};
use crate::frame::{Direction, Frame, FrameSink, InterfaceId, Timestamp};

/// Everything that was delivered, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) frames: Vec<SeenFrame>,
    pub(super) interfaces: Vec<(u32, String)>,
    pub(super) lost: BTreeMap<&'static str, u64>,
}

/// A Frame that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenFrame {
    pub(super) nanos: u64,
    pub(super) interface: u32,
    pub(super) direction: Direction,
    pub(super) wire_len: u32,
    pub(super) network: Vec<u8>,
}

impl Seen {
    pub(super) fn packets(&self) -> Vec<Vec<u8>> {
        self.frames
            .iter()
            .map(|frame| frame.network.clone())
            .collect()
    }

    pub(super) fn times(&self) -> Vec<u64> {
        self.frames.iter().map(|frame| frame.nanos).collect()
    }

    pub(super) fn places(&self) -> Vec<u32> {
        self.frames.iter().map(|frame| frame.interface).collect()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.interfaces
            .iter()
            .map(|(_, name)| name.as_str())
            .collect()
    }
}

impl FrameSink for Seen {
    fn frame(&mut self, frame: Frame<'_>) {
        let known = self
            .interfaces
            .iter()
            .any(|(id, _)| *id == frame.interface.0);
        assert!(known, "a frame before its interface was named");
        self.frames.push(SeenFrame {
            nanos: frame.time.0,
            interface: frame.interface.0,
            direction: frame.direction,
            wire_len: frame.wire_len,
            network: frame.network.to_vec(),
        });
    }

    fn interface(&mut self, id: InterfaceId, name: &str) {
        self.interfaces.push((id.0, name.to_owned()));
    }

    fn lost(&mut self, place: &'static str, reason: &'static str, count: u64) {
        assert_eq!(place, "capture");
        *self.lost.entry(reason).or_default() += count;
    }

    fn tick(&mut self, _: Timestamp) {
        panic!("frames carry the time");
    }
}

/// Reads a file that has these bytes.
pub(super) fn read(file: &[u8]) -> (Seen, Result<(), ReadError>) {
    read_from(Box::new(Cursor::new(file.to_vec())))
}

/// Reads a file that a pipe gives byte by byte.
pub(super) fn read_slowly(file: &[u8]) -> (Seen, Result<(), ReadError>) {
    struct Trickle(Cursor<Vec<u8>>);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    read_from(Box::new(Trickle(Cursor::new(file.to_vec()))))
}

fn read_from(stored: Box<dyn Read>) -> (Seen, Result<(), ReadError>) {
    let mut seen = Seen::default();
    let result = read_stored(Source::Stdin, stored, &mut seen);
    (seen, result)
}

/// Reads a file that must be whole.
pub(super) fn read_whole(file: &[u8]) -> Seen {
    let (seen, result) = read(file);
    result.unwrap_or_else(|error| panic!("{error}"));
    seen
}
