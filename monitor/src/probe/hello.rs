//! What a ClientHello is to say, and its bytes.

use super::bytes::{numbers, vec8, vec16, vec24};
use super::extension;
use super::noise::Noise;
use crate::tls::{ClientHello, ExtensionType, OuterHello, Version};

/// The longest content of a record (RFC 8446 section 5.1).
const RECORD: usize = 1 << 14;
/// Type of a handshake record.
const HANDSHAKE: u8 = 22;
/// Type of a ClientHello message.
const CLIENT_HELLO: u8 = 1;

/// A ClientHello: its lists in wire order, and which extensions come in which order. What an extension says is in the field
/// of its name; a field whose extension is not listed is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hello {
    /// The version field.
    pub legacy_version: u16,
    /// Length of the session id, which is random.
    pub session_id: usize,
    /// Cipher suites.
    pub suites: Vec<u16>,
    /// Compression methods.
    pub compression: Vec<u8>,
    /// Types of the extensions.
    pub extensions: Vec<u16>,
    /// server_name.
    pub name: Vec<u8>,
    /// supported_versions.
    pub versions: Vec<u16>,
    /// supported_groups.
    pub groups: Vec<u16>,
    /// Groups of key_share, and the length of the share where that is known.
    pub shares: Vec<(u16, Option<usize>)>,
    /// signature_algorithms.
    pub schemes: Vec<u16>,
    /// application_layer_protocol_negotiation.
    pub protocols: Vec<Vec<u8>>,
    /// ec_point_formats.
    pub point_formats: Vec<u8>,
    /// psk_key_exchange_modes.
    pub psk_modes: Vec<u8>,
    /// What is seldom sent.
    pub seldom: Seldom,
}

/// What few clients send, or what says little.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seldom {
    /// signature_algorithms_cert.
    pub schemes_cert: Vec<u16>,
    /// delegated_credential.
    pub delegated: Vec<u16>,
    /// compress_certificate.
    pub compress: Vec<u16>,
    /// application_settings.
    pub settings: Vec<Vec<u8>>,
    /// Lengths of identities and of binders of pre_shared_key, and the age of the first ticket.
    pub psk: Option<(Vec<u16>, Vec<u16>, u32)>,
    /// Length of session_ticket.
    pub ticket: usize,
    /// max_fragment_length.
    pub fragment: u8,
    /// record_size_limit.
    pub record_limit: u16,
    /// HeartbeatMode.
    pub heartbeat: u8,
    /// Length of padding.
    pub padding: usize,
    /// The parameters of encrypted_client_hello.
    pub ech: Option<OuterHello>,
}

impl Hello {
    /// The message with its header.
    pub(super) fn message(&self, noise: &mut Noise) -> Vec<u8> {
        let mut body = self.legacy_version.to_be_bytes().to_vec();
        body.extend(ClientHello::PROBE);
        body.extend(noise.bytes(32 - ClientHello::PROBE.len()));
        body.extend(vec8(&noise.bytes(self.session_id.min(32))));
        body.extend(vec16(&numbers(&self.suites)));
        body.extend(vec8(&self.compression));
        if !self.extensions.is_empty() {
            body.extend(vec16(&self.block(noise)));
        }
        [vec![CLIENT_HELLO], vec24(&body)].concat()
    }

    fn block(&self, noise: &mut Noise) -> Vec<u8> {
        let extension = |kind: &u16| {
            let content = extension::content(self, *kind, noise);
            [kind.to_be_bytes().to_vec(), vec16(&content)].concat()
        };
        self.extensions.iter().flat_map(extension).collect()
    }

    /// With this name, or without server_name.
    #[must_use]
    pub(super) fn named(mut self, name: Option<&[u8]>) -> Self {
        self.name = name.unwrap_or_default().to_vec();
        self.set(ExtensionType::SERVER_NAME, name.is_some())
    }

