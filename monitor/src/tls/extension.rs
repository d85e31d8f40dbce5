//! The extensions of a hello (RFC 8446 section 4.2).

use std::fmt;

use smallvec::SmallVec;

use super::malformed::Malformed;
use super::reader::Reader;
use super::{names, text};

/// Code points in wire order, without heap memory for what ordinary hellos carry.
pub type U16s = SmallVec<[u16; 32]>;

/// The type of an extension, known or not (IANA registry TLS ExtensionType Values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtensionType(pub u16);

impl ExtensionType {
    /// RFC 6066 section 3.
    pub const SERVER_NAME: Self = Self(0);
    /// RFC 8446 section 4.2.7.
    pub const SUPPORTED_GROUPS: Self = Self(10);
    /// RFC 8446 section 4.2.3.
    pub const SIGNATURE_ALGORITHMS: Self = Self(13);
    /// RFC 7301.
    pub const ALPN: Self = Self(16);
    /// RFC 8446 section 4.2.8 as numbered up to draft 22.
    pub const DRAFT_KEY_SHARE: Self = Self(40);
    /// RFC 8446 section 4.2.11.
    pub const PRE_SHARED_KEY: Self = Self(41);
    /// RFC 8446 section 4.2.10.
    pub const EARLY_DATA: Self = Self(42);
    /// RFC 8446 section 4.2.1.
    pub const SUPPORTED_VERSIONS: Self = Self(43);
    /// RFC 8446 section 4.2.2.
    pub const COOKIE: Self = Self(44);
    /// RFC 8446 section 4.2.8.
    pub const KEY_SHARE: Self = Self(51);
    /// RFC 9849 section 5.
    pub const ENCRYPTED_CLIENT_HELLO: Self = Self(0xfe0d);
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
    /// Type, length and content, as tls-parser wants it.
    pub(super) whole: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Splits a block of extensions, which must be used up to its last byte.
    pub(super) fn split(block: &'a [u8]) -> Result<SmallVec<[Self; 24]>, Malformed> {
        let mut reader = Reader::new(block);
        let mut extensions = SmallVec::new();
        while !reader.is_empty() {
            extensions.push(Self::read(&mut reader).ok_or(Malformed::Extensions)?);
        }
        Ok(extensions)
    }

    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let start = reader.rest();
        let kind = ExtensionType(reader.u16()?);
        let content = reader.vec16()?;
        let whole = start.get(..start.len().checked_sub(reader.rest().len())?)?;
        Some(Self {
            kind,
            content,
            whole,
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

/// The versions of a ClientHello's supported_versions.
pub(super) fn versions(content: &[u8]) -> Option<U16s> {
    let mut list = Reader::new(Reader::new(content).vec8()?);
    let mut versions = U16s::new();
    while !list.is_empty() {
        versions.push(list.u16()?);
    }
    Some(versions)
}

/// A list of numbers with its length in two bytes before it, as in supported_groups and signature_algorithms.
pub(super) fn numbers(content: &[u8]) -> Option<U16s> {
    let list = Reader::new(content).vec16()?;
    let (pairs, rest) = list.as_chunks();
    let numbers = pairs.iter().copied().map(u16::from_be_bytes);
    rest.is_empty().then(|| numbers.collect())
}

/// The groups of a ClientHello's key_share.
pub(super) fn key_shares(content: &[u8]) -> Option<U16s> {
    let mut list = Reader::new(Reader::new(content).vec16()?);
    let mut groups = U16s::new();
    while !list.is_empty() {
        groups.push(list.u16()?);
        list.vec16()?;
    }
    Some(groups)
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
        let list = Reader::new(content).vec16()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_keep_wire_order_with_grease_and_duplicates() {
        let block = [
            0x2a, 0x2a, 0, 0, 0, 16, 0, 1, 9, 0, 0, 0, 0, 0x2a, 0x2a, 0, 0,
        ];
        let types: Vec<u16> = Extension::split(&block)
            .unwrap()
            .iter()
            .map(|ext| ext.kind.0)
            .collect();
        assert_eq!(types, [0x2a2a, 16, 0, 0x2a2a]);
    }

    #[test]
    fn a_block_that_breaks_off_gives_nothing() {
        let block = [0, 16, 0, 1, 9, 0, 23, 0, 0];
        for cut in (1..block.len()).filter(|&cut| cut != 5) {
            assert_eq!(
                Extension::split(&block[..cut]).err(),
                Some(Malformed::Extensions),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn lists_that_lie_about_their_length_give_nothing() {
        assert_eq!(versions(&[4, 3, 4]), None);
        assert_eq!(versions(&[3, 3, 4, 3]), None);
        assert_eq!(key_shares(&[0, 5, 0, 29, 0, 9, 1]), None);
        assert_eq!(Protocols::read(&[0, 5, 2, b'h', b'2', 8, b'h']), None);
        assert_eq!(Protocols::read(&[]), None);
    }

    #[test]
    fn bytes_behind_a_list_are_ignored() {
        assert_eq!(versions(&[2, 3, 4, 0xff]).unwrap()[..], [0x0304]);
        assert_eq!(key_shares(&[0, 5, 0, 29, 0, 1, 7, 0xff]).unwrap()[..], [29]);
        assert_eq!(
            Protocols::read(&[0, 3, 2, b'h', b'2', 0xff])
                .unwrap()
                .first(),
            Some(&b"h2"[..])
        );
    }

    #[test]
    fn protocols_print_escaped() {
        let protocols = Protocols::read(&[0, 6, 2, b'h', b'2', 2, 0x0a, 0x0a]).unwrap();
        assert_eq!(protocols.to_string(), r"h2,\x0a\x0a");
    }
}
