//! The frames that an Initial packet may carry (RFC 9000 sections 12.4 and 19).

use super::varint::Cursor;
use super::version::Version;

const PADDING: u64 = 0;
const PING: u64 = 1;
const ACK: u64 = 2;
const ACK_ECN: u64 = 3;
const CRYPTO: u64 = 6;
const CONNECTION_CLOSE: u64 = 0x1c;

/// In Google's versions; their other frames have another form, and say nothing that is needed here.
const GOOGLE_PING: u64 = 7;
const GOOGLE_CRYPTO: u64 = 8;

/// A frame that says something about the handshake; PADDING and PING say nothing and are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The other side's Initial packets arrived, some at least.
    Ack,
    /// A piece of the TLS handshake.
    Crypto {
        /// Its place in the stream of handshake messages.
        offset: u64,
        /// Its bytes.
        data: &'a [u8],
    },
    /// The sender gives the connection up.
    Close {
        /// The error code (RFC 9000 section 20.1): 0x0100 and an alert's code for a TLS alert.
        error: u64,
        /// What it says of it, for people.
        reason: &'a [u8],
    },
}

/// The frames of a packet, in order. Ends at what cannot be read or does not belong in an Initial packet.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    cursor: Cursor<'a>,
    /// What stands behind the last frame that was told.
    behind: &'a [u8],
    is_google: bool,
}

impl<'a> Frames<'a> {
    /// The frames in the payload of an opened packet.
    pub(super) const fn new(version: Version, payload: &'a [u8]) -> Self {
        Self {
            cursor: Cursor::new(payload),
            behind: payload,
            is_google: version.is_google(),
        }
    }

    /// What stands behind the last frame that was told: at the end PADDING, and what cannot be read.
    pub const fn rest(&self) -> &'a [u8] {
        self.behind
    }

    fn read(&mut self) -> Option<Frame<'a>> {
        loop {
            return match self.cursor.varint()? {
                PADDING => continue,
                GOOGLE_PING if self.is_google => continue,
                GOOGLE_CRYPTO if self.is_google => self.crypto(),
                _ if self.is_google => None,
                PING => continue,
                ACK => self.ack(0),
                ACK_ECN => self.ack(3),
                CRYPTO => self.crypto(),
                CONNECTION_CLOSE => self.close(),
                _ => None,
            };
        }
    }

    /// Largest, delay, count of ranges, first range; a gap and a range each; then the counters.
    fn ack(&mut self, counters: u64) -> Option<Frame<'a>> {
        let (_largest, _delay) = (self.cursor.varint()?, self.cursor.varint()?);
        let ranges = self.cursor.varint()?;
        let left = ranges
            .checked_mul(2)?
            .checked_add(1)?
            .checked_add(counters)?;
        for _ in 0..left {
            self.cursor.varint()?;
        }
        Some(Frame::Ack)
    }

    fn crypto(&mut self) -> Option<Frame<'a>> {
        Some(Frame::Crypto {
            offset: self.cursor.varint()?,
            data: self.cursor.block()?,
        })
    }

    fn close(&mut self) -> Option<Frame<'a>> {
        let error = self.cursor.varint()?;
        let _frame_type = self.cursor.varint()?;
        let reason = self.cursor.block()?;
        Some(Frame::Close { error, reason })
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        let frame = self.read();
        self.cursor = match frame {
            Some(_) => {
                self.behind = self.cursor.rest();
                Cursor::new(self.behind)
            }
            None => Cursor::new(&[]),
        };
        frame
    }
}
