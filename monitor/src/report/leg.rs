//! The interfaces that one handshake passed under several addresses.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::compose::ms;
use super::{Ended, ProxiedPeer};
use crate::flow::{Endpoint, Sides};
use crate::frame::Timestamp;
use crate::handshake::Decision;

/// A connection that carried the handshake past an interface: one of several, as before and behind a DNAT.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LegReport {
    /// The interface that saw it first.
    pub interface: Arc<str>,
    /// Who opened it.
    pub client: ProxiedPeer,
    /// Who was asked.
    pub server: ProxiedPeer,
    /// Who ended it and how; null when it had not ended 50 ms after another leg had.
    pub ended: Option<Ended>,
}

impl LegReport {
    /// The report of a leg whose ClientHello passed at `hello_at`.
    pub fn of(
        interface: Option<Arc<str>>,
        endpoints: Sides<Endpoint>,
        hello_at: Timestamp,
        decision: Option<Decision>,
    ) -> Self {
        let peer = |end: Endpoint| ProxiedPeer {
            address: end.address,
            port: end.port,
        };
        Self {
            interface: interface.unwrap_or_else(|| "unknown".into()),
            client: peer(endpoints.client),
            server: peer(endpoints.server),
            ended: decision.map(|decision| Ended {
                by: decision.by,
                how: decision.how,
                after_ms: Some(ms(decision.at.since(hello_at))),
            }),
        }
    }
}
