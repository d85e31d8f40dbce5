//! Answers of real servers and of none, and what follows.

use std::time::Duration;

use rstest::rstest;

use super::*;
use crate::frame::Timestamp;
use crate::probe::answer::{Answer, Ending, Exchange};
use crate::probe::dialogue::{Cut, Dialogue, Next};
use crate::probe::offer::{self, OTHER_NAME};
use crate::probe::{Asked, Noise, runbook};
use crate::report::{Cause, ProbeQuestion};

/// The name in the certificates of the streams.
const NAME: &str = "server.test";
const MS: Duration = Duration::from_millis(1);
const TIMEOUT: Duration = Duration::from_secs(3);
/// 2027-01-15, within the validity of the certificates in the streams.
const NOW: Timestamp = Timestamp(1_800_000_000_000_000_000);

macro_rules! stream {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/streams/", $name))
    };
}

const TLS13: Reply = Reply::Bytes(stream!("ok_tls13.server"));
const TLS12: Reply = Reply::Bytes(stream!("ok_tls12.server"));
const RETRY: Reply = Reply::Bytes(stream!("ok_hrr.server"));
const NGINX_REJECTS: Reply = Reply::Bytes(stream!("badsni_nginx_reject_handshake.server"));
const WANTS_CERTIFICATE: Reply = Reply::Bytes(stream!("mtls_missing_12_openssl.server"));

/// What a server does.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Bytes(&'static [u8]),
    Raw(&'static [u8]),
    Alert(u8),
    Reset,
    Close,
    Silence,
    Refused,
    Unanswered,
    HungUp,
}

fn asked(question: ProbeQuestion, name: Option<&str>) -> Asked {
    let name = match question {
        ProbeQuestion::WithoutName => None,
        ProbeQuestion::OtherName => Some(OTHER_NAME),
        _ => name,
    };
    let hello = offer::of(question, name, false);
    let words = runbook::words(question, name);
    Asked::new(question, words, &hello, &mut Noise::new([1; 32]))
}

fn answer(asked: &Asked, reply: Reply) -> Answer {
    let alert;
    let (bytes, cut): (&[u8], _) = match reply {
        Reply::Bytes(bytes) | Reply::Raw(bytes) => (bytes, Cut::Closed),
        Reply::Alert(code) => {
            alert = [21, 3, 3, 0, 2, 2, code];
            (&alert, Cut::Closed)
        }
        Reply::Reset => (&[], Cut::Reset),
        Reply::Close => (&[], Cut::Closed),
        Reply::Silence => (&[], Cut::Timeout),
        Reply::Refused => return Answer::without_dialogue(Ending::Refused, None, MS),
        Reply::Unanswered => {
            return Answer::without_dialogue(Ending::ConnectTimeout, None, TIMEOUT);
        }
        Reply::HungUp => {
            return Answer::without_dialogue(Ending::HungUp { reset: true }, Some(MS), MS);
        }
    };
    let bytes = match reply {
        Reply::Raw(bytes) => bytes.to_vec(),
        _ => with_suite_of(asked, bytes),
    };
    let mut dialogue = Dialogue::new(asked.name());
    let next = dialogue.receive(&bytes);
    let cut = if next == Next::Close { Cut::Ours } else { cut };
    dialogue.end(&cut, MS, MS)
}

/// The stream with a suite that was offered: that of the stream, if it is one, else the first.
fn with_suite_of(asked: &Asked, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let [22, 3, _, _, _, 2, ..] = bytes[..] {
        let place = 44 + usize::from(*bytes.get(43).unwrap_or(&0));
        let offered = &asked.hello.as_ref().unwrap().cipher_suites;
        if let Some([high, low]) = bytes.get_mut(place..place + 2)
            && !offered.contains(&u16::from_be_bytes([*high, *low]))
        {
            [*high, *low] = offered[0].to_be_bytes();
        }
    }
    bytes
}

fn exchanges(name: Option<&str>, replies: &[(ProbeQuestion, Reply)]) -> Vec<Exchange> {
    let exchange = |(question, reply): &(ProbeQuestion, Reply)| {
        let asked = asked(*question, name);
        let answer = answer(&asked, *reply);
        Exchange { asked, answer }
    };
    replies.iter().map(exchange).collect()
}

