//! What `/api/v1/endpoints` says of the baselines: what the verdicts rest on.

use std::net::IpAddr;

use hashbrown::HashMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnosis::{Facts, Named, Negotiated, Refusals, Tried};
use crate::flow::{Endpoint, Protocol};
use crate::frame::Timestamp;
use crate::report::{EndpointName, Transport};
use crate::tls::{names, text};

/// What one endpoint did in the last five minutes and the minute that is filling: what verdicts are held against.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BaselineReport {
    /// Which server this belongs to, as in `endpoints`.
    endpoint: EndpointName,
    /// What carries its handshakes.
    transport: Transport,
    /// Its address.
    address: IpAddr,
    /// Its port.
    port: u16,
    /// When it last did anything, RFC 3339.
    last: Timestamp,
    /// Whether nothing speaks against its being up: while it is not, no verdict on a refusal is certain.
    up: bool,
    /// Hellos that carried a name.
    with_sni: TriedReport,
    /// Hellos that carried none.
    without_sni: TriedReport,
    /// What it negotiates.
    negotiated: NegotiatedReport,
    /// The names that it answers, those that were tried most first. Names that it never answered are not told apart.
    names: Vec<NamedReport>,
    /// How many more names it answers.
    other_names: usize,
    /// Whether the verdicts know every name that it answers; false where there are too many.
    all_names_known: bool,
    /// What it refused without saying why since it last answered anybody; null where that is nothing.
    refusals: Option<RefusalsReport>,
}

/// How often something was tried, and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
struct TriedReport {
    /// The handshake completed.
    completed: u32,
    /// The server answered with a ServerHello or HelloRetryRequest, whatever came later.
    answered: u32,
    /// The server ended it before any ServerHello.
    refused: u32,
    /// Of those, by RST.
    reset: u32,
    /// Of those that completed, the client sent a certificate (TLS 1.2 and before, where that can be seen).
    client_certificate: u32,
    /// Of those that completed, the client was asked for a certificate and sent none.
    no_client_certificate: u32,
}

/// One name.
#[derive(Debug, Serialize, JsonSchema)]
struct NamedReport {
    /// As in the ClientHello, escaped where it is not printable ASCII.
    name: String,
    /// What came of it.
    #[serde(flatten)]
    tried: TriedReport,
}

/// What an endpoint negotiates: IANA's names, else numbers.
#[derive(Debug, Serialize, JsonSchema)]
struct NegotiatedReport {
    /// Protocol versions.
    versions: Vec<String>,
    /// Cipher suites.
    cipher_suites: Vec<String>,
    /// Groups of the key exchange.
    groups: Vec<String>,
    /// Schemes that the server signs with, where they can be seen: TLS 1.2.
    signature_schemes: Vec<String>,
    /// Application protocols, where they can be seen: TLS 1.2 and before.
    alpn: Vec<String>,
    /// Whether this is all that was negotiated; false where there was too much to hold.
    complete: bool,
}

/// A run of refusals: nobody was answered in between.
#[derive(Debug, Serialize, JsonSchema)]
struct RefusalsReport {
    /// When the first came, RFC 3339.
    since: Timestamp,
    /// When the last came, RFC 3339.
    last: Timestamp,
    /// How many.
    count: u32,
    /// Of those, hellos without a name.
    without_sni: u32,
    /// At least so many different names.
    names_at_least: u32,
    /// At least so many different clients.
    clients_at_least: u32,
    /// Among them are names, or hellos without one, that were answered shortly before.
    answered_before: bool,
}

/// Reports in order of the names of the endpoints. An endpoint of which no name is known is called by its address.
pub(super) fn reports<'a>(
    facts: impl Iterator<Item = &'a Facts>,
    names: &HashMap<Endpoint, EndpointName>,
) -> Vec<BaselineReport> {
    let report = |facts: &Facts| {
        let place = facts.service.1;
        let known = names.get(&place).cloned();
        let name = known.unwrap_or(EndpointName::Address(place.address, place.port));
        BaselineReport::of(name, facts)
    };
    let mut reports: Vec<_> = facts.map(report).collect();
    reports.sort_by(|a, b| a.order().cmp(&b.order()));
    reports
}

impl BaselineReport {
    fn of(endpoint: EndpointName, facts: &Facts) -> Self {
        let (protocol, place) = facts.service;
        let named = |named: &Named| NamedReport {
            name: text::printable(&named.name).into_owned(),
            tried: TriedReport::of(named.tried),
        };
        Self {
            endpoint,
            transport: match protocol {
                Protocol::Tcp => Transport::Tcp,
                Protocol::Udp => Transport::Quic,
            },
            address: place.address,
            port: place.port,
            last: facts.last_use,
            up: facts.is_up,
            with_sni: TriedReport::of(facts.with_sni),
            without_sni: TriedReport::of(facts.without_sni),
            negotiated: NegotiatedReport::of(&facts.negotiated),
            names: facts.names.iter().map(named).collect(),
            other_names: facts.other_names,
            all_names_known: facts.knows_all_names,
            refusals: facts.refusals.as_ref().map(RefusalsReport::of),
        }
    }

    fn order(&self) -> (&EndpointName, IpAddr, u16, &str) {
        (
            &self.endpoint,
            self.address,
            self.port,
            self.transport.label(),
        )
    }
}

impl TriedReport {
    const fn of(tried: Tried) -> Self {
        Self {
            completed: tried.completed,
            answered: tried.answered,
            refused: tried.refused,
            reset: tried.reset,
            client_certificate: tried.certified,
            no_client_certificate: tried.uncertified,
        }
    }
}

impl NegotiatedReport {
    fn of(negotiated: &Negotiated) -> Self {
        let named = |codes: &[u16], name: fn(u16) -> Option<&'static str>| {
            codes.iter().map(|code| called(*code, name)).collect()
        };
        let versions = negotiated.versions.iter();
        let protocols = negotiated.protocols.iter();
        Self {
            versions: versions.map(ToString::to_string).collect(),
            cipher_suites: named(&negotiated.suites, names::cipher_suite),
            groups: named(&negotiated.groups, names::group),
            signature_schemes: named(&negotiated.schemes, names::signature_scheme),
            alpn: protocols
                .map(|name| text::printable(name).into_owned())
                .collect(),
            complete: negotiated.is_whole,
        }
    }
}

impl RefusalsReport {
    const fn of(refusals: &Refusals) -> Self {
        Self {
            since: refusals.since,
            last: refusals.last,
            count: refusals.count,
            without_sni: refusals.nameless,
            names_at_least: refusals.names(),
            clients_at_least: refusals.clients(),
            answered_before: refusals.served,
        }
    }
}

/// What IANA calls a code point, else its number.
pub(super) fn called(code: u16, name: fn(u16) -> Option<&'static str>) -> String {
    name(code).map_or_else(|| format!("0x{code:04x}"), str::to_owned)
}
