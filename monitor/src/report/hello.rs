//! What both sides said, as the report shows it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::label::{labelled, written_as};
use crate::tls::fingerprint::{Ja4Text, Md5Text};
use crate::tls::{ClientHello, ExtensionType, Version, names, text};

labelled! {
    /// Why a fact is absent. "Absent" and "not seen" are never confused.
    pub enum Missing {
        /// The peer did not send it.
        NotSent = "not_sent",
        /// It was sent encrypted.
        Encrypted = "encrypted",
        /// Packets that carried it were lost to the capture.
        Gap = "gap",
        /// The capture cut the packets that carried it.
        Truncated = "truncated",
        /// The capture began after it was sent.
        JoinedLate = "joined_late",
        /// Only the other direction was captured.
        OneSided = "one_sided",
        /// It was sent in a form that cannot be read.
        Malformed = "malformed",
        /// The flow was not sampled.
        Unsampled = "unsampled",
        /// The capture ended before it could be sent.
        CaptureEnded = "capture_ended",
    }
}

/// The ClientHello as it was sent, shared with the handshake that it is of, and what is told beside it. It is written as
/// [`ClientHelloFields`].
#[derive(Clone, Debug, PartialEq)]
pub struct ClientHelloReport {
    /// The hello.
    pub sent: Arc<ClientHello>,
    /// Its server_name, escaped where it is not printable ASCII.
    pub sni: Option<Arc<str>>,
    /// Why `sni` is none.
    pub sni_absent: Option<Missing>,
    /// How many TCP segments, or QUIC datagrams, carried it.
    pub segments: u32,
    /// JA3 fingerprint.
    pub ja3: Md5Text,
    /// JA4 fingerprint.
    pub ja4: Ja4Text,
}

impl ClientHelloReport {
    /// What is told of `hello`, which so many segments carried.
    pub(crate) fn of(
        hello: &Arc<ClientHello>,
        segments: u32,
        (ja3, ja4): (Md5Text, Ja4Text),
    ) -> Self {
        let sni = hello.server_name.as_ref();
        let sni = sni.map(|name| Arc::from(&*name.shown()));
        Self {
            sent: Arc::clone(hello),
            sni_absent: sni.is_none().then(|| sni_absent(hello)),
            sni,
            segments,
            ja3,
            ja4,
        }
    }

    /// What is written of it.
    pub fn fields(&self) -> ClientHelloFields<'_> {
        let hello = &*self.sent;
        let protocols = hello.alpn.iter();
        ClientHelloFields {
            sni: self.sni.as_deref(),
            sni_absent: self.sni_absent,
            legacy_version: hello.legacy_version,
            versions: hello.offered_versions().collect(),
            cipher_suites: &hello.cipher_suites,
            extensions: &hello.extensions,
            groups: &hello.groups,
            key_shares: &hello.key_shares,
            signature_schemes: &hello.signature_schemes,
            alpn: protocols.map(|name| text::printable(name).into()).collect(),
            psk: hello.psk,
            ech: hello.ech,
            bytes: hello.len,
            segments: self.segments,
            ja3: &self.ja3,
            ja4: &self.ja4,
            details: super::ClientDetailsReport::of(hello),
        }
    }
}

written_as!(ClientHelloReport: ClientHelloFields);

/// The ClientHello (RFC 8446 section 4.1.2). Numbers are IANA code points in wire order, GREASE included.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ClientHelloReport")]
pub struct ClientHelloFields<'a> {
    /// The server_name (RFC 6066 section 3), as sent; escaped where it is not printable ASCII.
    pub sni: Option<&'a str>,
    /// Why `sni` is null.
    pub sni_absent: Option<Missing>,
    /// The legacy_version field.
    pub legacy_version: Version,
    /// The versions offered: supported_versions, else legacy_version.
    pub versions: SmallVec<[Version; 8]>,
    /// Cipher suites.
    pub cipher_suites: &'a [u16],
    /// Extension types.
    pub extensions: &'a [u16],
    /// supported_groups.
    pub groups: &'a [u16],
    /// Groups of the key_share entries.
    pub key_shares: &'a [u16],
    /// signature_algorithms.
    pub signature_schemes: &'a [u16],
    /// Application protocols offered (RFC 7301), escaped where not printable ASCII.
    pub alpn: SmallVec<[SmolStr; 2]>,
    /// A pre_shared_key was offered.
    pub psk: bool,
    /// encrypted_client_hello was sent, real or GREASE.
    pub ech: bool,
    /// Length of the handshake message with its header, in bytes.
    pub bytes: u32,
    /// How many TCP segments, or QUIC datagrams, carried it.
    pub segments: u32,
    /// JA3 fingerprint (MD5, hexadecimal).
    pub ja3: &'a str,
    /// JA4 fingerprint.
    pub ja4: &'a str,
    /// The rest of it.
    #[serde(flatten)]
    pub details: super::ClientDetailsReport<'a>,
}

fn sni_absent(hello: &ClientHello) -> Missing {
    if hello.has(ExtensionType::SERVER_NAME) {
        Missing::Malformed
    } else {
        Missing::NotSent
    }
}

/// The ServerHello (RFC 8446 section 4.1.3).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ServerHelloReport {
    /// The version chosen.
    pub version: Version,
    /// The cipher suite chosen.
    pub cipher_suite: u16,
    /// Its IANA name; null when unknown.
    pub cipher_suite_name: Option<&'static str>,
    /// The application protocol chosen; null when none, or when it is encrypted (TLS 1.3).
    pub alpn: Option<SmolStr>,
    /// The group of the server's key share (TLS 1.3).
    pub group: Option<u16>,
    /// A HelloRetryRequest came first.
    pub hello_retry_request: bool,
    /// A session was resumed; null when what was seen does not tell.
    pub resumed: Option<bool>,
    /// By what; null when none was, and when that cannot be told.
    pub resumption: Option<super::Resumption>,
    /// JA3S fingerprint (MD5, hexadecimal).
    pub ja3s: Md5Text,
    /// The rest of it.
    #[serde(flatten)]
    pub details: super::AnswerDetails,
}

impl ServerHelloReport {
    /// The IANA name of `group`, where it has one.
    pub fn group_name(&self) -> Option<&'static str> {
        self.group.and_then(names::group)
    }
}

/// An alert record that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AlertReport {
    /// Who sent it: `client` or `server`.
    pub from: super::EndedBy,
    /// `warning` or `fatal`; null when encrypted.
    pub level: Option<&'static str>,
    /// The AlertDescription; null when encrypted.
    pub code: Option<u8>,
    /// Its IANA name; null when encrypted or unknown.
    pub description: Option<&'static str>,
    /// The alert is encrypted: only its place and size were seen.
    pub encrypted: bool,
}
