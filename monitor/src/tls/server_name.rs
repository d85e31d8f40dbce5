//! The name of the server that a client asks for.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use super::reader::Reader;
use super::text;

/// The HostName of a server_name extension (RFC 6066 section 3), byte for byte as sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerName {
    bytes: SmallVec<[u8; 48]>,
    len: u16,
}

impl ServerName {
    /// How many bytes of a name are kept. A DNS name has at most 253 (RFC 1035 section 2.3.4).
    pub const MAX: usize = 255;

    /// NameType host_name, the only one that was ever defined.
    const HOST_NAME: u8 = 0;

    /// Reads the content of the extension: the first host_name of its list. `None` when the list breaks off, or has none.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut list = Reader::new(Reader::new(content).vec16()?);
        let mut found = None;
        while !list.is_empty() {
            let kind = list.u8()?;
            let name = list.vec16()?;
            if kind == Self::HOST_NAME && found.is_none() {
                found = Self::new(name);
            }
        }
        found
    }

    fn new(name: &[u8]) -> Option<Self> {
        let len = u16::try_from(name.len()).ok().filter(|&len| len > 0)?;
        let kept = name.get(..Self::MAX).unwrap_or(name);
        Some(Self {
            bytes: SmallVec::from_slice(kept),
            len,
        })
    }

    /// The bytes that were kept: all of them, unless the name is longer than [`Self::MAX`].
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes the name had on the wire.
    pub const fn wire_len(&self) -> u16 {
        self.len
    }

    /// The name, escaped by [`text::printable`]; `...` at the end when it is not whole.
    pub fn shown(&self) -> Cow<'_, str> {
        let shown = text::printable(&self.bytes);
        if self.is_whole() {
            shown
        } else {
            format!("{shown}...").into()
        }
    }

    /// No byte was left out.
    pub fn is_whole(&self) -> bool {
        self.bytes.len() == usize::from(self.len)
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(names: &[(u8, &[u8])]) -> Vec<u8> {
        let mut list = Vec::new();
        for (kind, name) in names {
            list.push(*kind);
            list.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
            list.extend(*name);
        }
        let mut content = u16::try_from(list.len()).unwrap().to_be_bytes().to_vec();
        content.extend(list);
        content
    }

    #[test]
    fn the_first_host_name_counts() {
        let name =
            ServerName::read(&content(&[(7, b"x"), (0, b"a.test"), (0, b"b.test")])).unwrap();
        assert_eq!(name.as_bytes(), b"a.test");
        assert!(name.is_whole());
    }

    #[test]
    fn no_name_is_made_up_from_a_list_that_breaks() {
        let whole = content(&[(0, b"a.test"), (0, b"b.test")]);
        for cut in 0..whole.len() {
            assert_eq!(ServerName::read(&whole[..cut]), None, "cut at {cut}");
        }
        assert_eq!(
            ServerName::read(&[0, 5, 0, 0, 9, b'a', b'b']),
            None,
            "name longer than its list"
        );
        assert_eq!(
            ServerName::read(&content(&[(0, b"")])),
            None,
            "HostName<1..2^16-1>"
        );
    }

    #[test]
    fn bytes_after_the_list_are_ignored() {
        let mut content = content(&[(0, b"a.test")]);
        content.push(0xff);
        assert_eq!(ServerName::read(&content).unwrap().to_string(), "a.test");
    }

    #[test]
    fn a_name_from_hell_is_bounded_and_escaped() {
        let name = ServerName::read(&content(&[(0, &b"\n".repeat(60_000))])).unwrap();
        assert_eq!(name.as_bytes().len(), ServerName::MAX);
        assert_eq!(name.wire_len(), 60_000);
        assert!(name.to_string().starts_with(r"\x0a\x0a") && name.to_string().ends_with("..."));
    }
}
