//! Writes the report of a decided handshake.

use std::sync::Arc;
use std::time::Duration;

use super::{
    AlertReport, AnswerDetails, Capture, CertificateReport, ClientHelloReport, EarlyDataReport,
    Ended, EndedHow, Handshake, HandshakeDirection, HandshakeId, Knock, Missing, Outcome, Peer,
    ProxiedPeer, ProxyProtocol, RetryReport, SCHEMA, ServerHelloReport, Timing, Transport, Tunnel,
};
use crate::diagnosis::{Case, Verdict, next_step};
use crate::flow::{Endpoint, Side};
use crate::frame::{Direction, Timestamp};
use crate::handshake::{Conversation, EarlyData, ProxyHeader, Resumed, SeenAlert, ended_by};
use crate::stream::Gap;
use crate::tls::fingerprint::Fingerprints;
use crate::tls::{ClientHello, ServerHello, names, text};
use crate::wire::Outer;

mod protected;
mod revision;

pub use revision::revision;

/// What the report says beside what was seen in the packets.
#[derive(Debug)]
pub struct Context<'a> {
    /// The name of the watching node.
    pub node: Option<&'a Arc<str>>,
    /// The name of the interface that saw it first.
    pub interface: Option<&'a Arc<str>>,
    /// One in how many flows is watched.
    pub sample_rate: u32,
    /// Takes the fingerprints of hellos.
    pub fingerprints: &'a mut Fingerprints,
}

/// The report of a decided handshake.
pub fn compose(
    case: &Case<'_>,
    verdict: Option<Verdict>,
    context: &mut Context<'_>,
) -> Box<Handshake> {
    let talk = case.talk;
    let why = verdict.as_ref().map(|verdict| verdict.cause);
    let confidence = verdict.as_ref().and_then(|verdict| verdict.confidence);
    Box::new(Handshake {
        schema: SCHEMA.into(),
        id: HandshakeId::of(talk),
        time: talk.begun,
        node: context.node.cloned(),
        interface: context
            .interface
            .cloned()
            .unwrap_or_else(|| "unknown".into()),
        transport: talk.carrier.transport(),
        client: peer(talk.endpoints.client),
        server: peer(talk.endpoints.server),
        legs: case.legs.clone(),
        direction: direction(talk.client_direction),
        tunnel: talk.tunnel.as_deref().map(tunnel),
        proxy_protocol: talk.preamble.proxy().map(proxy_protocol),
        starttls: talk.preamble.starttls(),
        renegotiation: talk.progress.renegotiates,
        client_hello: talk
            .progress
            .client_hello
            .as_ref()
            .map(|(hello, _)| client_hello(hello, talk, context.fingerprints)),
        ssl2_client_hello: talk.progress.ssl2_hello,
        hello_retry_request: talk.progress.retry.map(RetryReport::of),
        server_hello: talk
            .progress
            .server_hello
            .as_ref()
            .map(|(hello, _)| server_hello(hello, talk, context.fingerprints)),
        early_data: talk.progress.early_data().map(early_data),
        certificate: certificate(case),
        protected: protected::records(&talk.progress),
        alerts: alerts(case),
        stage: if case.decision.outcome == Outcome::Established {
            super::Stage::Established
        } else {
            talk.progress.stage()
        },
        outcome: case.decision.outcome,
        probe: Knock::of(case),
        ended: ended(case),
        cause: why,
        confidence,
        evidence: verdict.map_or_else(Vec::new, |verdict| verdict.evidence),
        next: why.map(|cause| next_step(cause).into()),
        revised: None,
        was: None,
        timing_ms: timing(talk),
        capture: capture(case, context.sample_rate),
    })
}

const fn peer(endpoint: Endpoint) -> Peer {
    Peer::at(endpoint.address, endpoint.port)
}

const fn tunnel(outer: &Outer) -> Tunnel {
    Tunnel {
        kind: outer.kind,
        id: outer.id,
        client_end: outer.source,
        server_end: outer.destination,
    }
}

fn proxy_protocol(header: &ProxyHeader) -> ProxyProtocol {
    let proxied = |end: Endpoint| ProxiedPeer {
        address: end.address,
        port: end.port,
    };
    ProxyProtocol {
        version: header.version,
        client: header.ends.map(|(client, _)| proxied(client)),
        server: header.ends.map(|(_, server)| proxied(server)),
    }
}

const fn direction(client: Direction) -> HandshakeDirection {
    match client {
        Direction::Ingress => HandshakeDirection::Inbound,
        Direction::Egress => HandshakeDirection::Outbound,
        Direction::Unknown => HandshakeDirection::Unknown,
    }
}

fn client_hello(
    hello: &Arc<ClientHello>,
    talk: &Conversation,
    fingerprints: &mut Fingerprints,
) -> ClientHelloReport {
    let letter = if talk.carrier.transport() == Transport::Quic {
        'q'
    } else {
        't'
    };
    ClientHelloReport::of(
        hello,
        talk.hello_segments,
        fingerprints.client(hello, letter),
    )
}

