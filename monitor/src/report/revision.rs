//! What was said of a failure, said anew.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Cause, Confidence, Handshake, HandshakeId, Peer, ProxyProtocol, Transport};
use crate::frame::Timestamp;

/// A verdict that later handshakes of the same endpoint have changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Revision {
    /// `tlsmon/v1`.
    pub schema: Cow<'static, str>,
    /// That of the handshake whose verdict it is.
    pub id: HandshakeId,
    /// When it was revised, RFC 3339.
    pub time: Timestamp,
    /// When its connection was first seen: the names are those of that time.
    #[serde(skip)]
    pub begun: Timestamp,
    /// The node that watched; null in replay.
    pub node: Option<Arc<str>>,
    /// What carries the handshake.
    pub transport: Transport,
    /// Who opened the connection.
    pub client: Peer,
    /// Who was asked.
    pub server: Peer,
    /// The PROXY protocol header before the ClientHello; null when there is none.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// The server name that the client asked for; null when there was none.
    pub sni: Option<Arc<str>>,
    /// Why it failed, as it looks now.
    pub cause: Cause,
    /// How sure that is; null for `unexplained`.
    pub confidence: Option<Confidence>,
    /// What it rests on, a sentence each.
    pub evidence: Vec<String>,
    /// What to do next.
    pub next: Option<Cow<'static, str>>,
    /// What was said before.
    pub was: EarlierVerdict,
}

impl Revision {
    /// The handshake as it is reported now. What was said at first stays to be seen.
    pub fn applied_to(&self, handshake: &Handshake) -> Handshake {
        Handshake {
            cause: Some(self.cause),
            confidence: self.confidence,
            evidence: self.evidence.clone(),
            next: self.next.clone(),
            revised: Some(self.time),
            was: handshake.was.or(Some(self.was)),
            ..handshake.clone()
        }
    }
}

/// What was said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EarlierVerdict {
    /// The cause.
    pub cause: Cause,
    /// How sure it was; null for `unexplained`.
    pub confidence: Option<Confidence>,
}
