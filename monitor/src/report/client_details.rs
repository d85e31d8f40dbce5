//! What a ClientHello offers beside what decides how its handshake goes.

use schemars::JsonSchema;
use serde::Serialize;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::extension::{EncryptedHelloReport, PskReport};
use crate::label::labelled;
use crate::tls::{ClientHello, ExtensionType, Version, is_grease, text};

labelled! {
    /// What a ClientHello's session id can mean.
    pub enum OfferedSession {
        /// There is none.
        None = "none",
        /// It names a session to resume, or marks the session ticket beside it (RFC 5077 section 3.4).
        Resume = "resume",
        /// TLS 1.3 is offered: it may be made up, for middleboxes (RFC 8446 appendix D.4).
        Unclear = "unclear",
    }
}

/// The rest of a ClientHello. Numbers are IANA code points in wire order, GREASE included; of lists the first 64 are shown.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClientDetailsReport<'a> {
    /// What the session id can mean.
    pub session_id: OfferedSession,
    /// Compression methods.
    pub compression_methods: &'a [u8],
    /// ec_point_formats.
    pub point_formats: &'a [u8],
    /// Length of each of `key_shares`, in bytes.
    pub key_share_bytes: &'a [u16],
    /// signature_algorithms_cert.
    pub signature_schemes_cert: &'a [u16],
    /// delegated_credential (RFC 9345).
    pub delegated_credential: &'a [u16],
    /// compress_certificate (RFC 8879).
    pub certificate_compression: &'a [u16],
    /// Protocols of application_settings (ALPS), escaped where not printable ASCII.
    pub application_settings: SmallVec<[SmolStr; 2]>,
    /// psk_key_exchange_modes.
    pub psk_modes: &'a [u8],
    /// The pre-shared keys offered; null when none is.
    pub pre_shared_key: Option<PskReport>,
    /// early_data was offered.
    pub early_data: bool,
    /// Length of session_ticket, 0 to ask for one; null when it was not sent.
    pub session_ticket_bytes: Option<u16>,
    /// Length of the cookie; null when none was sent.
    pub cookie_bytes: Option<u16>,
    /// extended_master_secret was offered (RFC 7627).
    pub extended_master_secret: bool,
    /// encrypt_then_mac was offered (RFC 7366).
    pub encrypt_then_mac: bool,
    /// Secure renegotiation was offered, by extension or by cipher suite (RFC 5746).
    pub secure_renegotiation: bool,
    /// A stapled OCSP response was asked for, by status_request or status_request_v2.
    pub ocsp_stapling: bool,
    /// Signed certificate timestamps were asked for (RFC 6962).
    pub certificate_timestamps: bool,
    /// max_fragment_length: 1 for 512 bytes to 4 for 4,096; null when it was not sent.
    pub max_fragment_length: Option<u8>,
    /// record_size_limit (RFC 8449); null when it was not sent.
    pub record_size_limit: Option<u16>,
    /// The HeartbeatMode (RFC 6520); null when it was not sent.
    pub heartbeat_mode: Option<u8>,
    /// How many names certificate_authorities has; null when it was not sent.
    pub certificate_authorities: Option<u16>,
    /// Length of padding (RFC 7685); null when it was not sent.
    pub padding_bytes: Option<u16>,
    /// next_protocol_negotiation was offered.
    pub next_protocol_negotiation: bool,
    /// channel_id was offered.
    pub channel_id: bool,
    /// A value that means nothing on purpose is in it (RFC 8701).
    pub grease: bool,
    /// encrypted_client_hello as far as it is in the clear; null when it was not sent.
    pub encrypted_client_hello: Option<EncryptedHelloReport>,
    /// Types of quic_transport_parameters; null when it was not sent.
    pub quic_transport_parameters: Option<&'a [u64]>,
    /// Extensions whose content cannot be read: what they would have said is missing here.
    pub unreadable_extensions: &'a [u16],
}

impl<'a> ClientDetailsReport<'a> {
    /// What is shown of `hello`.
    pub(super) fn of(hello: &'a ClientHello) -> Self {
        let details = &hello.details;
        let settings = details.application_settings.iter();
        Self {
            session_id: offered_session(hello),
            compression_methods: &hello.compression,
            point_formats: &hello.point_formats,
            key_share_bytes: &details.key_share_sizes,
            signature_schemes_cert: &details.signature_schemes_cert,
            delegated_credential: &details.delegated_credential,
            certificate_compression: &details.certificate_compression,
            application_settings: settings.map(|name| text::printable(name).into()).collect(),
            psk_modes: &hello.psk_modes,
            pre_shared_key: details.psk.as_ref().map(PskReport::of),
            early_data: hello.early_data,
            session_ticket_bytes: details.session_ticket,
            cookie_bytes: details.cookie,
            extended_master_secret: hello.has(ExtensionType::EXTENDED_MASTER_SECRET),
            encrypt_then_mac: hello.has(ExtensionType::ENCRYPT_THEN_MAC),
            secure_renegotiation: secure_renegotiation(hello),
            ocsp_stapling: ocsp_stapling(hello),
            certificate_timestamps: hello.has(ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP),
            max_fragment_length: details.max_fragment_length,
            record_size_limit: details.record_size_limit,
            heartbeat_mode: details.heartbeat,
            certificate_authorities: details.certificate_authorities,
            padding_bytes: details.padding,
            next_protocol_negotiation: hello.has(ExtensionType::NEXT_PROTOCOL_NEGOTIATION),
            channel_id: hello.has(ExtensionType::CHANNEL_ID),
            grease: has_grease(hello),
            encrypted_client_hello: details.ech.map(EncryptedHelloReport::of),
            quic_transport_parameters: details.quic_parameters.as_deref(),
            unreadable_extensions: &hello.unreadable,
        }
    }
}

