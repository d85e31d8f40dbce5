//! What `tlsmon check` found in the configuration of gateways, and what the wire says about it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::Cause;
use crate::frame::Timestamp;
use crate::label::labelled;

labelled! {
    /// How much a finding matters.
    pub enum Severity {
        /// Clients fail.
        Failure = "failure",
        /// Some clients fail, or all will soon.
        Risk = "risk",
        /// Worth to be known; nobody need fail.
        Note = "note",
    }
}

/// What was found in the configuration of gateways.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// `tlsmon/v1`.
    pub schema: Cow<'static, str>,
    /// When it was checked, RFC 3339: dates of certificates are held against this.
    pub time: Timestamp,
    /// What was there to check.
    pub examined: Examined,
    /// What was found, what matters most first.
    pub findings: Vec<Finding>,
}

impl Check {
    /// How many findings say that clients fail.
    pub fn failures(&self) -> u64 {
        let failures = self.findings.iter();
        let failures = failures.filter(|finding| finding.severity == Severity::Failure);
        failures.map(|_| 1).sum()
    }
}

/// What was there to check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Examined {
    /// Gateways of Istio.
    pub gateways: u64,
    /// ApigeeRoutes.
    pub routes: u64,
    /// Entries of `virtualhosts` in an overrides file of Apigee hybrid.
    pub virtualhosts: u64,
    /// Secrets.
    pub secrets: u64,
    /// Objects of other kinds, which are left alone.
    pub others: u64,
    /// Handshakes that the findings were held against.
    pub handshakes: u64,
}

/// One thing that is wrong, or worth to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What the wire shows of it; null where it shows nothing.
    pub cause: Option<Cause>,
    /// What is wrong, in a sentence.
    pub what: String,
    /// Where.
    pub place: Place,
    /// Why it matters to clients.
    pub why: String,
    /// How to mend it.
    pub fix: String,
    /// Handshakes that show it; null when none was seen.
    pub seen: Option<Seen>,
}

/// Where a finding is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Place {
    /// The file; null when it comes from a cluster or from the wire.
    pub file: Option<String>,
    /// The line in the file, from 1; null when not known.
    pub line: Option<u32>,
    /// The object, as in `Gateway istio-system/public`.
    pub object: String,
    /// The field in it, as in `spec.servers[0].tls.credentialName`; null when it is about the whole.
    pub field: Option<String>,
}

/// Handshakes that show what a finding says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seen {
    /// How many handshakes.
    pub handshakes: u64,
    /// How many client addresses.
    pub clients: u64,
    /// Some of the addresses, at most five.
    pub addresses: Vec<String>,
}
