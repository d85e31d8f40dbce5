//! What `/api/v1/endpoints` says: what completes and what fails at each server.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::frame::Timestamp;
use crate::problems::{self, BUCKET};
use crate::report::{EndpointName, SCHEMA};
use crate::sink::lately::Groups;
use crate::tls::names;

/// What each server did.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct EndpointsAnswer {
    /// `tlsmon/v1`.
    schema: &'static str,
    /// How far the capture has come, RFC 3339: the trends end here.
    time: Timestamp,
    /// How many seconds one number of a trend counts.
    bucket_seconds: u64,
    /// How many endpoints made room for others since the agent started.
    forgotten: u64,
    /// In order of their names.
    endpoints: Vec<EndpointReport>,
}

/// One server.
#[derive(Debug, Serialize, JsonSchema)]
struct EndpointReport {
    /// `namespace/workload` where it is known, else `address:port`.
    endpoint: EndpointName,
    /// How many handshakes completed since it is known.
    established: u64,
    /// How many failed.
    failed: u64,
    /// When one that completed began last; null when none did.
    last_established: Option<Timestamp>,
    /// When one that failed began last; null when none did.
    last_failed: Option<Timestamp>,
    /// How many that completed began in each part of the last minutes, the oldest first.
    established_trend: Vec<u32>,
    /// The same of those that failed.
    failed_trend: Vec<u32>,
    /// Failures by cause.
    causes: BTreeMap<&'static str, u64>,
    /// What completed, by version.
    versions: BTreeMap<String, u64>,
    /// What completed, by cipher suite: its IANA name, else its number.
    cipher_suites: BTreeMap<String, u64>,
    /// What became of each name.
    names: Vec<NameReport>,
    /// Handshakes with names that are not told apart: there are too many.
    other_names: u64,
}

/// One name.
#[derive(Debug, Serialize, JsonSchema)]
struct NameReport {
    /// As in the ClientHello; null for hellos without one.
    name: Option<Arc<str>>,
    /// How many completed.
    established: u64,
    /// How many failed.
    failed: u64,
}

impl EndpointsAnswer {
    pub(super) fn of(groups: &Groups) -> Self {
        let now = groups.problems.now();
        let endpoints = groups.endpoints.in_order().into_iter();
        Self {
            schema: SCHEMA,
            time: now,
            bucket_seconds: BUCKET.as_secs(),
            forgotten: groups.endpoints.forgotten(),
            endpoints: endpoints
                .map(|endpoint| EndpointReport::of(endpoint, now))
                .collect(),
        }
    }
}

impl EndpointReport {
    fn of(endpoint: &problems::Endpoint, now: Timestamp) -> Self {
        let causes = endpoint.causes.iter();
        let versions = endpoint.versions.iter();
        Self {
            endpoint: endpoint.name.clone(),
            established: endpoint.established_count,
            failed: endpoint.failed_count,
            last_established: endpoint.last_established,
            last_failed: endpoint.last_failed,
            established_trend: endpoint.established.counts(now).to_vec(),
            failed_trend: endpoint.failed.counts(now).to_vec(),
            causes: causes
                .map(|(cause, count)| (cause.label(), *count))
                .collect(),
            versions: versions
                .map(|(version, count)| (version.to_string(), *count))
                .collect(),
            cipher_suites: cipher_suites(&endpoint.cipher_suites),
            names: endpoint.names.iter().map(NameReport::of).collect(),
            other_names: endpoint.other_names,
        }
    }
}

impl NameReport {
    fn of((name, facts): (&Arc<str>, &problems::NameFacts)) -> Self {
        Self {
            name: (!name.is_empty()).then(|| Arc::clone(name)),
            established: facts.established,
            failed: facts.failed,
        }
    }
}

fn cipher_suites(counts: &BTreeMap<u16, u64>) -> BTreeMap<String, u64> {
    let named = counts.iter().map(|(code, count)| {
        let name = names::cipher_suite(*code).map(str::to_owned);
        (name.unwrap_or_else(|| format!("0x{code:04x}")), *count)
    });
    named.collect()
}