fn offered_session(hello: &ClientHello) -> OfferedSession {
    let mut versions = hello.offered_versions();
    if hello.session_id.is_empty() {
        OfferedSession::None
    } else if versions.any(Version::is_tls13) {
        OfferedSession::Unclear
    } else {
        OfferedSession::Resume
    }
}

fn secure_renegotiation(hello: &ClientHello) -> bool {
    const EMPTY_RENEGOTIATION_INFO_SCSV: u16 = 0x00ff;
    let by_suite = hello.cipher_suites.contains(&EMPTY_RENEGOTIATION_INFO_SCSV);
    by_suite || hello.has(ExtensionType::RENEGOTIATION_INFO)
}

fn ocsp_stapling(hello: &ClientHello) -> bool {
    const OCSP: u8 = 1;
    const OCSP_MULTI: u8 = 2;
    let second = &hello.details.status_request_v2;
    hello.details.status_request == Some(OCSP)
        || second.contains(&OCSP)
        || second.contains(&OCSP_MULTI)
}

fn has_grease(hello: &ClientHello) -> bool {
    let lists: [&[u16]; 6] = [
        &hello.cipher_suites,
        &hello.extensions,
        &hello.groups,
        &hello.versions,
        &hello.key_shares,
        &hello.signature_schemes,
    ];
    // To the end of each list: that takes no branch for each number.
    let holds = |list: &[u16]| {
        list.iter()
            .fold(false, |any, value| any | is_grease(*value))
    };
    lists.into_iter().any(holds)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A ClientHello of TLS 1.2 with these suites, session id and extensions.
    fn hello(suites: &[u8], session: &[u8], extensions: &[u8]) -> Arc<ClientHello> {
        let short = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()], bytes].concat();
        let long = |bytes: &[u8]| [&[0][..], &short(bytes)].concat();
        let fixed = [
            &[3, 3][..],
            &[7; 32],
            &short(session),
            &long(suites),
            &[1, 0],
        ]
        .concat();
        ClientHello::parse(&[fixed, long(extensions)].concat()).unwrap()
    }

    #[test]
    fn secure_renegotiation_is_offered_by_suite_or_by_extension() {
        let by_suite = hello(&[0, 0xff, 0, 4], &[], &[]);
        let by_extension = hello(&[0, 4], &[], &[0xff, 1, 0, 1, 0]);
        assert!(ClientDetailsReport::of(&by_suite).secure_renegotiation);
        assert!(ClientDetailsReport::of(&by_extension).secure_renegotiation);
        assert!(!ClientDetailsReport::of(&hello(&[0, 4], &[], &[])).secure_renegotiation);
    }

    #[test]
    fn a_session_id_asks_to_resume_unless_tls_1_3_may_have_made_it_up() {
        let of = |hello: &ClientHello| ClientDetailsReport::of(hello).session_id;
        assert_eq!(of(&hello(&[0, 4], &[], &[])), OfferedSession::None);
        assert_eq!(of(&hello(&[0, 4], &[1; 8], &[])), OfferedSession::Resume);
        let tls13 = hello(&[0, 4], &[1; 8], &[0, 43, 0, 3, 2, 3, 4]);
        assert_eq!(of(&tls13), OfferedSession::Unclear);
    }

    #[test]
    fn stapling_is_asked_for_by_either_extension_but_not_by_another_type() {
        let of =
            |extensions| ClientDetailsReport::of(&hello(&[0, 4], &[], extensions)).ocsp_stapling;
        assert!(of(&[0, 5, 0, 5, 1, 0, 0, 0, 0]));
        assert!(of(&[0, 17, 0, 9, 0, 7, 2, 0, 4, 0, 0, 0, 0]));
        assert!(!of(&[0, 5, 0, 5, 9, 0, 0, 0, 0]) && !of(&[]));
    }

    #[test]
    fn grease_anywhere_is_seen() {
        assert!(ClientDetailsReport::of(&hello(&[0xaa, 0xaa, 0, 4], &[], &[])).grease);
        assert!(ClientDetailsReport::of(&hello(&[0, 4], &[], &[0x1a, 0x1a, 0, 0])).grease);
        assert!(!ClientDetailsReport::of(&hello(&[0, 4], &[], &[])).grease);
    }
}
