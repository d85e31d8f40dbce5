//! Reports for tests: one of each kind.

use std::sync::Arc;

use arrayvec::ArrayString;

use crate::frame::Timestamp;
use crate::report::{
    AlertReport, AnswerDetails, AnsweredSession, Capture, Cause, CertificateReport,
    ClientHelloReport, Confidence, EarlierVerdict, EarlyDataReport, Ended, EndedBy, EndedHow,
    Event, Handshake, HandshakeDirection, HandshakeId, Inferred, KeyReport, Knock, KnockKind, Loss,
    Missing, OcspWord, Outcome, Peer, Protected, ProtectedRecordReport, RetryReport, Revision,
    SCHEMA, ServerHelloReport, Stage, StapleReport, Summary, Timing, Transport, Validity,
};
use crate::tls::samples::{extension, vec16};
use crate::tls::{ClientHello, Date, ServerHello, U16s, Version};

pub(crate) mod check;
pub(crate) mod probe;

/// One event of every kind, and of every outcome.
pub(crate) fn events() -> Vec<Event> {
    let mut probe = no_sni();
    probe.outcome = Outcome::Probe;
    probe.probe = Some(Knock {
        kind: KnockKind::HealthCheck,
        source: Some("Google Cloud"),
    });
    probe.client_hello = None;
    probe.cause = None;
    probe.confidence = None;
    probe.evidence.clear();
    probe.next = None;
    let mut incomplete = probe.clone();
    incomplete.probe = None;
    incomplete.outcome = Outcome::Incomplete;
    incomplete.capture.complete = false;
    incomplete.capture.missing = vec!["server: one_sided".to_owned()];
    let handshakes = [no_sni(), established(), plaintext(), probe, incomplete];
    let mut events: Vec<_> = handshakes
        .into_iter()
        .map(|h| Event::Handshake(Box::new(h)))
        .collect();
    events.push(Event::Revision(Box::new(revision())));
    events.push(Event::Loss(loss()));
    events.push(Event::Summary(Box::new(summary())));
    events.push(Event::Probe(Box::new(probe::probe())));
    events.push(Event::Check(Box::new(check::check())));
    events
}

/// Something that the kernel could not hand over.
pub(crate) fn loss() -> Loss {
    Loss {
        schema: SCHEMA.into(),
        time: Timestamp(1_747_629_981_000_000_000),
        place: "kernel".into(),
        reason: "ring_full".into(),
        count: 12,
    }
}

fn summary() -> Summary {
    Summary {
        schema: SCHEMA.into(),
        packets: 9,
        outcomes: [("failed", 1)].into(),
        causes: [("no-sni-rejected", 1)].into(),
        lost: [("kernel/ring_full".to_owned(), 12)].into(),
    }
}

/// What was not explained at first, and is now.
pub(crate) fn revision() -> Revision {
    let first = no_sni();
    let evidence = [
        "server RST 0.3 ms after a ClientHello without server_name",
        "3 hellos with SNI completed on this endpoint in the last 5 min",
    ];
    Revision {
        schema: SCHEMA.into(),
        id: first.id,
        time: Timestamp(1_747_629_983_500_000_000),
        begun: Timestamp(1_747_629_980_117_000_000),
        node: first.node,
        transport: first.transport,
        client: first.client,
        server: first.server,
        proxy_protocol: None,
        sni: None,
        cause: Cause::NoSniRejected,
        confidence: Some(Confidence::Certain),
        evidence: evidence.map(str::to_owned).to_vec(),
        next: first.next,
        was: EarlierVerdict {
            cause: Cause::Unexplained,
            confidence: None,
        },
    }
}

/// A server that resets a ClientHello without server_name.
pub(crate) fn no_sni() -> Handshake {
    let evidence = [
        "server RST 0.3 ms after a ClientHello without server_name",
        "37 hellos with SNI completed on this endpoint in the last 5 min",
    ];
    Handshake {
        schema: SCHEMA.into(),
        id: HandshakeId(0x0011_2233_4455_66ff),
        time: Timestamp(1_747_629_980_117_000_000),
        node: Some("node-1".into()),
        interface: "eth0".into(),
        transport: Transport::Tcp,
        client: peer("10.138.0.28", 19432),
        server: gateway(),
        legs: Vec::new(),
        direction: HandshakeDirection::Inbound,
        tunnel: None,
        proxy_protocol: None,
        starttls: None,
        renegotiation: false,
        client_hello: Some(client_hello(None)),
        ssl2_client_hello: None,
        hello_retry_request: None,
        server_hello: None,
        early_data: None,
        certificate: None,
        protected: None,
        alerts: Vec::new(),
        stage: Stage::ClientHello,
        outcome: Outcome::Failed,
        probe: None,
        ended: Ended {
            by: EndedBy::Server,
            how: EndedHow::Reset,
            after_ms: Some(0.31),
        },
        cause: Some(Cause::NoSniRejected),
        confidence: Some(Confidence::Certain),
        evidence: evidence.map(str::to_owned).to_vec(),
        next: Some("send SNI, or enable a wildcard route for non-SNI clients".into()),
        revised: None,
        was: None,
        timing_ms: Timing {
            connect: Some(0.4),
            client_hello: Some(0.1),
            ..Timing::default()
        },
        capture: Capture {
            complete: true,
            missing: Vec::new(),
            sample_rate: 1,
        },
    }
}