/// Cause, confidence and clients of each failure.
fn failures(
    name: Option<&str>,
    replies: &[(ProbeQuestion, Reply)],
) -> Vec<(Cause, Option<Confidence>, String)> {
    let found = all(name, replies, ProbeVerdictKind::Failure);
    let fields = |finding: Finding| {
        let Verdict {
            cause, confidence, ..
        } = finding.verdict;
        (cause, confidence, finding.clients)
    };
    found.into_iter().map(fields).collect()
}

fn all(
    name: Option<&str>,
    replies: &[(ProbeQuestion, Reply)],
    kind: ProbeVerdictKind,
) -> Vec<Finding> {
    let exchanges = exchanges(name, replies);
    let inquiry = Inquiry {
        exchanges: &exchanges,
        at: NOW,
    };
    let found = findings(&inquiry).into_iter();
    found.filter(|finding| finding.kind == kind).collect()
}

use ProbeQuestion as Q;

const CERTAIN: Option<Confidence> = Some(Confidence::Certain);
const LIKELY: Option<Confidence> = Some(Confidence::Likely);
const POSSIBLE: Option<Confidence> = Some(Confidence::Possible);

/// A server that answers nothing of the runbook.
fn none(reply: Reply, main: Q) -> Vec<(Q, Reply)> {
    let rest = [Q::OtherName, Q::Tls13, Q::Tls12, Q::Tls11, Q::Tls10];
    let all = std::iter::once(main).chain(rest);
    all.map(|question| (question, reply)).collect()
}

#[rstest]
#[case::envoy_without_a_chain_for_no_name(&[(Q::WithName, TLS13), (Q::WithoutName, Reply::Reset), (Q::OtherName, Reply::Reset)], Cause::NoSniRejected, CERTAIN)]
#[case::nginx_reject_handshake(&[(Q::WithName, TLS13), (Q::WithoutName, NGINX_REJECTS), (Q::OtherName, NGINX_REJECTS)], Cause::NoSniRejected, CERTAIN)]
#[case::preread_without_default(&[(Q::WithName, TLS13), (Q::WithoutName, Reply::Close)], Cause::NoSniRejected, CERTAIN)]
#[case::silent_drop_of_no_name(&[(Q::WithName, TLS13), (Q::WithoutName, Reply::Silence)], Cause::NoSniRejected, LIKELY)]
#[case::closed_port(&[(Q::WithName, Reply::Refused)], Cause::ConnectionRefused, CERTAIN)]
#[case::dropped_syns(&[(Q::WithName, Reply::Unanswered)], Cause::ConnectionTimeout, CERTAIN)]
#[case::whoever_accepts_hangs_up(&[(Q::WithName, Reply::HungUp), (Q::WithoutName, Reply::HungUp)], Cause::Unexplained, None)]
#[case::silent(&[(Q::WithName, Reply::Silence), (Q::WithoutName, Reply::Silence)], Cause::ServerSilent, CERTAIN)]
#[case::http(&[(Q::WithName, Reply::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n"))], Cause::TlsOnPlaintextServer, CERTAIN)]
#[case::ssh(&[(Q::WithName, Reply::Bytes(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"))], Cause::TlsOnPlaintextServer, CERTAIN)]
#[case::unknown_cleartext(&[(Q::WithName, Reply::Bytes(b"who are you, stranger?\r\n"))], Cause::TlsOnPlaintextServer, LIKELY)]
#[case::name_not_served(&[(Q::WithName, Reply::Alert(112)), (Q::WithoutName, TLS13)], Cause::UnknownSni, CERTAIN)]
#[case::name_not_served_without_a_word(&[(Q::WithName, Reply::Reset), (Q::WithoutName, TLS13)], Cause::UnknownSni, CERTAIN)]
#[case::name_not_served_by_go(&[(Q::WithName, Reply::Alert(80)), (Q::WithoutName, TLS13)], Cause::UnknownSni, CERTAIN)]
#[case::old_server_says_so(&[(Q::WithName, Reply::Alert(70)), (Q::Tls10, TLS12)], Cause::ProtocolVersionMismatch, CERTAIN)]
#[case::version_intolerance(&[(Q::WithName, Reply::Reset), (Q::WithoutName, Reply::Reset), (Q::Tls13, Reply::Reset), (Q::Tls12, TLS12)], Cause::ProtocolVersionMismatch, CERTAIN)]
#[case::weak_suites_only(&[(Q::WithName, Reply::Alert(40)), (Q::WithoutName, Reply::Alert(40)), (Q::Weak, TLS12)], Cause::CipherMismatch, CERTAIN)]
#[case::a_suite_that_was_not_offered(&[(Q::Weak, Reply::Raw(stream!("ok_tls12.server")))], Cause::CipherMismatch, CERTAIN)]
#[case::no_protocol_shared(&[(Q::WithName, Reply::Alert(120)), (Q::AlpnNone, TLS12)], Cause::AlpnMismatch, CERTAIN)]
#[case::internal_error_for_all(&none(Reply::Alert(80), Q::WithName), Cause::ServerInternalError, CERTAIN)]
#[case::nothing_works_with_a_name(&none(Reply::Reset, Q::WithName), Cause::EndpointWithoutCertificate, POSSIBLE)]
#[case::other_wordless_ends(&none(Reply::Alert(40), Q::WithName), Cause::EndpointWithoutCertificate, POSSIBLE)]
#[case::nonsense(&[(Q::WithName, Reply::Bytes(&[22, 3, 3, 0, 4, 2, 0, 0, 0])), (Q::WithoutName, Reply::Reset)], Cause::Unexplained, None)]
fn a_server_s_answers_name_the_cause(
    #[case] replies: &[(Q, Reply)],
    #[case] cause: Cause,
    #[case] confidence: Option<Confidence>,
) {
    let found = failures(Some(NAME), replies);
    let pairs: Vec<_> = found
        .iter()
        .map(|(cause, sure, _)| (*cause, *sure))
        .collect();
    assert_eq!(pairs, [(cause, confidence)], "{found:?}");
}

