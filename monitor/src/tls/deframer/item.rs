//! What the bytes of a stream turn out to be.

use crate::tls::malformed::Malformed;
use crate::tls::message::{self, HandshakeType, Message};
use crate::tls::version::Version;

/// What a stream turns out to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole handshake message in plaintext, however it was cut into records.
    Handshake {
        /// Its type.
        kind: HandshakeType,
        /// Its content, without the header of four bytes.
        body: &'a [u8],
        /// Its length with that header.
        len: u32,
    },
    /// An alert in plaintext.
    Alert {
        /// AlertLevel.
        level: u8,
        /// AlertDescription.
        description: u8,
    },
    /// A ChangeCipherSpec; in TLS 1.3 a dummy (RFC 8446 appendix D.4).
    ChangeCipherSpec,
    /// A record with encrypted content: told when its header has been seen, its content is passed over.
    Protected {
        /// The type in the record's header.
        content_type: u8,
        /// The length of its body.
        len: u16,
    },
    /// A ClientHello in the format of SSL 2.0 (RFC 5246 appendix E.2): it has no extensions, so no server name.
    Ssl2ClientHello {
        /// The highest version offered.
        version: Version,
        /// The length of the message.
        len: u16,
    },
    /// The stream does not begin as TLS does. Nothing follows.
    NotTls {
        /// Its first bytes, as far as they have come; see [`Deframer::opening`](super::Deframer::opening) for later.
        first: &'a [u8],
    },
    /// From here on the stream makes no sense. Nothing follows.
    Malformed(Malformed),
}

/// Takes the items as they are found.
pub(super) type Visit<'v> = &'v mut dyn FnMut(Item<'_>);

impl<'a> From<Message<'a>> for Item<'a> {
    fn from(message: Message<'a>) -> Self {
        let Message { kind, body } = message;
        let len = u32::try_from(body.len().saturating_add(message::HEADER)).unwrap_or(u32::MAX);
        Self::Handshake { kind, body, len }
    }
}
