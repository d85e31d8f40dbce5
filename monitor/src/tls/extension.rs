//! The extensions of a hello (RFC 8446 section 4.2).

use std::fmt;

use smallvec::SmallVec;
use tls_parser::parse_tls_client_hello_extension;

use super::malformed::Malformed;
use super::reader::Reader;
use super::{names, text};

mod client;
mod ech;
mod list;
mod psk;
mod quic;
mod server;
#[cfg(test)]
mod tests;

pub use client::ClientDetails;
pub use ech::{EncryptedHello, OuterHello};
pub use list::Few;
pub use psk::PskOffer;
pub use server::ServerDetails;

/// Code points in wire order, without heap memory for what ordinary hellos carry.
pub type U16s = SmallVec<[u16; 32]>;

/// The type of an extension, known or not (IANA registry TLS ExtensionType Values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtensionType(pub u16);

impl ExtensionType {
    /// RFC 6066 section 3.
    pub const SERVER_NAME: Self = Self(0);
    /// RFC 6066 section 4.
    pub const MAX_FRAGMENT_LENGTH: Self = Self(1);
    /// RFC 6066 section 8.
    pub const STATUS_REQUEST: Self = Self(5);
    /// RFC 8446 section 4.2.7.
    pub const SUPPORTED_GROUPS: Self = Self(10);
    /// RFC 8422 section 5.1.2.
    pub const EC_POINT_FORMATS: Self = Self(11);
    /// RFC 8446 section 4.2.3.
    pub const SIGNATURE_ALGORITHMS: Self = Self(13);
    /// RFC 6520.
    pub const HEARTBEAT: Self = Self(15);
    /// RFC 7301.
    pub const ALPN: Self = Self(16);
    /// RFC 6961.
    pub const STATUS_REQUEST_V2: Self = Self(17);
    /// RFC 6962.
    pub const SIGNED_CERTIFICATE_TIMESTAMP: Self = Self(18);
    /// RFC 7685.
    pub const PADDING: Self = Self(21);
    /// RFC 7366.
    pub const ENCRYPT_THEN_MAC: Self = Self(22);
    /// RFC 7627.
    pub const EXTENDED_MASTER_SECRET: Self = Self(23);
    /// RFC 8879.
    pub const COMPRESS_CERTIFICATE: Self = Self(27);
    /// RFC 8449.
    pub const RECORD_SIZE_LIMIT: Self = Self(28);
    /// RFC 9345.
    pub const DELEGATED_CREDENTIAL: Self = Self(34);
    /// RFC 5077.
    pub const SESSION_TICKET: Self = Self(35);
    /// RFC 8446 section 4.2.8 as numbered up to draft 22.
    pub const DRAFT_KEY_SHARE: Self = Self(40);
    /// RFC 8446 section 4.2.11.
    pub const PRE_SHARED_KEY: Self = Self(41);
    /// RFC 8446 section 4.2.10.
    pub const EARLY_DATA: Self = Self(42);
    /// RFC 8446 section 4.2.1.
    pub const SUPPORTED_VERSIONS: Self = Self(43);
    /// psk_key_exchange_modes (RFC 8446 section 4.2.9).
    pub const PSK_KEY_EXCHANGE_MODES: Self = Self(45);
    /// RFC 8446 section 4.2.2.
    pub const COOKIE: Self = Self(44);
    /// RFC 8446 section 4.2.4.
    pub const CERTIFICATE_AUTHORITIES: Self = Self(47);
    /// RFC 8446 section 4.2.3.
    pub const SIGNATURE_ALGORITHMS_CERT: Self = Self(50);
    /// RFC 8446 section 4.2.8.
    pub const KEY_SHARE: Self = Self(51);
    /// RFC 9001 section 8.2.
    pub const QUIC_TRANSPORT_PARAMETERS: Self = Self(57);
    /// draft-agl-tls-nextprotoneg.
    pub const NEXT_PROTOCOL_NEGOTIATION: Self = Self(13_172);
    /// draft-vvv-tls-alps with its first number.
    pub const DRAFT_APPLICATION_SETTINGS: Self = Self(17_513);
    /// draft-vvv-tls-alps.
    pub const APPLICATION_SETTINGS: Self = Self(17_613);
    /// draft-balfanz-tls-channelid.
    pub const CHANNEL_ID: Self = Self(30_032);
    /// RFC 9849 section 5.
    pub const ENCRYPTED_CLIENT_HELLO: Self = Self(0xfe0d);
    /// RFC 5746.
    pub const RENEGOTIATION_INFO: Self = Self(0xff01);
    /// RFC 9001 section 8.2 as numbered up to draft 32.
    pub const DRAFT_QUIC_TRANSPORT_PARAMETERS: Self = Self(0xffa5);
}

