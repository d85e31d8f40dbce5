//! What `tlsmon probe` asked a server, what it answered, and what follows.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    AlertReport, Cause, CertificateReport, ClientHelloReport, Confidence, RetryReport,
    ServerHelloReport,
};
use crate::frame::Timestamp;
use crate::label::labelled;

labelled! {
    /// What a server is asked. Each question is one connection with one ClientHello.
    pub enum ProbeQuestion {
        /// What a client of today offers, for the name.
        WithName = "with_name",
        /// The same without a server name.
        WithoutName = "without_name",
        /// The same for a name that nobody serves.
        OtherName = "other_name",
        /// TLS 1.3 alone.
        Tls13 = "tls_1_3",
        /// TLS 1.2 alone. Its answer shows the certificates.
        Tls12 = "tls_1_2",
        /// TLS 1.1 alone.
        Tls11 = "tls_1_1",
        /// TLS 1.0 alone.
        Tls10 = "tls_1_0",
        /// Of cipher suites, ECDHE with AES-GCM or ChaCha20-Poly1305 alone (TLS 1.2).
        Aead = "aead",
        /// ECDHE with AES-CBC alone.
        Cbc = "cbc",
        /// RSA key exchange alone.
        RsaKeyExchange = "rsa_key_exchange",
        /// 3DES, RC4, DES, export ciphers, no cipher, no certificate.
        Weak = "weak",
        /// HTTP/2 alone.
        AlpnH2 = "alpn_h2",
        /// HTTP/1.1 alone.
        AlpnHttp11 = "alpn_http_1_1",
        /// No application protocol.
        AlpnNone = "alpn_none",
        /// A protocol that nobody speaks.
        AlpnOther = "alpn_other",
        /// With a post-quantum key share, as browsers send it: 1,200 bytes more, so two segments.
        PostQuantum = "post_quantum",
        /// The same in small segments.
        PostQuantumInPieces = "post_quantum_in_pieces",
        /// The first question once more: does the server always answer alike?
        Again = "again",
        /// The hello of the report, as it was.
        SameHello = "same_hello",
        /// That with a name.
        SameWithName = "same_with_name",
        /// That without its name.
        SameWithoutName = "same_without_name",
        /// That with every version.
        SameWithVersions = "same_with_versions",
        /// That with the cipher suites of today.
        SameWithSuites = "same_with_suites",
        /// That with the groups of today.
        SameWithGroups = "same_with_groups",
        /// That with the signature schemes of today.
        SameWithSchemes = "same_with_schemes",
        /// That without application protocols.
        SameWithoutAlpn = "same_without_alpn",
        /// That without post-quantum groups.
        SameWithoutPostQuantum = "same_without_post_quantum",
        /// That in small segments.
        SameInPieces = "same_in_pieces",
    }
}

labelled! {
    /// What a server did.
    pub enum ProbeAnswer {
        /// It answered with a ServerHello.
        ServerHello = "server_hello",
        /// It asked for another ClientHello, with another key share.
        HelloRetryRequest = "hello_retry_request",
        /// An alert.
        Alert = "alert",
        /// An RST after the hello.
        Reset = "reset",
        /// A FIN after the hello.
        Close = "close",
        /// Nothing, until time was up.
        Silence = "silence",
        /// Cleartext.
        Cleartext = "cleartext",
        /// Bytes that make no sense as TLS, or more of them than any answer takes.
        Malformed = "malformed",
        /// The connection was set up, and ended before the hello was sent.
        HungUp = "hung_up",
        /// The connection was refused.
        Refused = "refused",
        /// The connection attempt was not answered.
        ConnectTimeout = "connect_timeout",
        /// There is no way to the address.
        Unreachable = "unreachable",
    }
}

labelled! {
    /// Whether a server wants the client's certificate, as far as TLS 1.2 and before show it.
    pub enum ClientCertificateWish {
        /// It did not ask.
        NotAsked = "not_asked",
        /// It asked, and went on without.
        Optional = "optional",
        /// It asked, and refused to go on without.
        Required = "required",
        /// The answer does not show it: TLS 1.3, or no answer.
        NotShown = "not_shown",
    }
}

labelled! {
    /// How much a verdict of a probe matters.
    pub enum ProbeVerdictKind {
        /// Ordinary clients fail.
        Failure = "failure",
        /// Clients fail that offer nothing else than what is named: often so on purpose.
        Limit = "limit",
    }
}

/// What a probe asked a server, what it answered, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Probe {
    /// `tlsmon/v1`.
    pub schema: Cow<'static, str>,
    /// When the probe began, RFC 3339.
    pub time: Timestamp,
    /// Whom it asked.
    pub target: ProbeTarget,
    /// The handshake that it repeats; null when it asks the questions of the runbook.
    pub like: Option<ProbeLike>,
    /// Questions and answers, in the order in which they were asked.
    pub questions: Vec<ProbeExchange>,
    /// Why clients fail, what matters most first; empty when none does.
    pub verdicts: Vec<ProbeVerdict>,
    /// What else is worth to be known, a sentence each.
    pub notes: Vec<String>,
}

impl Probe {
    /// How many verdicts say that ordinary clients fail.
    pub fn failures(&self) -> u64 {
        let failures = self.verdicts.iter();
        let failures = failures.filter(|verdict| verdict.kind == ProbeVerdictKind::Failure);
        failures.map(|_| 1).sum()
    }
}

/// Whom a probe asks.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProbeTarget {
    /// The host as it was given; null when the address comes from a report.
    pub host: Option<String>,
    /// The address that was connected to.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The server name that was asked for; null when none was known.
    pub name: Option<String>,
}

/// The handshake that a probe repeats.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProbeLike {
    /// Its id.
    pub id: String,
    /// Why it failed, by its report; null when it did not, or the word is not known here.
    pub cause: Option<Cause>,
    /// The fingerprint JA4 of its hello, and of the one that repeats it, are the same.
    pub same_ja4: bool,
    /// In what the hello differs from it, a sentence each.
    pub differences: Vec<String>,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProbeExchange {
    /// What was asked.
    pub question: ProbeQuestion,
    /// The same for people.
    pub asked: String,
    /// The hello that was sent.
    pub client_hello: Option<ClientHelloReport>,
    /// What the server did.
    pub answer: ProbeAnswer,
    /// The same for people.
    pub answered: String,
    /// The alert that ended it; null when none did.
    pub alert: Option<AlertReport>,
    /// What a HelloRetryRequest asked for; null when there was none.
    pub hello_retry_request: Option<RetryReport>,
    /// What the server chose; null when there was no ServerHello.
    pub server_hello: Option<ServerHelloReport>,
    /// The group of the key exchange, in any version; null when it was not named.
    pub group: Option<u16>,
    /// The server's certificate; null when it was not seen, as in TLS 1.3, where it is encrypted.
    pub certificate: Option<CertificateReport>,
    /// Whether the server wants the client's certificate.
    pub client_certificate: ClientCertificateWish,
    /// How long the connection took to be set up; null when it was not.
    pub connect_ms: Option<f64>,
    /// From the hello to the ServerHello, or to what came instead of it; null when no hello was sent.
    pub answer_ms: Option<f64>,
}

/// Why clients fail.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProbeVerdict {
    /// How much it matters.
    pub kind: ProbeVerdictKind,
    /// Why.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Option<Confidence>,
    /// Which clients fail.
    pub clients: String,
    /// What it rests on, a sentence each.
    pub evidence: Vec<String>,
    /// What to do next.
    pub next: Arc<str>,
}
