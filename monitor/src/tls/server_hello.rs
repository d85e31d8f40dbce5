//! What a server chooses.

use std::sync::Arc;

use tls_parser::{TlsServerHelloContents, parse_tls_handshake_server_hello};

use super::client_hello::ClientHello;
use super::extension::{self, Extension, ExtensionType, Few, Protocols, ServerDetails, U16s};
use super::malformed::Malformed;
use super::message;
use super::reader::Reader;
use super::session_id::SessionId;
use super::version::Version;

/// A ServerHello (RFC 8446 section 4.1.3), or a HelloRetryRequest in its guise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerHello {
    /// The version field: the version chosen when there is no supported_versions.
    pub legacy_version: Version,
    /// 32 bytes; for a HelloRetryRequest always the same.
    pub random: [u8; 32],
    /// Of the session that is resumed or that may be (TLS 1.2 and before), or an echo without meaning.
    pub session_id: SessionId,
    /// The cipher suite chosen.
    pub cipher_suite: u16,
    /// The types of all extensions in wire order.
    pub extensions: U16s,
    /// The types of extensions whose content could not be read. What they would have said is left out below.
    pub unreadable: Few,
    /// supported_versions; [`Self::version`] is what to look at.
    pub selected_version: Option<u16>,
    /// The group of key_share: the one used, or in a HelloRetryRequest the one asked for. TLS 1.2 names its group elsewhere.
    pub group: Option<u16>,
    /// The application protocol chosen. TLS 1.3 says it encrypted.
    pub alpn: Protocols,
    /// pre_shared_key was sent: the session is resumed.
    pub psk: bool,
    /// What else it says.
    pub details: ServerDetails,
    /// The length of the handshake message with its header, in bytes.
    pub len: u32,
}

impl ServerHello {
    /// The random of a HelloRetryRequest (RFC 8446 section 4.1.3).
    const RETRY: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];

    /// Reads the content of a handshake message of type server_hello. A report shares it with the handshake that it is of.
    pub fn parse(body: &[u8]) -> Result<Arc<Self>, Malformed> {
        let version = Reader::new(body).u16().ok_or(Malformed::ServerHello)?;
        let (mut shared, block) = match version {
            0x0300..=0x0303 => Self::released(body)?,
            _ => Self::unreleased(body)?,
        };
        let hello = Arc::make_mut(&mut shared);
        let mut block = Reader::new(block);
        while let Some(extension) = Extension::next(&mut block)? {
            hello.extensions.push(extension.kind.0);
            let known = hello.extension(&extension);
            let detail = hello.details.read(&extension);
            if known.and(detail).is_none() {
                hello.unreadable.push(extension.kind.0);
            }
        }
        Ok(shared)
    }

    /// It asks the client for another ClientHello.
    pub fn is_hello_retry_request(&self) -> bool {
        self.random == Self::RETRY
    }

    /// The version chosen.
    pub fn version(&self) -> Version {
        self.selected_version.map_or(self.legacy_version, Version)
    }

    /// It has the session id that `client` sent. Before TLS 1.3 that resumes a session (RFC 5246 section 7.4.1.3).
    pub fn echoes_session_id(&self, client: &ClientHello) -> bool {
        !self.session_id.is_empty() && self.session_id == client.session_id
    }

    /// The format of every RFC, SSL 3.0 to TLS 1.3.
    fn released(body: &[u8]) -> Result<(Arc<Self>, &[u8]), Malformed> {
        let (unread, fixed) = parse_tls_handshake_server_hello(body)
            .ok()
            .ok_or(Malformed::ServerHello)?;
        let block = extension::block(fixed.ext, unread)?;
        let mut hello = Self::from_fixed(&fixed, body.len()).ok_or(Malformed::ServerHello)?;
        Arc::make_mut(&mut hello).details.compression = Some(fixed.compression.0);
        Ok((hello, block))
    }

    /// The format of the TLS 1.3 drafts before 22, which tls-parser knows of draft 18 only, and of versions to come, as far
    /// as they keep to it.
    fn unreleased(body: &[u8]) -> Result<(Arc<Self>, &[u8]), Malformed> {
        let mut reader = Reader::new(body);
        let hello = Self::read_unreleased(&mut reader, body.len()).ok_or(Malformed::ServerHello)?;
        let block = extension::block(None, reader.rest())?;
        Ok((hello, block))
    }

    fn read_unreleased(reader: &mut Reader<'_>, len: usize) -> Option<Arc<Self>> {
        let version = Version(reader.u16()?);
        let random = reader.array::<32>()?;
        // They had neither session id nor compression method, and the first of them called themselves TLS 1.3.
        let is_draft = version.is_tls13();
        let session_id = if is_draft { &[] } else { reader.vec8()? };
        let cipher_suite = reader.u16()?;
        if !is_draft {
            reader.u8()?;
        }
        Self::new(version, random, session_id, cipher_suite, len)
    }

    fn from_fixed(fixed: &TlsServerHelloContents<'_>, len: usize) -> Option<Arc<Self>> {
        let random = fixed.random.try_into().ok()?;
        let session_id = fixed.session_id.unwrap_or_default();
        Self::new(
            Version(fixed.version.0),
            random,
            session_id,
            fixed.cipher.0,
            len,
        )
    }

    fn new(
        legacy_version: Version,
        random: [u8; 32],
        session_id: &[u8],
        cipher_suite: u16,
        len: usize,
    ) -> Option<Arc<Self>> {
        Some(Arc::new(Self {
            legacy_version,
            random,
            session_id: SessionId::new(session_id)?,
            cipher_suite,
            extensions: U16s::new(),
            unreadable: Few::new(),
            selected_version: None,
            group: None,
            alpn: Protocols::default(),
            psk: false,
            details: ServerDetails::default(),
            len: u32::try_from(len.checked_add(message::HEADER)?).ok()?,
        }))
    }

    /// Takes over what an extension says. `None` when its content cannot be read.
    fn extension(&mut self, extension: &Extension<'_>) -> Option<()> {
        let content = extension.content;
        match extension.kind {
            ExtensionType::ALPN => self.alpn = Protocols::read(content)?,
            ExtensionType::KEY_SHARE | ExtensionType::DRAFT_KEY_SHARE => {
                self.group = Some(Reader::new(content).u16()?);
            }
            ExtensionType::PRE_SHARED_KEY => self.psk = true,
            ExtensionType::SUPPORTED_VERSIONS => {
                self.selected_version = Some(Reader::new(content).u16()?);
            }
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
