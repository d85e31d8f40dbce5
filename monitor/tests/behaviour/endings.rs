//! How handshakes end that nobody ends with a word in the clear: encrypted, wordless, silent.

use std::time::Duration;

use crate::support::frames::{OwnedFrame, frames, handshakes, is_from_server};
use monitor::frame::Timestamp;
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Cause, Confidence, EndedBy, EndedHow, Event, Handshake, Outcome};
use rstest::rstest;

/// The only report of this capture.
fn only(name: &str) -> Handshake {
    let mut reports = handshakes(&frames(&format!("{name}.pcap")));
    assert_eq!(reports.len(), 1, "{name}: {reports:#?}");
    reports.remove(0)
}

/// What a pipeline says that has seen these frames, when no more come for so long.
fn after<'a>(frames: impl IntoIterator<Item = &'a OwnedFrame>, quiet: Duration) -> Vec<Handshake> {
    let mut pipeline = Pipeline::new(Settings::default());
    let mut last = Timestamp::default();
    for frame in frames {
        last = frame.time;
        pipeline.push(frame.as_frame());
    }
    pipeline.advance(last.plus(quiet));
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    pipeline.events().filter_map(handshake).collect()
}

const SECOND: Duration = Duration::from_secs(1);

#[rstest]
#[case::node("cert_expired_12_node", Cause::CertificateExpired, Confidence::Likely)]
#[case::node_name(
    "cert_hostname_12_node",
    Cause::CertificateHostnameMismatch,
    Confidence::Likely
)]
#[case::node_self_signed(
    "cert_selfsigned_12_node",
    Cause::CertificateUntrusted,
    Confidence::Possible
)]
#[case::curl_name(
    "cert_hostname_12_curl",
    Cause::CertificateHostnameMismatch,
    Confidence::Likely
)]
#[case::node_13(
    "cert_unknownca_13_node",
    Cause::CertificateRejected,
    Confidence::Possible
)]
#[case::java_13("cert_expired_13_java", Cause::CertificateRejected, Confidence::Likely)]
#[case::gnutls_13(
    "cert_expired_13_gnutls",
    Cause::CertificateRejected,
    Confidence::Likely
)]
fn a_client_that_refuses_a_certificate_without_saying_so_is_understood(
    #[case] name: &str,
    #[case] cause: Cause,
    #[case] confidence: Confidence,
) {
    let report = only(name);
    assert_eq!(
        (report.cause, report.confidence),
        (Some(cause), Some(confidence))
    );
    assert_eq!(report.ended.by, EndedBy::Client);
}

#[rstest]
#[case::java_12("mtls_missing_12_java", Confidence::Certain)]
#[case::gnutls_12("mtls_missing_12_gnutls", Confidence::Likely)]
#[case::java_13("mtls_missing_13_java", Confidence::Likely)]
#[case::gnutls_13("mtls_missing_13_gnutls", Confidence::Likely)]
fn a_server_that_misses_a_client_certificate_is_understood_in_whichever_words(
    #[case] name: &str,
    #[case] confidence: Confidence,
) {
    let report = only(name);
    let verdict = (report.cause, report.confidence);
    assert_eq!(
        verdict,
        (Some(Cause::ClientCertificateMissing), Some(confidence))
    );
    let ended = (report.ended.by, report.ended.how);
    assert_eq!(ended, (EndedBy::Server, EndedHow::Alert));
}

#[rstest]
#[case::closed_with_a_word("ok_tls12_unused")]
#[case::tls_13("ok_tls13_unused")]
#[case::told_to_accept("ok_tls12_unused_selfsigned")]
#[case::no_fault_in_sight("cert_unknownca_12_node")]
#[case::host_name_in_13("cert_hostname_13_curl")]
fn a_completed_handshake_that_nobody_used_is_no_failure(#[case] name: &str) {
    let report = only(name);
    assert_eq!((report.outcome, report.cause), (Outcome::Established, None));
}

#[test]
fn a_health_check_takes_any_certificate() {
    let mut all = frames("cert_expired_12_node.pcap");
    for frame in &mut all {
        let client = if is_from_server(&frame.bytes) { 16 } else { 12 };
        frame.bytes[client..client + 4].copy_from_slice(&[35, 191, 0, 1]);
    }
    let report = handshakes(&all).remove(0);
    assert_eq!((report.outcome, report.cause), (Outcome::Established, None));
}

