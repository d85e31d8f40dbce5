//! What leaves: one Event for each handshake, and one for each stated loss. Schema `tlsmon/v1`, described in docs/schema.md.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::frame::Timestamp;
use crate::label::labelled;
use crate::tls::Version;

mod cause;
mod certificate;
mod check;
mod client_details;
mod compose;
mod endpoint;
mod envelope;
#[cfg(test)]
pub(crate) mod example;
mod extension;
mod hello;
mod id;
mod knock;
mod leg;
mod outcome;
mod probe;
mod protected;
mod resumption;
mod revision;
mod server_details;
mod staple;
mod summary;

pub use cause::{Cause, Confidence};
pub use certificate::{CertificateReport, KeyReport, Validity};
pub use check::{Check, Examined, Finding, Place, Seen, Severity};
pub use client_details::{ClientDetailsReport, OfferedSession};
pub use compose::{Context, compose, revision};
pub use endpoint::EndpointName;
pub use envelope::{ProxiedPeer, ProxyProtocol, Starttls, Tunnel};
pub use extension::{EncryptedHelloKind, EncryptedHelloReport, PskReport};
pub use hello::{AlertReport, ClientHelloFields, ClientHelloReport, Missing, ServerHelloReport};
pub use id::{BadId, HandshakeId};
pub use knock::{Knock, KnockKind, checker};
pub use leg::LegReport;
pub use outcome::{Ended, EndedBy, EndedHow, Outcome, Stage};
pub use probe::{
    ClientCertificateWish, Probe, ProbeAnswer, ProbeExchange, ProbeLike, ProbeQuestion,
    ProbeTarget, ProbeVerdict, ProbeVerdictKind,
};
pub use protected::{Inferred, Protected, ProtectedRecordReport};
pub use resumption::{EarlyDataReport, Resumption};
pub use revision::{EarlierVerdict, Revision};
pub use server_details::{
    AcknowledgedReport, AnswerDetails, AnsweredSession, RetryReport, ServerDetailsReport,
};
pub use staple::{OcspWord, StapleReport};
pub use summary::{Loss, Summary};

/// The name of the schema that every emitted object carries.
pub const SCHEMA: &str = "tlsmon/v1";

/// Everything that leaves the pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A handshake that was decided.
    Handshake(Box<Handshake>),
    /// A verdict that later handshakes have changed.
    Revision(Box<Revision>),
    /// Something that was not seen, and why.
    Loss(Loss),
    /// The count over a whole run or capture.
    Summary(Box<Summary>),
    /// What a probe found. It comes from no pipeline: the probe asks by itself.
    Probe(Box<Probe>),
    /// What was found in the configuration of gateways. It comes from no pipeline either.
    Check(Box<Check>),
}

impl Event {
    /// When it happened; a summary has no time of its own.
    pub const fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Handshake(handshake) => Some(handshake.time),
            Self::Revision(revision) => Some(revision.time),
            Self::Loss(loss) => Some(loss.time),
            Self::Summary(_) => None,
            Self::Probe(probe) => Some(probe.time),
            Self::Check(check) => Some(check.time),
        }
    }
}

