//! Captures that begin late, end early, or have one direction only: what is reported is less, and never otherwise.

use crate::support::frames::{OwnedFrame, captures, frames, handshakes, parts};
use crate::support::ladder::rows;
use monitor::report::{Cause, Confidence, Handshake, Outcome, Stage};

/// The captures over TCP, and their reports. In one of them the server leaves before the hello comes: who does not see that
/// sees a hello like any other.
fn all() -> Vec<(String, Vec<OwnedFrame>, Vec<Handshake>)> {
    let readme = std::fs::read_to_string(captures().join("README.md")).unwrap();
    let names = rows(&readme).into_iter().map(|row| row.name);
    let names = names.filter(|name| !name.starts_with("quic") && name != "proxy1_then_tls");
    names
        .map(|name| {
            let all = frames(&format!("{name}.pcap"));
            let reports = handshakes(&all);
            (name, all, reports)
        })
        .collect()
}

/// What a report of a part says, against those of the whole.
fn assert_no_more(what: &str, part: &Handshake, whole: &[Handshake]) {
    let same = |one: &&Handshake| one.client.port == part.client.port;
    let whole: Vec<_> = whole.iter().filter(same).collect();
    let any = |test: &dyn Fn(&Handshake) -> bool| whole.iter().any(|one| test(one));
    // Without the hello it is not known for which name a certificate was refused.
    let vague = part.cause == Some(Cause::CertificateRejected)
        && any(&|one| {
            one.cause
                .is_some_and(|cause| cause.label().starts_with("certificate-"))
        });
    // That an endpoint answers nobody shows in several handshakes: each alone may be refused for what it asks.
    let fewer = part.confidence == Some(Confidence::Possible)
        && any(&|one| one.cause == Some(Cause::EndpointWithoutCertificate));
    let said_nothing =
        vague || fewer || part.cause.is_none() || part.cause == Some(Cause::Unexplained);
    assert!(
        said_nothing || any(&|one| one.cause == part.cause),
        "{what}: {:?}",
        part.cause
    );
    // A handshake that completed counts as established until its client is seen to leave without a word.
    let established = part.outcome == Outcome::Established;
    assert!(
        !established || any(&|one| one.stage == Stage::Established),
        "{what}"
    );
    if let Some(hello) = &part.client_hello {
        assert!(any(&|one| one.sni() == hello.sni.as_ref()), "{what}");
    }
    if let Some(answer) = &part.server_hello {
        let resumed = |one: &Handshake| one.server_hello.as_ref().and_then(|hello| hello.resumed);
        // Of a hello that came before the capture, the end that came with it was not seen either.
        let unanswered = any(&|one| one.server_hello.is_none());
        let agrees =
            unanswered || answer.resumed.is_none() || any(&|one| resumed(one) == answer.resumed);
        assert!(agrees, "{what}: resumed {:?}", answer.resumed);
        assert!(
            part.client_hello.is_some() || !part.capture.complete,
            "{what}: an answer to a hello that was not seen is not all"
        );
    }
    if let Some(early) = part.early_data {
        assert!(
            early.accepted.is_none() || any(&|one| one.early_data == part.early_data),
            "{what}"
        );
    }
}

#[test]
fn a_capture_that_begins_late_says_no_more_than_the_whole() {
    // A hello behind a PROXY header that was not captured is a hello like any other.
    let others = all()
        .into_iter()
        .filter(|(name, ..)| name != "proxy1_then_tls");
    for (name, frames, whole) in others {
        for from in 1..frames.len() {
            for report in handshakes(&frames[from..]) {
                assert_no_more(&format!("{name} from packet {from}"), &report, &whole);
            }
        }
    }
}

#[test]
fn a_capture_that_ends_early_says_no_more_than_the_whole() {
    for (name, frames, whole) in all() {
        for to in 1..frames.len() {
            for report in handshakes(&frames[..to]) {
                let what = format!("{name} to packet {to}");
                let knocking = report.cause == Some(Cause::ConnectionTimeout);
                assert!(!knocking || name.starts_with("syn"), "{what}");
                assert_no_more(&what, &report, &whole);
            }
        }
    }
}

#[test]
fn one_direction_alone_says_no_more_than_both() {
    for (name, frames, whole) in all() {
        for to_server in [true, false] {
            let one_way = frames.iter().filter(|frame| {
                let at = parts(&frame.bytes).map_or(0, |parts| parts.headers.len());
                at > 0 && is_to_server(&frame.bytes) == to_server
            });
            for report in handshakes(one_way) {
                let what = format!("{name}, to the server: {to_server}");
                assert_no_more(&what, &report, &whole);
                let blind = report.outcome == Outcome::Incomplete || report.cause.is_some();
                let other = matches!(report.outcome, Outcome::Probe | Outcome::NotTls);
                assert!(blind || other, "{what}: {}", report.outcome);
            }
        }
    }
}

fn is_to_server(packet: &[u8]) -> bool {
    match packet[0] >> 4 {
        4 => packet[19] == 2,
        _ => packet[39] == 2,
    }
}
