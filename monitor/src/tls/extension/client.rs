//! What the extensions of a ClientHello say in detail.

use smallvec::SmallVec;

use super::ech::EncryptedHello;
use super::list::{self, Few};
use super::psk::PskOffer;
use super::quic;
use super::{Extension, ExtensionType, Protocols};
use crate::tls::reader::Reader;

/// What a ClientHello says beside what decides how its handshake goes. Lists are in wire order, with GREASE and unknown
/// values in them; the first 64 entries of each are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientDetails {
    /// The length of each key_share entry, in bytes.
    pub key_share_sizes: Few,
    /// signature_algorithms_cert (RFC 8446 section 4.2.3).
    pub signature_schemes_cert: Few,
    /// delegated_credential: the schemes that may sign with one (RFC 9345 section 4.1.1).
    pub delegated_credential: Few,
    /// compress_certificate (RFC 8879 section 3).
    pub certificate_compression: Few,
    /// application_settings: the protocols that settings may be sent for (draft-vvv-tls-alps).
    pub application_settings: Protocols,
    /// The type of status_request: 1 for OCSP (RFC 6066 section 8).
    pub status_request: Option<u8>,
    /// The types of status_request_v2: 1 for OCSP, 2 for that of a whole chain (RFC 6961).
    pub status_request_v2: SmallVec<[u8; 8]>,
    /// max_fragment_length: 1 for 512 bytes to 4 for 4,096 (RFC 6066 section 4).
    pub max_fragment_length: Option<u8>,
    /// record_size_limit, in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// The length of a cookie (RFC 8446 section 4.2.2), in bytes.
    pub cookie: Option<u16>,
    /// The length of session_ticket, in bytes: 0 asks for a ticket (RFC 5077 section 3.2).
    pub session_ticket: Option<u16>,
    /// pre_shared_key.
    pub psk: Option<PskOffer>,
    /// The length of renegotiation_info's content: 0 in the first handshake of a connection (RFC 5746 section 3.2).
    pub renegotiation_info: Option<u8>,
    /// The HeartbeatMode (RFC 6520 section 2).
    pub heartbeat: Option<u8>,
    /// How many names certificate_authorities has (RFC 8446 section 4.2.4).
    pub certificate_authorities: Option<u16>,
    /// The length of padding (RFC 7685), in bytes.
    pub padding: Option<u16>,
    /// encrypted_client_hello.
    pub ech: Option<EncryptedHello>,
    /// The types of quic_transport_parameters (RFC 9000 section 18).
    pub quic_parameters: Option<Vec<u64>>,
}

impl ClientDetails {
    /// Takes over what an extension says. `None` when its content cannot be read, also of those that have no place here.
    pub(in crate::tls) fn read(&mut self, extension: &Extension<'_>) -> Option<()> {
        let content = extension.content;
        match extension.kind {
            ExtensionType::SIGNATURE_ALGORITHMS_CERT => {
                self.signature_schemes_cert = list::behind16(content)?;
            }
            ExtensionType::DELEGATED_CREDENTIAL => {
                self.delegated_credential = list::behind16(content)?;
            }
            ExtensionType::COMPRESS_CERTIFICATE => {
                self.certificate_compression = list::behind8(content)?;
            }
            ExtensionType::APPLICATION_SETTINGS | ExtensionType::DRAFT_APPLICATION_SETTINGS => {
                self.application_settings = Protocols::read(content)?;
            }
            ExtensionType::PRE_SHARED_KEY => self.psk = Some(PskOffer::read(content)?),
            ExtensionType::ENCRYPTED_CLIENT_HELLO => {
                self.ech = Some(EncryptedHello::read(content)?);
            }
            ExtensionType::QUIC_TRANSPORT_PARAMETERS => {
                self.quic_parameters = Some(quic::parameters(content)?);
            }
            // Its format changed with the drafts.
            ExtensionType::DRAFT_QUIC_TRANSPORT_PARAMETERS => {
                self.quic_parameters = quic::parameters(content);
            }
            _ => self.read_short(extension)?,
        }
        Some(())
    }

    /// Extensions that say one number, or no more than that they are there.
    fn read_short(&mut self, extension: &Extension<'_>) -> Option<()> {
        let content = extension.content;
        let mut reader = Reader::new(content);
        match extension.kind {
            ExtensionType::STATUS_REQUEST => self.status_request = Some(reader.u8()?),
            ExtensionType::STATUS_REQUEST_V2 => {
                self.status_request_v2 = list::status_types(content)?;
            }
            ExtensionType::MAX_FRAGMENT_LENGTH => self.max_fragment_length = Some(reader.u8()?),
            ExtensionType::RECORD_SIZE_LIMIT => self.record_size_limit = Some(reader.u16()?),
            ExtensionType::COOKIE => self.cookie = Some(list::len(reader.vec16()?)),
            ExtensionType::SESSION_TICKET => self.session_ticket = Some(list::len(content)),
            ExtensionType::RENEGOTIATION_INFO => {
                self.renegotiation_info = u8::try_from(reader.vec8()?.len()).ok();
            }
            ExtensionType::HEARTBEAT => self.heartbeat = Some(reader.u8()?),
            ExtensionType::CERTIFICATE_AUTHORITIES => {
                self.certificate_authorities = Some(list::count16(content)?);
            }
            ExtensionType::PADDING => self.padding = Some(list::len(content)),
            ExtensionType::EXTENDED_MASTER_SECRET | ExtensionType::ENCRYPT_THEN_MAC => {
                return content.is_empty().then_some(());
            }
            ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP => {}
            _ => return extension.is_readable().then_some(()),
        }
        Some(())
    }
}