/// One handshake: who, what was said, how it ended, and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Handshake {
    /// `tlsmon/v1`.
    pub schema: Cow<'static, str>,
    /// Sixteen hexadecimal digits: the same for every report of this handshake.
    pub id: HandshakeId,
    /// When the connection was first seen, RFC 3339.
    pub time: Timestamp,
    /// The node that watched; null in replay.
    pub node: Option<Arc<str>>,
    /// The interface that saw it first.
    pub interface: Arc<str>,
    /// What carries the handshake.
    pub transport: Transport,
    /// Who opened the connection.
    pub client: Peer,
    /// Who was asked.
    pub server: Peer,
    /// The interfaces that it passed under several addresses, as before and behind a DNAT, the nearest to the client first;
    /// absent when there is but one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<LegReport>,
    /// Seen from the pods of the watching node, where they are known, else from the node.
    pub direction: HandshakeDirection,
    /// The tunnel that its packets came through; null when there is none.
    pub tunnel: Option<Tunnel>,
    /// The PROXY protocol header before the ClientHello; null when there is none.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// The cleartext protocol in which TLS was asked for; null when TLS came first.
    pub starttls: Option<Starttls>,
    /// It took place inside an established connection (TLS 1.2 and before): encrypted, and told by the types of records.
    pub renegotiation: bool,
    /// What the client asked for; null when it was not seen.
    pub client_hello: Option<ClientHelloReport>,
    /// The version offered in a ClientHello of the SSL 2.0 format; null when there was none. It has no extensions.
    pub ssl2_client_hello: Option<Version>,
    /// What a HelloRetryRequest asked for; null when there was none.
    pub hello_retry_request: Option<RetryReport>,
    /// What the server chose; null when it was not seen.
    pub server_hello: Option<ServerHelloReport>,
    /// What became of early data; null when the client announced none.
    pub early_data: Option<EarlyDataReport>,
    /// The server's certificate; null when it was not seen, as in TLS 1.3, where it is encrypted.
    pub certificate: Option<Box<CertificateReport>>,
    /// The encrypted records; null when there were none.
    pub protected: Option<Protected>,
    /// Alerts in the order in which they were seen.
    pub alerts: Vec<AlertReport>,
    /// How far it came.
    pub stage: Stage,
    /// What became of it.
    pub outcome: Outcome,
    /// What it was when nobody spoke; null unless the outcome is `probe`.
    pub probe: Option<Knock>,
    /// Who ended it and how.
    pub ended: Ended,
    /// Why it failed; null when it did not.
    pub cause: Option<Cause>,
    /// How sure the cause is.
    pub confidence: Option<Confidence>,
    /// What the verdict rests on, a sentence each.
    pub evidence: Vec<String>,
    /// What to do next.
    pub next: Option<Cow<'static, str>>,
    /// When its verdict was revised last, RFC 3339; absent when that stands as first said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revised: Option<Timestamp>,
    /// What was said at first; absent when that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<EarlierVerdict>,
    /// How long each phase took.
    pub timing_ms: Timing,
    /// How much of it the capture saw.
    pub capture: Capture,
}

impl Handshake {
    /// Whether this is a failure: it failed, or the client spoke a cleartext protocol that was recognised.
    pub fn is_failure(&self) -> bool {
        match self.outcome {
            Outcome::Failed => true,
            Outcome::NotTls => self.cause.is_some(),
            Outcome::Established | Outcome::Probe | Outcome::Incomplete => false,
        }
    }

    /// The cause of a failure; a failure without one is `unexplained`.
    pub fn cause_or_unexplained(&self) -> Cause {
        self.cause.unwrap_or(Cause::Unexplained)
    }

    /// The name that the client asked for, where it was seen.
    pub fn sni(&self) -> Option<&Arc<str>> {
        self.client_hello.as_ref()?.sni.as_ref()
    }
}

labelled! {
    /// What carries a handshake.
    pub enum Transport {
        /// TLS over TCP.
        Tcp = "tcp",
        /// TLS in QUIC (RFC 9001).
        Quic = "quic",
    }
}

labelled! {
    /// Which way a handshake goes, seen from the watching node.
    pub enum HandshakeDirection {
        /// The client is elsewhere, the server here.
        Inbound = "inbound",
        /// The client is here, the server elsewhere.
        Outbound = "outbound",
        /// The capture does not say.
        Unknown = "unknown",
    }
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Peer {
    /// IP address.
    pub address: IpAddr,
    /// Port.
    pub port: u16,
    /// Pod name; null when not known.
    pub pod: Option<Arc<str>>,
    /// Kubernetes namespace; null when not known.
    pub namespace: Option<Arc<str>>,
    /// Name of the workload that owns the pod; null when not known.
    pub workload: Option<Arc<str>>,
    /// Name of the Kubernetes Service that was asked for; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Arc<str>>,
    /// Name of the node, where the address is a node's own; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Arc<str>>,
}

impl Peer {
    /// An end of which only the address is known.
    pub const fn at(address: IpAddr, port: u16) -> Self {
        Self {
            address,
            port,
            pod: None,
            namespace: None,
            workload: None,
            service: None,
            node: None,
        }
    }
}

/// The duration of each phase in milliseconds; null when its start or its end was not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Timing {
    /// SYN to SYN/ACK.
    pub connect: Option<f64>,
    /// End of the TCP handshake to the last byte of the ClientHello.
    pub client_hello: Option<f64>,
    /// Last byte of the ClientHello to the last byte of the ServerHello.
    pub server_hello: Option<f64>,
    /// Last byte of the ServerHello to the last Finished.
    pub finished: Option<f64>,
}

/// How much of the handshake was captured.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Capture {
    /// Nothing that matters is missing.
    pub complete: bool,
    /// What is missing and why, as in `server: one_sided`.
    pub missing: Vec<String>,
    /// One in how many flows is watched.
    pub sample_rate: u32,
}
