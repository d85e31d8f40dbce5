//! A probe of a server that takes no hello without a name.

use super::{certificate, client_hello, server_hello};
use crate::frame::Timestamp;
use crate::report::{
    AlertReport, Cause, ClientCertificateWish, Confidence, EndedBy, Probe, ProbeAnswer,
    ProbeExchange, ProbeLike, ProbeQuestion, ProbeTarget, ProbeVerdict, ProbeVerdictKind,
    RetryReport, SCHEMA,
};

/// A probe whose every free string is this one, but for those that have a form.
pub(crate) fn hostile(text: &str) -> Probe {
    let mut probe = probe();
    probe.target.host = Some(text.to_owned());
    probe.target.name = Some(text.to_owned());
    probe.like = Some(ProbeLike {
        id: text.to_owned(),
        cause: None,
        same_ja4: false,
        differences: vec![text.to_owned()],
    });
    for question in &mut probe.questions {
        text.clone_into(&mut question.asked);
        text.clone_into(&mut question.answered);
    }
    if let Some(shown) = &mut probe.questions[0].certificate {
        shown.subject = Some(text.into());
        shown.issuer = Some(text.into());
        shown.names = [text.into()].into();
    }
    probe.verdicts[0].clients = text.to_owned();
    probe.verdicts[0].evidence = vec![text.to_owned()];
    probe.verdicts[0].next = text.into();
    probe.notes = vec![text.to_owned()];
    probe
}

/// A server that takes no hello without a name.
pub(crate) fn probe() -> Probe {
    Probe {
        schema: SCHEMA.into(),
        time: Timestamp(1_747_629_980_117_000_000),
        target: ProbeTarget {
            host: Some("api.example.com".to_owned()),
            address: "10.4.2.7".parse().unwrap(),
            port: 443,
            name: Some("api.example.com".to_owned()),
        },
        like: None,
        questions: vec![with_name(), without_name()],
        verdicts: vec![failure(), limit()],
        notes: vec!["TLS 1.0 is still taken, which RFC 8996 advises against".to_owned()],
    }
}

fn with_name() -> ProbeExchange {
    ProbeExchange {
        question: ProbeQuestion::WithName,
        asked: "with the name api.example.com".to_owned(),
        client_hello: Some(client_hello(Some("api.example.com"))),
        answer: ProbeAnswer::ServerHello,
        answered: "TLS1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 x25519 alpn h2".to_owned(),
        alert: None,
        hello_retry_request: Some(RetryReport {
            group: Some(23),
            group_name: Some("secp256r1"),
            cookie_bytes: None,
        }),
        server_hello: Some(server_hello()),
        group: Some(29),
        certificate: Some(certificate()),
        client_certificate: ClientCertificateWish::NotAsked,
        connect_ms: Some(0.4),
        answer_ms: Some(2.31),
    }
}

fn without_name() -> ProbeExchange {
    ProbeExchange {
        question: ProbeQuestion::WithoutName,
        asked: "without a name".to_owned(),
        client_hello: Some(client_hello(None)),
        answer: ProbeAnswer::Alert,
        answered: "alert unrecognized_name".to_owned(),
        alert: Some(AlertReport {
            from: EndedBy::Server,
            level: Some("fatal"),
            code: Some(112),
            description: Some("unrecognized_name"),
            encrypted: false,
        }),
        hello_retry_request: None,
        server_hello: None,
        group: None,
        certificate: None,
        client_certificate: ClientCertificateWish::NotShown,
        connect_ms: Some(0.4),
        answer_ms: Some(0.3),
    }
}

fn failure() -> ProbeVerdict {
    ProbeVerdict {
        kind: ProbeVerdictKind::Failure,
        cause: Cause::NoSniRejected,
        confidence: Some(Confidence::Certain),
        clients: "clients without a server name".to_owned(),
        evidence: vec!["without a name: alert unrecognized_name after 0.30 ms".to_owned()],
        next: "send SNI".into(),
    }
}

fn limit() -> ProbeVerdict {
    ProbeVerdict {
        kind: ProbeVerdictKind::Limit,
        cause: Cause::ProtocolVersionMismatch,
        confidence: Some(Confidence::Certain),
        clients: "clients that offer only TLS 1.3".to_owned(),
        evidence: vec!["TLS 1.3 alone: alert protocol_version after 0.20 ms".to_owned()],
        next: "compare".into(),
    }
}
