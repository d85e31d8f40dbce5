//! What sources tell the model.

use std::sync::Arc;

use crate::frame::Frame;

/// Which source: its place in the list of them.
pub(crate) type SourceId = usize;

/// What a source tells.
#[derive(Debug)]
pub(crate) enum News {
    /// A line of the stream.
    Line(SourceId, String),
    /// How it stands with a source.
    State(SourceId, State),
    /// A source that is new, and what it is called.
    Joined(SourceId, String),
    /// Why it is not known which sources there are now.
    Unlisted(String),
    /// The packets of the handshake that were asked for.
    Packets(String, Found),
    /// The packets were saved, or why not.
    Saved(Result<String, String>),
}

/// How it stands with a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing has been heard yet.
    Connecting,
    /// A file is being read: bytes, and how many there are.
    Reading(u64, Option<u64>),
    /// The stream is open.
    Live,
    /// The file was read to its end.
    Done,
    /// It stopped, and is tried again so many seconds later.
    Lost(String, u64),
    /// It is not there any more, and another may come in its place.
    Gone,
    /// It stopped for good.
    Failed(String),
}

impl State {
    /// Whether something is wrong.
    pub(crate) const fn is_bad(&self) -> bool {
        matches!(self, Self::Lost(..) | Self::Failed(_))
    }
}

/// Packets of one handshake, or why there are none.
pub(crate) type Found = Result<Arc<[Packet]>, String>;

/// A packet that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    /// As [`Frame::time`].
    pub(crate) time: crate::frame::Timestamp,
    /// The name of the interface that it passed.
    pub(crate) interface: Arc<str>,
    /// As [`Frame::direction`].
    pub(crate) direction: crate::frame::Direction,
    /// As [`Frame::wire_len`].
    pub(crate) wire_len: u32,
    /// As [`Frame::network`].
    pub(crate) network: Box<[u8]>,
}

impl Packet {
    /// The frame that it was.
    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame {
            time: self.time,
            interface: crate::frame::InterfaceId::default(),
            direction: self.direction,
            wire_len: self.wire_len,
            network: &self.network,
        }
    }
}
