//! One big buffer over the bytes of a capture, which knows where in the capture it stands.

use std::io::{self, Read};

use super::{Damage, ReadError, Source};

/// How much is asked of the system at once: enough to make calls rare, little enough to stay in the processor's cache.
const CHUNK: usize = 64 * 1024;

/// The bytes of a capture, from where reading stands.
///
/// ```text
///            consumed     at hand      space to read into
/// buffer  [.............|============|...................]
///                       start        end
///         offset in the capture
/// ```
pub(super) struct Input<'p> {
    source: Source,
    may_wait: bool,
    reader: Box<dyn Read + 'p>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

impl<'p> Input<'p> {
    pub(super) fn new(source: Source, reader: Box<dyn Read + 'p>) -> Self {
        Self {
            may_wait: source.may_wait(),
            source,
            reader,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Whether to read more may take a while.
    pub(super) const fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// What has been read and not yet consumed.
    pub(super) fn at_hand(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Steps over bytes at hand.
    pub(super) fn consume(&mut self, length: usize) {
        let length = length.min(self.end - self.start);
        self.start += length;
        self.offset += length as u64;
    }

    /// Reads until `length` bytes are at hand. False when the capture ended and nothing of it is left; where something is left, it is torn.
    pub(super) fn have(&mut self, length: usize) -> Result<bool, ReadError> {
        self.make_room(length);
        while self.end - self.start < length {
            match self.read_some(length)? {
                0 if self.start == self.end => return Ok(false),
                0 => return Err(self.torn(length)),
                count => self.end += count,
            }
        }
        Ok(true)
    }

    /// The first bytes: what tells one format from another.
    pub(super) fn head(&mut self) -> Result<[u8; 4], ReadError> {
        while self.end - self.start < 4 {
            match self.read_some(4)? {
                0 => return Err(self.too_short()),
                count => self.end += count,
            }
        }
        Ok(self.at_hand().first_chunk().copied().unwrap_or_default())
    }

    /// Moves what is at hand to the front of a buffer that has space for `length` bytes and more.
    fn make_room(&mut self, length: usize) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let size = length.next_multiple_of(CHUNK);
        if size > self.buffer.len() {
            self.buffer.resize(size, 0);
        }
    }

    /// Zero at the end.
    fn read_some(&mut self, wanted: usize) -> Result<usize, ReadError> {
        let space = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.reader.read(space) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                // Compressed data ended too early. A file that is not compressed just ends.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(self.torn(wanted));
                }
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    fn too_short(&self) -> ReadError {
        if self.start == self.end {
            return ReadError::Empty {
                input: self.source.clone(),
            };
        }
        self.not_a_capture(self.at_hand())
    }

    /// What the capture starts with is no capture.
    pub(super) fn not_a_capture(&self, head: impl AsRef<[u8]>) -> ReadError {
        ReadError::NotACapture {
            input: self.source.clone(),
            found: describe(head.as_ref()),
        }
    }

    /// No record can be read from here on.
    pub(super) fn damaged(&self, damage: Damage) -> ReadError {
        let (input, offset) = (self.source.clone(), self.offset);
        match damage {
            Damage::TooLarge(size) => ReadError::TooLarge {
                input,
                offset,
                size,
            },
            Damage::Malformed(reason) => ReadError::Damaged {
                input,
                offset,
                reason,
            },
        }
    }

    fn torn(&self, need: usize) -> ReadError {
        ReadError::Torn {
            input: self.source.clone(),
            offset: self.offset,
            have: self.end - self.start,
            need,
        }
    }

    fn failed(&self, cause: io::Error) -> ReadError {
        ReadError::Io {
            input: self.source.clone(),
            offset: self.offset + (self.end - self.start) as u64,
            cause,
        }
    }
}

/// What some other kinds of file start with.
const OTHERS: [(&[u8], &str); 7] = [
    (b"\xfd7zX", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"PK\x03\x04", "a zip file"),
    (b"snoo", "a snoop capture"),
    (b"\x7fELF", "a program"),
    (b"<?xm", "an XML file"),
];

/// Names a kind of file by its first bytes, or shows them.
fn describe(head: &[u8]) -> String {
    use std::fmt::Write as _;

    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return format!("the magic of {name}");
    }
    let mut text = String::from("the bytes");
    for byte in head {
        // Writing to a string cannot fail.
        let _ = write!(text, " {byte:02x}");
    }
    text
}
