//! The report of a probe.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answer, Ending, Exchange};
use super::verdict::{Finding, Inquiry, findings, notes};
use super::{Asked, Like};
use crate::diagnosis::next_step;
use crate::frame::Timestamp;
use crate::handshake::Retry;
use crate::report::{
    AlertReport, AnswerDetails, CertificateReport, ClientHelloReport, EndedBy, Probe,
    ProbeExchange, ProbeLike, ProbeTarget, ProbeVerdict, RetryReport, SCHEMA, ServerHelloReport,
};
use crate::tls::fingerprint::{ja3, ja3s, ja4};
use crate::tls::{ClientHello, ServerHello, names, text};

/// The longest payload of an ordinary segment over Ethernet.
const SEGMENT: usize = 1448;

/// Whom a probe asks, and since when.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The host as it was given.
    pub host: Option<String>,
    /// The address that is connected to.
    pub address: SocketAddr,
    /// The name that is asked for.
    pub name: Option<String>,
    /// The handshake that is repeated.
    pub like: Option<Like>,
    /// When it began.
    pub time: Timestamp,
}

/// The whole report.
pub fn report(subject: &Subject, exchanges: &[Exchange]) -> Probe {
    let inquiry = Inquiry {
        exchanges,
        at: subject.time,
    };
    let questions = exchanges.iter();
    Probe {
        schema: SCHEMA.into(),
        time: subject.time,
        target: ProbeTarget {
            host: subject.host.clone(),
            address: subject.address.ip(),
            port: subject.address.port(),
            name: subject.name.clone(),
        },
        like: subject.like.as_ref().map(|like| repeated(like, exchanges)),
        questions: questions
            .map(|exchange| exchange_report(exchange, subject.time))
            .collect(),
        verdicts: findings(&inquiry).into_iter().map(verdict).collect(),
        notes: notes(&inquiry),
    }
}

fn repeated(like: &Like, exchanges: &[Exchange]) -> ProbeLike {
    let first = exchanges.first();
    let hello = first.and_then(|exchange| exchange.asked.hello.as_ref());
    ProbeLike {
        id: like.id.clone(),
        cause: like.cause,
        same_ja4: hello.is_some_and(|hello| ja4(hello, 't').as_str() == like.ja4),
        differences: like.differences.clone(),
    }
}

fn verdict(finding: Finding) -> ProbeVerdict {
    let Finding {
        kind,
        clients,
        verdict,
    } = finding;
    ProbeVerdict {
        kind,
        cause: verdict.cause,
        confidence: verdict.confidence,
        clients,
        evidence: verdict.evidence,
        next: next_step(verdict.cause).into(),
    }
}

/// The report of one question and its answer.
pub fn exchange_report(exchange: &Exchange, at: Timestamp) -> ProbeExchange {
    let Exchange { asked, answer } = exchange;
    let hello = answer.hello.as_ref();
    let chain = answer.chain.as_deref();
    let client = asked.hello.as_ref();
    ProbeExchange {
        question: asked.question,
        asked: asked.words.clone(),
        client_hello: client.map(|hello| client_hello(asked, hello)),
        answer: answer.kind(),
        answered: answer.words(),
        alert: alert(answer),
        hello_retry_request: hello
            .filter(|hello| hello.is_hello_retry_request())
            .map(|hello| retry(hello)),
        server_hello: hello
            .filter(|hello| !hello.is_hello_retry_request())
            .map(|hello| server_hello(hello, client.map(Arc::as_ref))),
        group: answer.group,
        certificate: chain.map(|chain| CertificateReport::of(chain, answer.staple.as_deref(), at)),
        client_certificate: answer.wish,
        connect_ms: answer.connect.map(ms),
        answer_ms: answer.connect.map(|_| ms(answer.took)),
    }
}

/// How many segments carried the hello is reckoned for an Ethernet without tunnels.
fn client_hello(asked: &Asked, hello: &Arc<ClientHello>) -> ClientHelloReport {
    let segments = asked.bytes.len().div_ceil(SEGMENT).max(1);
    let segments = u32::try_from(segments).unwrap_or(u32::MAX);
    ClientHelloReport::of(hello, segments, (ja3(hello), ja4(hello, 't')))
}

fn retry(hello: &ServerHello) -> RetryReport {
    RetryReport::of(Retry {
        group: hello.group,
        cookie: hello.details.cookie,
    })
}

fn server_hello(hello: &Arc<ServerHello>, client: Option<&ClientHello>) -> ServerHelloReport {
    let protocol = hello.alpn.first();
    ServerHelloReport {
        version: hello.version(),
        cipher_suite: hello.cipher_suite,
        cipher_suite_name: names::cipher_suite(hello.cipher_suite),
        alpn: protocol.map(|protocol| text::printable(protocol).into()),
        group: hello.group,
        hello_retry_request: false,
        // No question offers a session that the server knows.
        resumed: Some(false),
        resumption: None,
        ja3s: ja3s(hello),
        details: AnswerDetails::of(hello, client),
    }
}

/// The alert that ended it, or the last one of an answer.
fn alert(answer: &Answer) -> Option<AlertReport> {
    let is_answer = matches!(answer.ending, Ending::Alert(_));
    let (level, description) = *answer.alerts.last().filter(|_| is_answer)?;
    Some(AlertReport {
        from: EndedBy::Server,
        level: names::alert_level(level),
        code: Some(description),
        description: names::alert(description),
        encrypted: false,
    })
}

/// Milliseconds, to the microsecond.
fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
