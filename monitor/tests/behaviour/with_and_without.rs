//! Every capture with and without earlier handshakes of the same endpoint to compare with: nothing is certain that only
//! contrast can tell, and contrast takes no confidence away from a cause.

use std::fmt::Write as _;
use std::time::Duration;

use crate::support::frames::{OwnedFrame, captures, frames, handshakes};
use monitor::frame::Timestamp;
use monitor::report::{Cause, Confidence, EndedBy, EndedHow, Handshake};

/// Three handshakes with Envoy that complete: server.test, TLS 1.3. The address and the port are those of most captures.
fn earlier() -> Vec<OwnedFrame> {
    let one = frames("ok_envoy.pcap");
    let turns = (0..3_u16).flat_map(|turn| {
        let later = Duration::from_secs(10 * u64::from(turn));
        one.iter().cloned().map(move |mut frame| {
            frame.time = frame.time.plus(later);
            set_client_port(&mut frame.bytes, 50_000 + turn);
            frame
        })
    });
    turns.collect()
}

/// The client's port of a packet from or to port 443.
fn set_client_port(packet: &mut [u8], port: u16) {
    let tcp = usize::from(packet[0] & 15) * 4;
    let from_server = packet[tcp..tcp + 2] == 443_u16.to_be_bytes();
    let client = if from_server { tcp + 2 } else { tcp };
    packet[client..client + 2].copy_from_slice(&port.to_be_bytes());
}

/// The reports of a capture, right behind those of the earlier handshakes: these are moved, for the dates of certificates are
/// compared with the time of the others.
fn with_contrast(capture: &[OwnedFrame]) -> Vec<Handshake> {
    let mut all = earlier();
    if let Some(first) = capture.first() {
        let begin = Timestamp(first.time.0 - 60_000_000_000);
        let moved = all[0].time;
        for frame in &mut all {
            frame.time = begin.plus(frame.time.since(moved));
        }
    }
    all.extend(capture.iter().cloned());
    handshakes(&all).split_off(3)
}

fn rank(confidence: Option<Confidence>) -> usize {
    let weakest_first = [
        None,
        Some(Confidence::Possible),
        Some(Confidence::Likely),
        Some(Confidence::Certain),
    ];
    weakest_first
        .iter()
        .position(|one| *one == confidence)
        .unwrap()
}

/// The server refused the hello and did not say why.
fn is_mute(report: &Handshake) -> bool {
    let said = report.alerts.iter().any(|alert| {
        alert.from == EndedBy::Server && !matches!(alert.description, Some("handshake_failure"))
    });
    report.client_hello.is_some()
        && report.server_hello.is_none()
        && report.ended.by == EndedBy::Server
        && matches!(
            report.ended.how,
            EndedHow::Reset | EndedHow::Close | EndedHow::Alert
        )
        && !said
        && report.cause != Some(Cause::TlsOnPlaintextServer)
        && report.cause != Some(Cause::ConnectionRefused)
}

fn verdict(report: &Handshake) -> String {
    let cause = report.cause.map_or("-", Cause::label);
    let confidence = report.confidence.map_or("-", Confidence::label);
    format!("{cause} ({confidence})")
}

#[test]
fn without_contrast_less_is_claimed_and_other_words_are_used() {
    let files = std::fs::read_dir(captures()).unwrap();
    let mut names: Vec<_> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "pcap"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    let (mut table, mut mute) = (String::new(), 0);
    for name in names {
        let capture = frames(&name);
        let (without, with) = (handshakes(&capture), with_contrast(&capture));
        assert_eq!(without.len(), with.len(), "{name}");
        for (without, with) in without.iter().zip(&with) {
            assert_eq!(without.outcome, with.outcome, "{name}");
            if is_mute(without) {
                mute += 1;
                assert_ne!(without.confidence, Some(Confidence::Certain), "{name}");
            }
            if without.cause == with.cause {
                assert!(rank(without.confidence) <= rank(with.confidence), "{name}");
            }
            if verdict(without) != verdict(with) {
                assert_ne!(without.evidence, with.evidence, "{name}");
                let (before, after) = (verdict(without), verdict(with));
                writeln!(table, "{name:<42} {before:<28} {after}").unwrap();
            }
        }
    }
    assert!(mute >= 14, "{mute} refusals that say nothing");
    insta::assert_snapshot!(table);
}
