//! QUIC as someone sees it who only watches: what a UDP datagram holds, and the Initial packets in it opened.
//!
//! ```text
//! datagram --> Packets --> Initial --> Keys::open --> Frames --> Ack, Crypto, Close
//!              headers     long        RFC 9001       RFC 9000
//!                 |
//!                 '--> Handshake, ZeroRtt, OneRtt: counted, for nobody but the two ends can open them
//! ```
//!
//! The keys of Initial packets follow from a connection ID that the client sends in the clear (RFC 9001 section 5.2), so
//! anyone on the path can open them: that is where ClientHello and ServerHello are. Versions 1 (RFC 9000), 2 (RFC 9369) and
//! the late drafts of version 1 are read, and those of Google's own that carry TLS; the rest is left alone.

mod connection_id;
mod frames;
mod keys;
mod packets;
mod protection;
mod retry;
mod varint;
mod version;

#[cfg(any(test, fuzzing))]
mod seal;
#[cfg(test)]
mod tests;

pub use connection_id::ConnectionId;
pub use frames::{Frame, Frames};
pub use keys::{Keys, Sender};
pub use packets::{Head, Initial, Packet, Packets, opens_connection};
pub use protection::Opened;
pub use retry::{RETRY_TAG, retry_tag};
pub(crate) use varint::Cursor;
pub use version::Version;
