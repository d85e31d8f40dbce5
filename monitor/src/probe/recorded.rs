//! Reports as they are read back from JSON lines: no more of them than it takes to repeat a handshake.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

/// For how many servers a name is remembered that was served.
const MAX_SERVED: usize = 4096;

/// A report of a handshake.
#[derive(Clone, Debug, Deserialize)]
pub struct Recorded {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// `tcp` or `quic`.
    #[serde(default)]
    pub transport: String,
    /// The server.
    pub server: Option<RecordedPeer>,
    /// What the client asked for.
    pub client_hello: Option<RecordedHello>,
    /// What became of it.
    pub outcome: Option<String>,
    /// Why it failed.
    pub cause: Option<String>,
    /// The cleartext protocol in which TLS was asked for.
    pub starttls: Option<String>,
    /// The PROXY protocol header, whatever it said.
    pub proxy_protocol: Option<serde_json::Value>,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct RecordedPeer {
    /// Address.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
}

/// A ClientHello.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecordedHello {
    pub(super) sni: Option<String>,
    pub(super) legacy_version: String,
    pub(super) versions: Vec<String>,
    pub(super) cipher_suites: Vec<u16>,
    pub(super) extensions: Vec<u16>,
    pub(super) groups: Vec<u16>,
    pub(super) key_shares: Vec<u16>,
    pub(super) key_share_bytes: Vec<u16>,
    pub(super) signature_schemes: Vec<u16>,
    pub(super) signature_schemes_cert: Vec<u16>,
    pub(super) alpn: Vec<String>,
    pub(super) ja4: String,
    pub(super) session_id: String,
    pub(super) compression_methods: Vec<u8>,
    pub(super) point_formats: Vec<u8>,
    pub(super) psk_modes: Vec<u8>,
    pub(super) delegated_credential: Vec<u16>,
    pub(super) certificate_compression: Vec<u16>,
    pub(super) application_settings: Vec<String>,
    pub(super) pre_shared_key: Option<RecordedPsk>,
    pub(super) session_ticket_bytes: Option<u16>,
    pub(super) max_fragment_length: Option<u8>,
    pub(super) record_size_limit: Option<u16>,
    pub(super) heartbeat_mode: Option<u8>,
    pub(super) padding_bytes: Option<u16>,
    pub(super) encrypted_client_hello: Option<RecordedEch>,
    pub(super) unreadable_extensions: Vec<u16>,
}

/// The pre-shared keys that were offered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RecordedPsk {
    pub(super) identity_bytes: Vec<u16>,
    pub(super) binder_bytes: Vec<u16>,
    pub(super) obfuscated_ticket_age: u32,
}

/// Encrypted Client Hello.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RecordedEch {
    pub(super) config_id: Option<u8>,
    pub(super) kdf: Option<u16>,
    pub(super) aead: Option<u16>,
    pub(super) enc_bytes: Option<u16>,
    pub(super) payload_bytes: Option<u16>,
}

/// The reports of a run, looked through for one handshake.
#[derive(Debug)]
pub struct Reports {
    id: String,
    found: Option<Recorded>,
    /// A name that each server served.
    served: HashMap<SocketAddr, String>,
    unreadable: u64,
}

impl Reports {
    /// Looks for the handshake of this id.
    pub fn for_id(id: &str) -> Self {
        Self {
            id: id.to_ascii_lowercase(),
            found: None,
            served: HashMap::new(),
            unreadable: 0,
        }
    }

    /// Takes a line.
    pub fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        match serde_json::from_slice::<Recorded>(line) {
            Ok(report) => self.report(report),
            Err(_) => self.unreadable += 1,
        }
    }

    /// How many lines are no reports.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The handshake, and a name that its server served to somebody else.
    pub fn finish(self) -> Option<(Recorded, Option<String>)> {
        let found = self.found?;
        let address = found.address();
        let served = address.and_then(|address| self.served.get(&address).cloned());
        Some((found, served))
    }

    fn report(&mut self, report: Recorded) {
        if report.id == self.id {
            return self.keep(report);
        }
        let name = report.client_hello.as_ref().and_then(|h| h.sni.clone());
        let established = report.outcome.as_deref() == Some("established");
        if let (true, Some(name), Some(address)) = (established, name, report.address())
            && self.served.len() < MAX_SERVED
        {
            self.served.entry(address).or_insert(name);
        }
    }

    /// A later report of the handshake may correct its verdict; what it does not repeat is kept.
    fn keep(&mut self, report: Recorded) {
        let Some(found) = &mut self.found else {
            self.found = Some(report);
            return;
        };
        found.cause = report.cause.or_else(|| found.cause.take());
        found.outcome = report.outcome.or_else(|| found.outcome.take());
        found.client_hello = report.client_hello.or_else(|| found.client_hello.take());
        found.server = report.server.or(found.server);
    }
}

impl Recorded {
    /// The server's address and port.
    pub fn address(&self) -> Option<SocketAddr> {
        let server = self.server?;
        Some(SocketAddr::new(server.address, server.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_verdict_about_a_handshake_counts_and_a_served_name_is_remembered() {
        let mut reports = Reports::for_id("00AA");
        for line in [
            r#"{"type":"handshake","id":"00aa","cause":"unexplained","server":{"address":"192.0.2.1","port":443},"client_hello":{"versions":["TLS1.2"]}}"#,
            r#"{"type":"handshake","id":"00bb","outcome":"established","server":{"address":"192.0.2.1","port":443},"client_hello":{"sni":"a.example"}}"#,
            r#"{"type":"summary","packets":3}"#,
            "no json",
            "",
            r#"{"type":"revision","id":"00aa","cause":"no-sni-rejected"}"#,
        ] {
            reports.line(line.as_bytes());
        }
        assert_eq!(reports.unreadable(), 1);
        let (found, served) = reports.finish().unwrap();
        assert_eq!(found.cause.as_deref(), Some("no-sni-rejected"));
        assert_eq!(found.client_hello.unwrap().versions, ["TLS1.2"]);
        assert_eq!(served.as_deref(), Some("a.example"));
    }

    #[test]
    fn an_id_that_is_not_there_is_not_found() {
        let mut reports = Reports::for_id("00aa");
        reports.line(br#"{"type":"handshake","id":"00ab"}"#);
        assert!(reports.finish().is_none());
    }
}
