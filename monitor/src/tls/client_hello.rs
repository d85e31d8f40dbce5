//! What a client offers.

use std::sync::Arc;

use smallvec::SmallVec;
use tls_parser::{TlsClientHelloContents, parse_tls_handshake_client_hello};

use super::extension::{self, ClientDetails, Extension, ExtensionType, Few, Protocols, U16s};
use super::malformed::Malformed;
use super::message;
use super::reader::Reader;
use super::server_name::ServerName;
use super::session_id::SessionId;
use super::version::Version;

/// A ClientHello (RFC 8446 section 4.1.2). All lists are in wire order and have GREASE and unknown values in them.
///
/// When an extension comes twice, which no RFC allows, the last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHello {
    /// The version field: the highest version offered when there is no supported_versions.
    pub legacy_version: Version,
    /// 32 bytes that no other ClientHello has.
    pub random: [u8; 32],
    /// The session id: of a session to resume, or made up (RFC 8446 appendix D.4).
    pub session_id: SessionId,
    /// Cipher suites.
    pub cipher_suites: U16s,
    /// Compression methods.
    pub compression: SmallVec<[u8; 8]>,
    /// The types of all extensions.
    pub extensions: U16s,
    /// The types of extensions whose content could not be read. What they would have said is left out below.
    pub unreadable: Few,
    /// server_name; `extensions` and `unreadable` tell "not sent" from "not readable".
    pub server_name: Option<ServerName>,
    /// supported_versions; [`Self::offered_versions`] is what to look at.
    pub versions: Few,
    /// supported_groups.
    pub groups: U16s,
    /// ec_point_formats.
    pub point_formats: SmallVec<[u8; 8]>,
    /// The groups of the key_share entries.
    pub key_shares: Few,
    /// signature_algorithms.
    pub signature_schemes: U16s,
    /// application_layer_protocol_negotiation.
    pub alpn: Protocols,
    /// pre_shared_key was sent.
    pub psk: bool,
    /// psk_key_exchange_modes.
    pub psk_modes: SmallVec<[u8; 8]>,
    /// early_data was sent: encrypted data may follow the ClientHello at once.
    pub early_data: bool,
    /// encrypted_client_hello was sent, real or GREASE: the name above may be a public one.
    pub ech: bool,
    /// cookie was sent: the answer to a HelloRetryRequest.
    pub cookie: bool,
    /// What else the extensions say.
    pub details: ClientDetails,
    /// The length of the handshake message with its header, in bytes.
    pub len: u32,
}

impl ClientHello {
    /// Reads the content of a handshake message of type client_hello. A report shares it with the handshake that it is of.
    pub fn parse(body: &[u8]) -> Result<Arc<Self>, Malformed> {
        let (unread, fixed) = parse_tls_handshake_client_hello(body)
            .ok()
            .ok_or(Malformed::ClientHello)?;
        let block = extension::block(fixed.ext, unread)?;
        let mut shared = Self::from_fixed(&fixed, body.len()).ok_or(Malformed::ClientHello)?;
        let hello = Arc::make_mut(&mut shared);
        let mut block = Reader::new(block);
        while let Some(extension) = Extension::next(&mut block)? {
            hello.extensions.push(extension.kind.0);
            if hello.extension(&extension).is_none() {
                hello.unreadable.push(extension.kind.0);
            }
        }
        Ok(shared)
    }

    /// The versions offered: supported_versions (GREASE included), else the version field, which then stands for itself and
    /// all versions before it.
    pub fn offered_versions(&self) -> impl Iterator<Item = Version> {
        let listed = self.versions.iter().copied().map(Version);
        let legacy = self.versions.is_empty().then_some(self.legacy_version);
        listed.chain(legacy)
    }

    /// How the random of a hello of `tlsmon probe` begins, so that whoever watches can tell it from clients. Anybody can write
    /// that into a hello, and is then counted as what he claims to be.
    pub const PROBE: &[u8; 12] = b"tlsmon-probe";

    /// Whether `tlsmon probe` sent it.
    pub fn is_of_probe(&self) -> bool {
        self.random.starts_with(Self::PROBE)
    }

    /// It has a ticket of an earlier session (RFC 5077).
    pub fn has_ticket(&self) -> bool {
        self.details.session_ticket.is_some_and(|len| len > 0)
    }

    /// Whether an extension of this type was sent.
    pub fn has(&self, kind: ExtensionType) -> bool {
        // To the end of the list: that takes no branch for each type.
        let is_it = self.extensions.iter().map(|sent| u8::from(*sent == kind.0));
        is_it.fold(0, |any, is_it| any | is_it) > 0
    }

    fn from_fixed(fixed: &TlsClientHelloContents<'_>, len: usize) -> Option<Arc<Self>> {
        Some(Arc::new(Self {
            legacy_version: Version(fixed.version.0),
            random: fixed.random.try_into().ok()?,
            session_id: SessionId::new(fixed.session_id.unwrap_or_default())?,
            cipher_suites: fixed.ciphers.iter().map(|suite| suite.0).collect(),
            compression: fixed.comp.iter().map(|method| method.0).collect(),
            extensions: U16s::new(),
            unreadable: Few::new(),
            server_name: None,
            versions: Few::new(),
            groups: U16s::new(),
            point_formats: SmallVec::new(),
            key_shares: Few::new(),
            signature_schemes: U16s::new(),
            alpn: Protocols::default(),
            psk: false,
            psk_modes: SmallVec::new(),
            early_data: false,
            ech: false,
            cookie: false,
            details: ClientDetails::default(),
            len: u32::try_from(len.checked_add(message::HEADER)?).ok()?,
        }))
    }

    /// Takes over what an extension says. `None` when its content cannot be read.
    fn extension(&mut self, extension: &Extension<'_>) -> Option<()> {
        let content = extension.content;
        match extension.kind {
            ExtensionType::SERVER_NAME => self.server_name = Some(ServerName::read(content)?),
            ExtensionType::ALPN => self.alpn = Protocols::read(content)?,
            ExtensionType::SUPPORTED_VERSIONS => extension::versions(content, &mut self.versions)?,
            ExtensionType::KEY_SHARE | ExtensionType::DRAFT_KEY_SHARE => {
                (self.key_shares, self.details.key_share_sizes) = extension::key_shares(content)?;
            }
            ExtensionType::SUPPORTED_GROUPS => extension::numbers(content, &mut self.groups)?,
            ExtensionType::SIGNATURE_ALGORITHMS => {
                extension::numbers(content, &mut self.signature_schemes)?;
            }
            ExtensionType::EC_POINT_FORMATS => {
                self.point_formats = SmallVec::from_slice(Reader::new(content).vec8()?);
            }
            ExtensionType::PSK_KEY_EXCHANGE_MODES => {
                self.psk_modes = SmallVec::from_slice(Reader::new(content).vec8()?);
            }
            _ => return self.noted(extension),
        }
        Some(())
    }

    /// Takes over what an extension says in detail, and of some that it was sent.
    fn noted(&mut self, extension: &Extension<'_>) -> Option<()> {
        self.psk |= extension.kind == ExtensionType::PRE_SHARED_KEY;
        self.cookie |= extension.kind == ExtensionType::COOKIE;
        self.ech |= extension.kind == ExtensionType::ENCRYPTED_CLIENT_HELLO;
        self.details.read(extension)?;
        self.early_data |= extension.kind == ExtensionType::EARLY_DATA;
        Some(())
    }
}

#[cfg(test)]
mod tests;
