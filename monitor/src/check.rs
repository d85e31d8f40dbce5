//! What runbooks read by hand, read by machine: ApigeeRoutes, overrides of Apigee hybrid, Istio Gateways and the TLS
//! secrets that they name, judged by what clients would see on the wire.
//!
//! ```text
//! text --> Node --> Inventory --> rules --> Draft --> wire --> Finding
//!          lines    what counts             which handshakes   what was seen of it
//! ```
//!
//! Nothing here opens a file or asks a cluster. Private keys are wiped when they are dropped, are compared by their public
//! parts, and nothing that holds one can be printed: no such type has `Debug`.

mod credential;
mod draft;
mod inventory;
mod key;
mod line;
mod manifest;
mod node;
mod pem;
mod rules;
mod service;
mod wire;
mod yaml;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use inventory::{Inventory, candidates};
pub(crate) use wire::Observed;
pub(crate) use yaml::YamlError;

use crate::frame::Timestamp;
use crate::report::{Check, Examined, SCHEMA};

/// Judges all that was read, and holds it against the handshakes that were seen.
pub(crate) fn check(inventory: &Inventory, observed: &Observed, now: Timestamp) -> Check {
    let mut drafts = rules::judge(inventory, now);
    observed.join(inventory, &mut drafts);
    let mut findings: Vec<_> = drafts.into_iter().map(|draft| draft.finding).collect();
    // What was seen on the wire first, then by how much it matters; else in the order of the rules.
    findings.sort_by_key(|finding| (finding.severity, finding.seen.is_none()));
    Check {
        schema: Cow::Borrowed(SCHEMA),
        time: now,
        examined: Examined {
            handshakes: observed.handshakes(),
            ..inventory.counts()
        },
        findings,
    }
}
