//! Writes the report of a verdict that has changed.

use std::sync::Arc;

use super::{peer, proxy_protocol};
use crate::diagnosis::{Revised, next_step};
use crate::report::{EarlierVerdict, HandshakeId, Revision, SCHEMA};

/// The report of a verdict that has changed; `node` is the name of the watching node.
pub fn revision(revised: Revised<'_>, node: Option<&Arc<str>>) -> Revision {
    let Revised { case, verdict, was } = revised;
    let talk = case.talk;
    Revision {
        schema: SCHEMA.into(),
        id: HandshakeId::of(talk),
        time: case.now(),
        begun: talk.begun,
        node: node.cloned(),
        transport: talk.carrier.transport(),
        client: peer(talk.endpoints.client),
        server: peer(talk.endpoints.server),
        proxy_protocol: talk.preamble.proxy().map(proxy_protocol),
        sni: talk
            .progress
            .asked_name()
            .map(|name| name.to_string().into()),
        cause: verdict.cause,
        confidence: verdict.confidence,
        evidence: verdict.evidence,
        next: Some(next_step(verdict.cause).into()),
        was: EarlierVerdict {
            cause: was.0,
            confidence: was.1,
        },
    }
}