#[test]
fn a_certificate_with_a_fault_is_waited_for_a_second_and_no_longer() {
    // Up to the server's Finished.
    let all = frames("cert_hostname_12_curl.pcap");
    let complete = &all[..9];
    assert!(after(complete, SECOND * 9 / 10).is_empty());
    let reports = after(complete, SECOND * 11 / 10);
    let [report] = reports.as_slice() else {
        panic!("one report, not {reports:?}")
    };
    assert_eq!((report.outcome, report.cause), (Outcome::Established, None));
}

#[rstest]
#[case::hello_at_the_client("mtu_blackhole_pq.client", Confidence::Certain, EndedHow::Timeout)]
#[case::answer_at_the_server("mtu_blackhole_answer", Confidence::Likely, EndedHow::Close)]
#[case::answer_at_the_client("mtu_blackhole_answer.client", Confidence::Likely, EndedHow::Close)]
fn large_segments_that_vanish_are_a_black_hole(
    #[case] name: &str,
    #[case] confidence: Confidence,
    #[case] how: EndedHow,
) {
    let report = only(name);
    let verdict = (report.cause, report.confidence);
    assert_eq!(verdict, (Some(Cause::PathMtuBlackhole), Some(confidence)));
    assert_eq!(report.ended.how, how);
}

#[test]
fn where_the_server_is_a_black_hole_shows_when_time_is_up() {
    let all = frames("mtu_blackhole_pq.pcap");
    assert!(after(&all, SECOND * 9).is_empty());
    let report = after(&all, SECOND * 11).remove(0);
    let verdict = (report.cause, report.confidence);
    assert_eq!(
        verdict,
        (Some(Cause::PathMtuBlackhole), Some(Confidence::Likely))
    );
    assert_eq!(report.ended.by, EndedBy::Network);
    // A capture that ends before has not seen that nothing came.
    assert_eq!(only("mtu_blackhole_pq").outcome, Outcome::Incomplete);
}

#[test]
fn what_the_capture_lost_is_no_black_hole() {
    // The server has acknowledged what the capture has not seen.
    let mut all = frames("split_pq_openssl.pcap");
    let first = all
        .iter()
        .position(|frame| frame.bytes.len() > 1_400)
        .unwrap();
    all.remove(first);
    all.truncate(first + 3);
    for report in after(&all, SECOND * 11) {
        assert_eq!((report.outcome, report.cause), (Outcome::Incomplete, None));
    }
}

#[test]
fn a_small_hello_that_never_arrives_is_no_black_hole() {
    let report = after(&frames("hello_dropped.client.pcap"), SECOND * 60).remove(0);
    let verdict = (report.cause, report.ended.by, report.ended.how);
    let expected = (
        Some(Cause::Unexplained),
        EndedBy::Unknown,
        EndedHow::Timeout,
    );
    assert_eq!(verdict, expected);
    assert!(
        report.evidence[1].ends_with("never acknowledged"),
        "{:?}",
        report.evidence
    );
}

#[test]
fn a_server_that_stops_in_the_middle_is_silent() {
    let report = only("server_stalls_12");
    let verdict = (report.cause, report.confidence, report.ended.by);
    let expected = (
        Some(Cause::ServerSilent),
        Some(Confidence::Likely),
        EndedBy::Client,
    );
    assert_eq!(verdict, expected);
    // Up to its acknowledgement of the client's Finished.
    let report = after(&frames("server_stalls_12.pcap")[..9], SECOND * 11).remove(0);
    let verdict = (report.cause, report.confidence, report.ended.by);
    let expected = (
        Some(Cause::ServerSilent),
        Some(Confidence::Certain),
        EndedBy::Server,
    );
    assert_eq!(verdict, expected);
}

#[test]
fn a_client_may_have_to_ask_a_person_for_a_certificate() {
    let all = frames("client_stalls_13.pcap");
    let stalled = &all[..7];
    assert!(after(stalled, SECOND * 59).is_empty());
    let report = after(stalled, SECOND * 61).remove(0);
    let verdict = (report.cause, report.ended.by, report.ended.how);
    let expected = (Some(Cause::Unexplained), EndedBy::Client, EndedHow::Timeout);
    assert_eq!(verdict, expected);
}