/// A handshake that completed.
pub(crate) fn established() -> Handshake {
    Handshake {
        client_hello: Some(client_hello(Some("api.example.com"))),
        hello_retry_request: Some(RetryReport {
            group: Some(4588),
            group_name: Some("X25519MLKEM768"),
            cookie_bytes: Some(32),
        }),
        server_hello: Some(server_hello()),
        early_data: Some(EarlyDataReport {
            accepted: Some(true),
            inferred: true,
        }),
        certificate: Some(Box::new(certificate())),
        protected: Some(protected()),
        stage: Stage::Established,
        outcome: Outcome::Established,
        ended: Ended::NOT,
        cause: None,
        confidence: None,
        evidence: Vec::new(),
        next: None,
        revised: None,
        was: None,
        timing_ms: Timing {
            connect: Some(0.4),
            client_hello: Some(0.1),
            server_hello: Some(2.31),
            finished: Some(10.9),
        },
        ..no_sni()
    }
}

/// A client that speaks HTTP to a TLS port.
pub(crate) fn plaintext() -> Handshake {
    Handshake {
        client_hello: None,
        stage: Stage::Connect,
        outcome: Outcome::NotTls,
        cause: Some(Cause::PlaintextOnTlsPort),
        evidence: vec!["the client's first bytes are HTTP".to_owned()],
        next: None,
        ..no_sni()
    }
}

/// A report whose every free string is this one.
pub(crate) fn hostile(text: &str) -> Handshake {
    let word: Arc<str> = text.into();
    let peer = Peer {
        pod: Some(word.clone()),
        namespace: Some(word.clone()),
        workload: Some(word.clone()),
        service: Some(word.clone()),
        node: Some(word.clone()),
        ..gateway()
    };
    let alert = AlertReport {
        from: EndedBy::Server,
        level: Some("fatal"),
        code: Some(112),
        description: Some("unrecognized_name"),
        encrypted: false,
    };
    let mut server_hello = server_hello();
    server_hello.alpn = Some(text.into());
    server_hello.details = server_details(text);
    let mut certificate = certificate();
    certificate.subject = Some(word.clone());
    certificate.issuer = Some(word.clone());
    certificate.names = [word.clone()].into();
    certificate.validity = Some(Validity::Expired);
    certificate.signature_algorithm = Some(text.to_owned().into());
    let client_hello = ClientHelloReport {
        sent: sent(text),
        ..client_hello(Some(text))
    };
    Handshake {
        node: Some(word.clone()),
        interface: word,
        client: peer.clone(),
        server: peer,
        client_hello: Some(client_hello),
        server_hello: Some(server_hello),
        certificate: Some(Box::new(certificate)),
        alerts: vec![alert],
        evidence: vec![text.to_owned()],
        next: Some(text.to_owned().into()),
        capture: Capture {
            complete: false,
            missing: vec![text.to_owned()],
            sample_rate: 1,
        },
        ..no_sni()
    }
}

fn peer(address: &str, port: u16) -> Peer {
    Peer::at(address.parse().unwrap(), port)
}

fn gateway() -> Peer {
    Peer {
        pod: Some("ingressgateway-ext-dvrcp".into()),
        namespace: Some("apigee".into()),
        workload: Some("ingressgateway-ext".into()),
        ..peer("10.4.2.7", 443)
    }
}

fn client_hello(sni: Option<&str>) -> ClientHelloReport {
    ClientHelloReport {
        sent: sent("h2"),
        sni: sni.map(Into::into),
        sni_absent: sni.is_none().then_some(Missing::NotSent),
        segments: 2,
        ja3: fixed("d41d8cd98f00b204e9800998ecf8427e"),
        ja4: fixed("t13d0203h2_000000000000_000000000000"),
    }
}

