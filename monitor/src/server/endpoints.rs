//! What `/api/v1/endpoints` says: what completes and what fails at each server, and what the verdicts rest on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Serialize;

use super::baselines::{self, BaselineReport, called};
use crate::flow;
use crate::frame::Timestamp;
use crate::problems::{self, STEP_SECONDS, STEPS, Scale};
use crate::report::{EndpointName, SCHEMA};
use crate::sink::baselines::Known;
use crate::sink::lately::Groups;
use crate::tls::{Date, Sha256Text, names};

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
    /// What completed and failed at each server since it is known, in order of their names.
    endpoints: Vec<EndpointReport>,
    /// What the verdicts rest on: what each address did in the last minutes. Null where the capture does not say so in time, as
    /// before it has begun.
    baselines: Option<Vec<BaselineReport>>,
}

/// One server.
#[derive(Debug, Serialize, JsonSchema)]
struct EndpointReport {
    /// `namespace/workload` where it is known, else `address:port`.
    endpoint: EndpointName,
    /// Where it was asked, `address:port`; 64 of a workload that has more.
    addresses: Vec<String>,
    #[serde(skip)]
    places: BTreeSet<flow::Endpoint>,
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
    /// The certificates that it sent, the latest first; of TLS 1.3 they are encrypted.
    certificates: Vec<CertificateSent>,
}

/// A certificate that a server sent.
#[derive(Debug, Serialize, JsonSchema)]
struct CertificateSent {
    /// Whose it is, in the manner of RFC 4514; null when that could not be read.
    subject: Option<Arc<str>>,
    /// Who issued it.
    issuer: Option<Arc<str>>,
    /// The DNS names and IP addresses that it is for.
    names: Arc<[Arc<str>]>,
    /// The first second of its validity, RFC 3339.
    not_before: Option<Date>,
    /// The last second of its validity, RFC 3339.
    not_after: Option<Date>,
    /// SHA-256 of its DER, hexadecimal.
    fingerprint_sha256: Sha256Text,
    /// In how many handshakes it was sent since it is known.
    count: u64,
    /// When the last of them began, RFC 3339.
    last: Timestamp,
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
    /// What is told of the servers in these networks, of all where none is named. The baselines come later: the capture waits
    /// while the groups are borrowed.
    pub(super) fn of(groups: &Groups, servers: &[IpNet]) -> Self {
        let scale = groups.problems.scale();
        let endpoints = groups.endpoints.in_order().into_iter();
        let is_asked = |endpoint: &&problems::Endpoint| {
            let mut places = endpoint.places.iter();
            places.any(|place| is_in(place, servers))
        };
        Self {
            schema: SCHEMA,
            time: scale.now(),
            bucket_seconds: STEP_SECONDS,
            forgotten: groups.endpoints.forgotten(),
            endpoints: endpoints
                .filter(is_asked)
                .map(|endpoint| EndpointReport::of(endpoint, scale))
                .collect(),
            baselines: None,
        }
    }

    /// The same with what the verdicts rest on.
    pub(super) fn with(mut self, known: &Known, servers: &[IpNet]) -> Self {
        let places = self.endpoints.iter().flat_map(|endpoint| {
            let places = endpoint.places.iter();
            places.map(|place| (*place, endpoint.endpoint.clone()))
        });
        let names = places.collect();
        let facts = known.facts.iter();
        let asked = facts.filter(|facts| is_in(&facts.service.1, servers));
        self.baselines = Some(baselines::reports(asked, &names));
        self
    }
}

fn is_in(place: &flow::Endpoint, servers: &[IpNet]) -> bool {
    servers.is_empty() || servers.iter().any(|net| net.contains(&place.address))
}

impl EndpointReport {
    fn of(endpoint: &problems::Endpoint, scale: &Scale) -> Self {
        let causes = endpoint.causes.iter();
        let versions = endpoint.versions.iter();
        Self {
            endpoint: endpoint.name.clone(),
            addresses: endpoint.places.iter().map(ToString::to_string).collect(),
            places: endpoint.places.clone(),
            established: endpoint.established_count,
            failed: endpoint.failed_count,
            last_established: endpoint.last_established,
            last_failed: endpoint.last_failed,
            established_trend: endpoint.established.last(scale, STEPS),
            failed_trend: endpoint.failed.last(scale, STEPS),
            causes: causes
                .map(|(cause, count)| (cause.label(), *count))
                .collect(),
            versions: versions
                .map(|(version, count)| (version.to_string(), *count))
                .collect(),
            cipher_suites: cipher_suites(&endpoint.cipher_suites),
            names: endpoint.names.iter().map(NameReport::of).collect(),
            other_names: endpoint.other_names,
            certificates: endpoint
                .certificates
                .latest_first()
                .into_iter()
                .map(CertificateSent::of)
                .collect(),
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

impl CertificateSent {
    fn of(certificate: &problems::Certificate) -> Self {
        Self {
            subject: certificate.subject.clone(),
            issuer: certificate.issuer.clone(),
            names: Arc::clone(&certificate.names),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            fingerprint_sha256: certificate.fingerprint,
            count: certificate.count,
            last: certificate.last,
        }
    }
}

fn cipher_suites(counts: &BTreeMap<u16, u64>) -> BTreeMap<String, u64> {
    let counted = |(code, count): (&u16, &u64)| (called(*code, names::cipher_suite), *count);
    counts.iter().map(counted).collect()
}

#[cfg(test)]
mod tests;