#[test]
fn without_a_name_to_ask_for_a_refusal_asks_for_one() {
    let replies = none(Reply::Reset, Q::WithoutName);
    let found = failures(None, &replies);
    assert_eq!(found[0].0, Cause::NoSniRejected);
    assert_eq!(found[0].1, POSSIBLE);
}

#[test]
fn a_server_that_takes_every_name_and_hello_has_no_failure() {
    let replies = [
        (Q::WithName, TLS13),
        (Q::WithoutName, TLS13),
        (Q::OtherName, RETRY),
        (Q::PostQuantum, TLS13),
        (Q::Again, TLS13),
    ];
    assert_eq!(failures(Some(NAME), &replies), []);
}

#[test]
fn large_packets_that_vanish_are_told_from_a_server_that_minds_them() {
    let ask = |large, pieces| {
        let replies = [
            (Q::WithName, TLS13),
            (Q::PostQuantum, large),
            (Q::PostQuantumInPieces, pieces),
        ];
        failures(Some(NAME), &replies)
    };
    let vanished = ask(Reply::Silence, TLS13);
    assert_eq!(
        (vanished[0].0, vanished[0].1),
        (Cause::PathMtuBlackhole, CERTAIN)
    );
    let minded = ask(Reply::Reset, Reply::Reset);
    assert_eq!((minded[0].0, minded[0].1), (Cause::Unexplained, None));
    assert!(minded[0].2.contains("post-quantum"));
}

#[test]
fn a_server_that_does_not_always_answer_alike_makes_every_contrast_doubtful() {
    let replies = [
        (Q::WithName, TLS13),
        (Q::WithoutName, Reply::Reset),
        (Q::Again, Reply::Reset),
    ];
    let found = failures(Some(NAME), &replies);
    let pairs: Vec<_> = found
        .iter()
        .map(|(cause, sure, _)| (*cause, *sure))
        .collect();
    assert_eq!(
        pairs,
        [(Cause::Unexplained, None), (Cause::NoSniRejected, POSSIBLE)]
    );
}

