//! What the extensions of a ServerHello say in detail.

use smallvec::SmallVec;

use super::list;
use super::{Extension, ExtensionType, Protocols};
use crate::tls::reader::Reader;

/// What a ServerHello or HelloRetryRequest says beside what decides how its handshake goes. In TLS 1.3 most of it is said
/// encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerDetails {
    /// The compression method chosen; the TLS 1.3 drafts before 22 had none.
    pub compression: Option<u8>,
    /// The length of the key share, in bytes; a HelloRetryRequest has none.
    pub key_share_size: Option<u16>,
    /// The place of the pre-shared key chosen in the client's list.
    pub selected_psk: Option<u16>,
    /// The length of a cookie (RFC 8446 section 4.2.2), in bytes.
    pub cookie: Option<u16>,
    /// ec_point_formats.
    pub point_formats: SmallVec<[u8; 8]>,
    /// max_fragment_length as in the ClientHello.
    pub max_fragment_length: Option<u8>,
    /// record_size_limit, in bytes (RFC 8449).
    pub record_size_limit: Option<u16>,
    /// The HeartbeatMode (RFC 6520 section 2).
    pub heartbeat: Option<u8>,
    /// How many signed certificate timestamps came (RFC 6962 section 3.3.1).
    pub timestamps: Option<u16>,
    /// next_protocol_negotiation: the protocols that the server speaks.
    pub next_protocols: Option<Protocols>,
}

impl ServerDetails {
    /// Takes over what an extension says. `None` when its content cannot be read.
    pub(in crate::tls) fn read(&mut self, extension: &Extension<'_>) -> Option<()> {
        let content = extension.content;
        let mut reader = Reader::new(content);
        match extension.kind {
            ExtensionType::KEY_SHARE | ExtensionType::DRAFT_KEY_SHARE => {
                reader.u16()?;
                self.key_share_size = reader.vec16().map(list::len);
            }
            ExtensionType::PRE_SHARED_KEY => self.selected_psk = Some(reader.u16()?),
            ExtensionType::COOKIE => self.cookie = Some(list::len(reader.vec16()?)),
            ExtensionType::EC_POINT_FORMATS => {
                self.point_formats = SmallVec::from_slice(reader.vec8()?);
            }
            ExtensionType::MAX_FRAGMENT_LENGTH => self.max_fragment_length = Some(reader.u8()?),
            ExtensionType::RECORD_SIZE_LIMIT => self.record_size_limit = Some(reader.u16()?),
            ExtensionType::HEARTBEAT => self.heartbeat = Some(reader.u8()?),
            ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP => {
                self.timestamps = Some(list::count16(content)?);
            }
            ExtensionType::NEXT_PROTOCOL_NEGOTIATION => {
                self.next_protocols = Some(Protocols::read_bare(content)?);
            }
            _ => {}
        }
        Some(())
    }
}