/// A hello that offers much of what there is, and this protocol.
fn sent(protocol: &str) -> Arc<ClientHello> {
    let protocol = vec8(protocol.as_bytes());
    let psk = [&vec16(&[7; 208])[..], &[0, 0x29, 0x7a, 0x22]].concat();
    let ech = [
        &[0, 0, 1, 0, 1, 77],
        &vec16(&[8; 32])[..],
        &vec16(&[9; 208]),
    ]
    .concat();
    let extensions = [
        extension(0x0a0a, &[]),
        extension(5, &[1, 0, 0, 0, 0]),
        extension(10, &vec16(&[0x11, 0xec, 0, 29])),
        extension(11, &[1, 0]),
        extension(13, &vec16(&[4, 3])),
        extension(16, &vec16(&[&protocol[..], &vec8(b"http/1.1")].concat())),
        extension(18, &[]),
        extension(23, &[]),
        extension(27, &[2, 0, 2]),
        extension(28, &[0x40, 1]),
        extension(34, &vec16(&[4, 3])),
        extension(35, &[]),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(45, &[1, 1]),
        extension(50, &vec16(&[4, 3])),
        extension(
            51,
            &vec16(&[&[0x11, 0xec][..], &vec16(&[6; 1216])].concat()),
        ),
        extension(17_613, &vec16(&protocol)),
        extension(0xfe0d, &ech),
        extension(0xff01, &[0]),
        extension(41, &[vec16(&psk), vec16(&vec8(&[5; 48]))].concat()),
    ];
    let fixed = [
        &[3, 3][..],
        &[7; 32],
        &vec8(&[9; 32]),
        &vec16(&[0x13, 2, 0x13, 3]),
        &[1, 0],
    ];
    let body = [fixed.concat(), vec16(&extensions.concat())].concat();
    let mut hello = ClientHello::parse(&body).unwrap();
    let shown = Arc::make_mut(&mut hello);
    shown.extensions = U16s::from_slice(&[11, 10, 43]);
    shown.len = 1790;
    // A hello with it counts as one whose name in the clear may be a cover.
    shown.ech = false;
    hello
}

fn certificate() -> CertificateReport {
    CertificateReport {
        subject: Some("CN=api.example.com".into()),
        issuer: Some("CN=Example CA,O=Example".into()),
        names: ["api.example.com".into()].into(),
        not_before: Some(Date(1_740_787_200)),
        not_after: Some(Date(1_748_563_200)),
        validity: Some(Validity::Valid),
        chain: 2,
        ordered: true,
        complete: Some(true),
        self_signed: false,
        covers_sni: Some(true),
        ocsp: Some(staple()),
        serial: Some("04d2".try_into().unwrap()),
        key: Some(KeyReport {
            algorithm: "P-256".into(),
            bits: Some(256),
        }),
        signature_algorithm: Some("ecdsa-with-SHA256".into()),
        fingerprint_sha256: fixed(
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        unreadable: Vec::new(),
    }
}

fn staple() -> StapleReport {
    StapleReport {
        response: Some("successful"),
        status: Some(OcspWord::Good),
        for_certificate: Some(true),
        validity: Some(Validity::Valid),
        produced_at: Some(Date(1_747_526_400)),
        this_update: Some(Date(1_747_526_400)),
        next_update: Some(Date(1_748_131_200)),
        revoked_at: None,
        revocation_reason: None,
    }
}

fn protected() -> Protected {
    let record = |bytes, inferred| ProtectedRecordReport {
        content_type: 23,
        bytes,
        inferred,
    };
    Protected {
        client: vec![record(69, &[Inferred::Finished])],
        server: vec![record(643, &[Inferred::Flight])],
        not_listed: 0,
    }
}

fn server_hello() -> ServerHelloReport {
    ServerHelloReport {
        version: Version::TLS1_3,
        cipher_suite: 4866,
        cipher_suite_name: Some("TLS_AES_256_GCM_SHA384"),
        alpn: Some("h2".into()),
        group: Some(4588),
        hello_retry_request: true,
        resumed: Some(false),
        resumption: None,
        ja3s: fixed("d41d8cd98f00b204e9800998ecf8427e"),
        details: server_details("h2"),
    }
}

/// What a server of TLS 1.2 says that takes much of what there is, and speaks this protocol.
fn server_details(protocol: &str) -> AnswerDetails {
    let extensions = [
        extension(1, &[4]),
        extension(5, &[]),
        extension(11, &[1, 0]),
        extension(18, &vec16(&[vec16(&[1; 9]), vec16(&[2; 9])].concat())),
        extension(23, &[]),
        extension(35, &[]),
        extension(51, &[&[0x11, 0xec][..], &vec16(&[6; 1120])].concat()),
        extension(13_172, &vec8(protocol.as_bytes())),
        extension(0xff01, &[0]),
    ];
    let fixed = [&[3, 3][..], &[7; 32], &vec8(&[9; 32]), &[0x13, 2, 0]].concat();
    let body = [fixed, vec16(&extensions.concat())].concat();
    AnswerDetails {
        sent: ServerHello::parse(&body).unwrap(),
        session_id: AnsweredSession::Echo,
    }
}

fn vec8(bytes: &[u8]) -> Vec<u8> {
    [&[u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

/// A text of fixed length.
fn fixed<const N: usize>(text: &str) -> ArrayString<N> {
    text.try_into().unwrap()
}
