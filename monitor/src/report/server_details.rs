//! What a server answers beside what decides how its handshake goes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::handshake::Retry;
use crate::label::{labelled, written_as};
use crate::tls::{ClientHello, ExtensionType, Protocols, ServerHello, names, text};

labelled! {
    /// What a ServerHello's session id is.
    pub enum AnsweredSession {
        /// There is none.
        None = "none",
        /// The client's: the session is resumed, or in TLS 1.3 nothing.
        Echo = "echo",
        /// Another one, or the client's hello was not seen: the session may be resumed by it later.
        New = "new",
    }
}

/// The ServerHello as it was sent, shared with the handshake that it is of, and what it says to its client's session id. It is
/// written as [`ServerDetailsReport`].
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerDetails {
    /// The hello.
    pub sent: Arc<ServerHello>,
    /// What its session id is.
    pub session_id: AnsweredSession,
}

impl AnswerDetails {
    /// What is told of `hello`, the answer to `client`.
    pub(crate) fn of(hello: &Arc<ServerHello>, client: Option<&ClientHello>) -> Self {
        Self {
            sent: Arc::clone(hello),
            session_id: answered_session(hello, client),
        }
    }

    /// What is written of it.
    pub fn fields(&self) -> ServerDetailsReport<'_> {
        let hello = &*self.sent;
        let is_in_clear = !hello.version().is_tls13();
        ServerDetailsReport {
            group_name: hello.group.and_then(names::group),
            key_share_bytes: hello.details.key_share_size,
            extensions: &hello.extensions,
            session_id: self.session_id,
            compression_method: hello.details.compression,
            selected_psk: hello.details.selected_psk,
            acknowledged: is_in_clear.then(|| AcknowledgedReport::of(hello)),
            unreadable_extensions: &hello.unreadable,
        }
    }
}

written_as!(AnswerDetails: ServerDetailsReport);

/// The rest of a ServerHello.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ServerDetailsReport<'a> {
    /// The IANA name of `group`; null when unknown.
    pub group_name: Option<&'static str>,
    /// Length of the key share (TLS 1.3), in bytes.
    pub key_share_bytes: Option<u16>,
    /// Extension types, in wire order.
    pub extensions: &'a [u16],
    /// What the session id is.
    pub session_id: AnsweredSession,
    /// The compression method chosen; null when the message has none.
    pub compression_method: Option<u8>,
    /// Which of the client's pre-shared keys was chosen, from 0 (TLS 1.3); null when none was.
    pub selected_psk: Option<u16>,
    /// What the server says to other offers; null in TLS 1.3, which says it encrypted.
    pub acknowledged: Option<AcknowledgedReport<'a>>,
    /// Extensions whose content cannot be read: what they would have said is missing here.
    pub unreadable_extensions: &'a [u16],
}

/// What a server of TLS 1.2 and before says to what a client offers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AcknowledgedReport<'a> {
    /// extended_master_secret is used (RFC 7627).
    pub extended_master_secret: bool,
    /// encrypt_then_mac is used (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Renegotiation is secure (RFC 5746).
    pub secure_renegotiation: bool,
    /// A stapled OCSP response may follow.
    pub ocsp_stapling: bool,
    /// How many signed certificate timestamps came (RFC 6962).
    pub certificate_timestamps: u16,
    /// A session ticket will follow (RFC 5077).
    pub session_ticket: bool,
    /// ec_point_formats.
    pub point_formats: &'a [u8],
    /// max_fragment_length: 1 for 512 bytes to 4 for 4,096; null when it was not sent.
    pub max_fragment_length: Option<u8>,
    /// record_size_limit (RFC 8449); null when it was not sent.
    pub record_size_limit: Option<u16>,
    /// The HeartbeatMode (RFC 6520); null when it was not sent.
    pub heartbeat_mode: Option<u8>,
    /// Protocols of next_protocol_negotiation, escaped where not printable ASCII; null when it was not sent.
    pub next_protocols: Option<SmallVec<[SmolStr; 2]>>,
    /// channel_id is used.
    pub channel_id: bool,
}

impl<'a> AcknowledgedReport<'a> {
    fn of(hello: &'a ServerHello) -> Self {
        let details = &hello.details;
        let has = |kind: ExtensionType| hello.extensions.contains(&kind.0);
        let shown = |list: &Protocols| {
            list.iter()
                .map(|name| text::printable(name).into())
                .collect()
        };
        Self {
            extended_master_secret: has(ExtensionType::EXTENDED_MASTER_SECRET),
            encrypt_then_mac: has(ExtensionType::ENCRYPT_THEN_MAC),
            secure_renegotiation: has(ExtensionType::RENEGOTIATION_INFO),
            ocsp_stapling: has(ExtensionType::STATUS_REQUEST)
                || has(ExtensionType::STATUS_REQUEST_V2),
            certificate_timestamps: details.timestamps.unwrap_or(0),
            session_ticket: has(ExtensionType::SESSION_TICKET),
            point_formats: &details.point_formats,
            max_fragment_length: details.max_fragment_length,
            record_size_limit: details.record_size_limit,
            heartbeat_mode: details.heartbeat,
            next_protocols: details.next_protocols.as_ref().map(shown),
            channel_id: has(ExtensionType::CHANNEL_ID),
        }
    }
}

fn answered_session(hello: &ServerHello, client: Option<&ClientHello>) -> AnsweredSession {
    if hello.session_id.is_empty() {
        AnsweredSession::None
    } else if client.is_some_and(|client| client.session_id == hello.session_id) {
        AnsweredSession::Echo
    } else {
        AnsweredSession::New
    }
}

/// What a HelloRetryRequest asked for (RFC 8446 section 4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RetryReport {
    /// The group that a key share was wanted of; null when the one sent would do.
    pub group: Option<u16>,
    /// Its IANA name; null when unknown.
    pub group_name: Option<&'static str>,
    /// Length of the cookie to be sent back, in bytes; null when there was none.
    pub cookie_bytes: Option<u16>,
}

impl RetryReport {
    /// What is shown of `retry`.
    pub(crate) fn of(retry: Retry) -> Self {
        Self {
            group: retry.group,
            group_name: retry.group.and_then(names::group),
            cookie_bytes: retry.cookie,
        }
    }
}
