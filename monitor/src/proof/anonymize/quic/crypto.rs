//! The handshake messages of one side, put together from its CRYPTO frames.

use std::ops::Range;

use crate::proof::anonymize::{Key, messages};
use crate::proof::redact::Stream;

/// What a side said. Where it began anew, as after a Version Negotiation, that is a stream of its own.
#[derive(Default)]
pub(super) struct Crypto {
    streams: Vec<Stream>,
}

/// The data of a CRYPTO frame.
pub(super) struct Piece {
    /// Where in the payload of its packet.
    pub(super) place: Range<usize>,
    /// In which stream, and where there; none where it is not followed that far.
    said: Option<(usize, usize)>,
}

impl Crypto {
    pub(super) fn take(&mut self, offset: u64, data: &[u8], place: Range<usize>) -> Piece {
        let said = usize::try_from(offset)
            .ok()
            .and_then(|at| self.put(at, data));
        Piece { place, said }
    }

    fn put(&mut self, at: usize, data: &[u8]) -> Option<(usize, usize)> {
        let agrees = self
            .streams
            .last()
            .is_some_and(|last| last.agrees(at, data));
        if !agrees {
            self.streams.push(Stream::default());
        }
        let is_taken = self.streams.last_mut()?.put(at, data);
        is_taken.then_some((self.streams.len() - 1, at))
    }

    /// The same streams about others.
    pub(super) fn replaced(&self, key: &Key) -> Vec<Vec<u8>> {
        let replaced = |stream: &Stream| {
            let mut bytes = stream.bytes.clone();
            messages::replace(&mut bytes, &stream.here, key);
            bytes
        };
        self.streams.iter().map(replaced).collect()
    }
}

impl Piece {
    /// What it says in the streams that were replaced.
    pub(super) fn said_in<'a>(&self, streams: &'a [Vec<u8>]) -> Option<&'a [u8]> {
        let (stream, at) = self.said?;
        streams.get(stream)?.get(at..at + self.place.len())
    }
}