impl fmt::Display for ExtensionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match names::extension(self.0) {
            Some(name) => f.pad(name),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

/// One extension of a hello.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension<'a> {
    pub(super) kind: ExtensionType,
    pub(super) content: &'a [u8],
    /// Type, length and content, as tls-parser wants it, and what comes behind.
    pub(super) whole: &'a [u8],
}

impl<'a> Extension<'a> {
    /// The next one of a block of extensions, which must be used up to its last byte.
    pub(super) fn next(block: &mut Reader<'a>) -> Result<Option<Self>, Malformed> {
        if block.is_empty() {
            return Ok(None);
        }
        Self::read(block).map(Some).ok_or(Malformed::Extensions)
    }

    /// Whether tls-parser can read it in a ClientHello.
    fn is_readable(&self) -> bool {
        parse_tls_client_hello_extension(self.whole).is_ok()
    }

    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        Some(Self {
            whole: reader.rest(),
            kind: ExtensionType(reader.u16()?),
            content: reader.vec16()?,
        })
    }
}

/// The block of extensions behind a hello's fixed part: as tls-parser found it, else what it left unread. A hello may end
/// without one (RFC 5246 section 7.4.1.4); bytes behind the block are ignored.
pub(super) fn block<'a>(found: Option<&'a [u8]>, unread: &'a [u8]) -> Result<&'a [u8], Malformed> {
    match found {
        Some(block) => Ok(block),
        None if unread.is_empty() => Ok(&[]),
        None => Reader::new(unread).vec16().ok_or(Malformed::Extensions),
    }
}

/// Takes over the versions of a ClientHello's supported_versions.
pub(super) fn versions(content: &[u8], into: &mut Few) -> Option<()> {
    list::numbers(Reader::new(content).vec8()?, into)
}

/// Takes over a list of numbers with its length in two bytes before it, as in supported_groups and signature_algorithms.
pub(super) fn numbers(content: &[u8], into: &mut U16s) -> Option<()> {
    list::numbers(Reader::new(content).vec16()?, into)
}

/// The groups of a ClientHello's key_share, and the lengths of the key exchanges, of which the first [`list::MAX`] are kept.
pub(super) fn key_shares(content: &[u8]) -> Option<(Few, Few)> {
    let mut list = Reader::new(Reader::new(content).vec16()?);
    let (mut groups, mut sizes) = (Few::new(), Few::new());
    while !list.is_empty() {
        groups.push(list.u16()?);
        let size = list::len(list.vec16()?);
        if sizes.len() < list::MAX {
            sizes.push(size);
        }
    }
    Some((groups, sizes))
}

/// A list of application protocols (RFC 7301 section 3.1), in wire order and byte for byte as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protocols {
    /// Names with a length of one byte before each, as on the wire: no allocation per name, however many there are.
    list: SmallVec<[u8; 32]>,
}

impl Protocols {
    /// Reads the content of the extension. `None` when the list breaks off.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        Self::read_bare(Reader::new(content).vec16()?)
    }

    /// Reads a list without a length before it. `None` when it breaks off.
    fn read_bare(list: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(list);
        while !reader.is_empty() {
            reader.vec8()?;
        }
        let list = SmallVec::from_slice(list);
        Some(Self { list })
    }

    /// The names, as sent.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut reader = Reader::new(&self.list);
        std::iter::from_fn(move || reader.vec8())
    }

    /// The first name: the client's favourite, the server's choice.
    pub fn first(&self) -> Option<&[u8]> {
        self.iter().next()
    }

    /// No protocol was named.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl fmt::Display for Protocols {
    /// The names, escaped by [`text::printable`], with commas between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            f.write_str(&text::printable(name))?;
        }
        Ok(())
    }
}