    /// With supported_versions of these; without, when the version field can say the same.
    #[must_use]
    pub(super) fn with_versions(mut self, versions: &[Version]) -> Self {
        let highest = versions.iter().copied().max().unwrap_or(Version::TLS1_2);
        self.legacy_version = highest.min(Version::TLS1_2).0;
        self.versions = versions.iter().map(|version| version.0).collect();
        let listed = highest.is_tls13();
        self = self.set(ExtensionType::SUPPORTED_VERSIONS, listed);
        self = self.set(ExtensionType::KEY_SHARE, listed);
        self.session_id = if listed { 32 } else { 0 };
        self.set(extension::PSK_MODES, listed)
    }

    /// With these groups, and shares of some of them.
    #[must_use]
    pub(super) fn with_groups(mut self, groups: &[u16], shared: &[u16]) -> Self {
        self.groups = groups.to_vec();
        self.shares = shared.iter().map(|group| (*group, None)).collect();
        self.set(ExtensionType::SUPPORTED_GROUPS, true)
    }

    /// With these application protocols, or without the extension.
    #[must_use]
    pub(super) fn with_protocols(mut self, protocols: &[&[u8]]) -> Self {
        self.protocols = protocols.iter().map(|name| name.to_vec()).collect();
        self.set(ExtensionType::ALPN, !protocols.is_empty())
    }

    /// Sends the extension or does not; a new one comes first, since pre_shared_key must be the last.
    #[must_use]
    pub(super) fn set(mut self, kind: ExtensionType, sent: bool) -> Self {
        let is_there = self.has(kind);
        if sent && !is_there {
            self.extensions.insert(0, kind.0);
        } else if !sent {
            self.extensions.retain(|other| *other != kind.0);
        }
        self
    }

    /// Whether the extension is sent.
    pub(super) fn has(&self, kind: ExtensionType) -> bool {
        self.extensions.contains(&kind.0)
    }
}

/// The message in records, as many as it takes. Their version is what old servers know (RFC 8446 section 5.1).
pub(super) fn records(message: &[u8]) -> Vec<u8> {
    let record = |content: &[u8]| [vec![HANDSHAKE, 3, 1], vec16(content)].concat();
    message.chunks(RECORD).flat_map(record).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn parsed(hello: &Hello) -> Arc<ClientHello> {
        let message = hello.message(&mut Noise::new([9; 32]));
        ClientHello::parse(&message[4..]).unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        let hello = Hello {
            legacy_version: 0x0303,
            suites: vec![0x1301, 0xc02f],
            compression: vec![0],
            groups: vec![29, 23],
            shares: vec![(29, None)],
            schemes: vec![0x0403],
            extensions: vec![10, 13],
            ..Hello::default()
        }
        .named(Some(b"a.example"))
        .with_versions(&[Version::TLS1_3, Version::TLS1_2])
        .with_protocols(&[b"h2", b"http/1.1"]);
        let read = parsed(&hello);
        assert_eq!(read.server_name.as_ref().unwrap().as_bytes(), b"a.example");
        assert_eq!(read.versions[..], [0x0304, 0x0303]);
        assert_eq!(read.cipher_suites[..], [0x1301, 0xc02f]);
        assert_eq!(read.alpn.to_string(), "h2,http/1.1");
        assert_eq!(read.key_shares[..], [29]);
        assert!(read.is_of_probe());
        assert_eq!(read.extensions.len(), hello.extensions.len());
        assert!(read.unreadable.is_empty(), "{:?}", read.unreadable);
    }

    #[test]
    fn a_hello_without_extensions_ends_where_tls_1_0_let_it_end() {
        let hello = Hello {
            legacy_version: 0x0301,
            suites: vec![0x002f],
            compression: vec![0],
            ..Hello::default()
        };
        assert_eq!(hello.message(&mut Noise::new([0; 32])).len(), 4 + 41);
        assert!(parsed(&hello).extensions.is_empty());
    }

    #[test]
    fn a_message_longer_than_a_record_takes_several() {
        let records = records(&vec![1; RECORD + 10]);
        assert_eq!(records.len(), RECORD + 20);
        assert_eq!(records[5 + RECORD..][..5], [22, 3, 1, 0, 10]);
    }
}