fn server_hello(
    hello: &Arc<ServerHello>,
    talk: &Conversation,
    fingerprints: &mut Fingerprints,
) -> ServerHelloReport {
    let client = talk
        .progress
        .client_hello
        .as_ref()
        .map(|(client, _)| &**client);
    let (resumed, resumption) = match talk.progress.resumed() {
        Resumed::Yes(how) => (Some(true), how),
        Resumed::No => (Some(false), None),
        Resumed::Unknown => (None, None),
    };
    ServerHelloReport {
        version: hello.version(),
        cipher_suite: hello.cipher_suite,
        cipher_suite_name: names::cipher_suite(hello.cipher_suite),
        alpn: hello
            .alpn
            .first()
            .map(|protocol| text::printable(protocol).into()),
        group: hello.group,
        hello_retry_request: talk.progress.retried,
        resumed,
        resumption,
        ja3s: fingerprints.server(hello),
        details: AnswerDetails::of(hello, client),
    }
}

fn certificate(case: &Case<'_>) -> Option<Box<CertificateReport>> {
    let (chain, at) = case.chain.as_ref()?;
    let report = CertificateReport::of(chain, case.staple.as_ref(), *at);
    Some(Box::new(report))
}

const fn early_data(what: EarlyData) -> EarlyDataReport {
    let (accepted, inferred) = match what {
        EarlyData::Accepted => (Some(true), true),
        EarlyData::Rejected => (Some(false), true),
        EarlyData::RuledOut => (Some(false), false),
        EarlyData::Unknown => (None, false),
    };
    EarlyDataReport { accepted, inferred }
}

fn alerts(case: &Case<'_>) -> Vec<AlertReport> {
    let seen = case.talk.progress.alerts.iter().map(plain_alert);
    let is_inferred = case.decision.how == EndedHow::Alert && case.final_alert().is_none();
    let inferred = is_inferred.then_some(AlertReport {
        from: case.decision.by,
        level: None,
        code: None,
        description: None,
        encrypted: true,
    });
    seen.chain(inferred).collect()
}

fn plain_alert(alert: &SeenAlert) -> AlertReport {
    AlertReport {
        from: ended_by(alert.from),
        level: names::alert_level(alert.level),
        code: Some(alert.description),
        description: names::alert(alert.description),
        encrypted: false,
    }
}

fn ended(case: &Case<'_>) -> Ended {
    let after_ms = (case.decision.how != EndedHow::None).then(|| ms(case.delay()));
    Ended {
        by: case.decision.by,
        how: case.decision.how,
        after_ms,
    }
}

fn timing(talk: &Conversation) -> Timing {
    let hello = talk.progress.client_hello.as_ref().map(|(_, at)| *at);
    let answer = talk.progress.server_hello.as_ref().map(|(_, at)| *at);
    let sides = &talk.progress.sides;
    let tcp = talk.carrier.tcp();
    let finished = sides.client.finished.max(sides.server.finished);
    Timing {
        connect: tcp.and_then(|tcp| between(tcp.syn, tcp.syn_ack)),
        client_hello: between(talk.carrier.opened(), hello),
        server_hello: between(hello, answer),
        finished: between(answer, finished),
    }
}

fn between(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<f64> {
    Some(ms(end?.since(start?)))
}

/// Milliseconds, to the microsecond.
#[expect(clippy::cast_precision_loss, reason = "exact for 285 years")]
pub(super) fn ms(duration: Duration) -> f64 {
    const HALF: Duration = Duration::from_nanos(500);
    let micros = duration.saturating_add(HALF).as_micros();
    u64::try_from(micros).unwrap_or(u64::MAX) as f64 / 1e3
}

fn capture(case: &Case<'_>, sample_rate: u32) -> Capture {
    let mut missing: Vec<String> = [Side::Client, Side::Server]
        .into_iter()
        .filter_map(|side| unseen(case, side))
        .collect();
    if case.talk.progress.renegotiates {
        missing.push(entry("client_hello", Missing::Encrypted));
    } else if case.talk.joined_late && case.hello().is_none() {
        missing.push(entry("client_hello", Missing::JoinedLate));
    } else if case.talk.lacks_hello() {
        missing.push(entry("client_hello", Missing::Gap));
    }
    if case.decision.outcome == Outcome::Incomplete && missing.is_empty() {
        missing.push(entry("end", Missing::CaptureEnded));
    }
    Capture {
        complete: missing.is_empty(),
        missing,
        sample_rate,
    }
}

/// What is missing of one side, if it matters: a side that never spoke because it had no reason to is not missing.
fn unseen(case: &Case<'_>, side: Side) -> Option<String> {
    let incomplete = case.decision.outcome == Outcome::Incomplete;
    let silent = incomplete && !case.talk.has_seen(side);
    // A hole that may yet be filled is missing only if the decision had to do without what is in it.
    let hole = if incomplete {
        case.talk.gap(side)
    } else {
        case.talk.streams[side].gap()
    };
    let reason = match hole {
        _ if silent => Missing::OneSided,
        Some(Gap::Lost | Gap::Overflow) => Missing::Gap,
        Some(Gap::Truncated) => Missing::Truncated,
        None => return None,
    };
    Some(entry(ended_by(side).label(), reason))
}

fn entry(what: &str, reason: Missing) -> String {
    format!("{what}: {reason}")
}