#[test]
fn a_version_that_was_not_offered_is_a_mismatch() {
    // The server's hello is of TLS 1.2, which the question does not offer.
    let exchanges = exchanges(Some(NAME), &[(Q::Tls13, TLS12)]);
    assert!(exchanges[0].answer.is_answered());
    assert!(!exchanges[0].answer.suits(&exchanges[0].asked));
    let found = failures(Some(NAME), &[(Q::Tls13, TLS12)]);
    assert_eq!(found[0].0, Cause::ProtocolVersionMismatch);
}

#[test]
fn what_is_refused_of_versions_suites_and_protocols_is_a_limit_and_no_failure() {
    let replies = [
        (Q::WithName, TLS12),
        (Q::Tls13, Reply::Alert(70)),
        (Q::Tls12, TLS12),
        (Q::Tls11, Reply::Alert(70)),
        (Q::Tls10, Reply::Silence),
        (Q::Aead, TLS12),
        (Q::Cbc, Reply::Alert(40)),
        (Q::Weak, Reply::Alert(40)),
        (Q::AlpnNone, TLS12),
        (Q::AlpnOther, Reply::Alert(120)),
    ];
    let limits = all(Some(NAME), &replies, ProbeVerdictKind::Limit);
    let told: Vec<_> = limits
        .iter()
        .map(|limit| (limit.verdict.cause, limit.clients.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                Cause::AlpnMismatch,
                "clients that offer only a protocol that it does not know"
            ),
            (
                Cause::ProtocolVersionMismatch,
                "clients that offer only TLS 1.3, or only TLS 1.1"
            ),
            (
                Cause::CipherMismatch,
                "clients that offer only ECDHE with CBC suites, or only weak suites"
            ),
        ]
    );
}

#[test]
fn a_certificate_is_judged_by_its_dates_and_by_the_name() {
    let replies = [(Q::WithName, TLS12), (Q::Tls12, TLS12)];
    let exchanges = exchanges(Some("elsewhere.example"), &replies);
    let chain = exchanges[0].answer.chain.as_deref().unwrap();
    let end = chain.leaf.certificate.not_after.unwrap();
    let after = Timestamp(u64::try_from(end.0 + 86_400).unwrap() * 1_000_000_000);
    let inquiry = Inquiry {
        exchanges: &exchanges,
        at: after,
    };
    let found = findings(&inquiry);
    assert_eq!(found[0].verdict.cause, Cause::CertificateExpired);
    assert_eq!(found[0].verdict.confidence, CERTAIN);
    let all = found[0].verdict.evidence.join("; ");
    assert!(all.contains("not for elsewhere.example"), "{all}");
}

#[test]
fn who_insists_on_a_client_certificate_is_told_from_who_only_asks() {
    let asked = asked(Q::Tls12, Some(NAME));
    let begin = |dialogue: &mut Dialogue<'_>| {
        // Up to the alert, which the server sent to another client's empty Certificate.
        let bytes = stream!("mtls_missing_12_openssl.server");
        let alert = bytes.len() - 7;
        assert_eq!(bytes[alert], 21);
        match dialogue.receive(&bytes[..alert]) {
            Next::Send(declined) => assert_eq!(declined[5], 11),
            next => panic!("{next:?}"),
        }
    };
    let mut insists = Dialogue::new(asked.name());
    begin(&mut insists);
    assert_eq!(insists.receive(&[21, 3, 3, 0, 2, 2, 40]), Next::Close);
    let insists = insists.end(&Cut::Ours, MS, MS);
    assert_eq!(insists.wish, crate::report::ClientCertificateWish::Required);
    assert!(insists.is_answered());
    let mut asks = Dialogue::new(asked.name());
    begin(&mut asks);
    let asks = asks.end(&Cut::Timeout, MS, MS);
    assert_eq!(asks.wish, crate::report::ClientCertificateWish::Optional);
    let exchanges = [Exchange {
        asked,
        answer: insists,
    }];
    let inquiry = Inquiry {
        exchanges: &exchanges,
        at: NOW,
    };
    let found = findings(&inquiry);
    let missing = found
        .iter()
        .find(|finding| finding.verdict.cause == Cause::ClientCertificateMissing);
    assert_eq!(missing.unwrap().verdict.confidence, CERTAIN);
    assert!(matches!(WANTS_CERTIFICATE, Reply::Bytes(_)));
}
