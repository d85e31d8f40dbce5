//! More than one handshake in one TCP connection.

use crate::support::frames::{OwnedFrame, frames, handshakes};
use crate::support::talk::{Talk, first_record, stream};
use monitor::report::{Handshake, Inferred, Outcome};
use monitor::wire::Flags;

fn established(reports: &[Handshake]) -> usize {
    let established = |report: &&Handshake| report.outcome == Outcome::Established;
    reports.iter().filter(established).count()
}

#[test]
fn another_session_behind_close_notify_is_another_report() {
    for name in [
        "twice_tls12.pcap",
        "twice_tls13.pcap",
        "twice_starttls.pcap",
    ] {
        let reports = handshakes(&frames(name));
        assert_eq!((reports.len(), established(&reports)), (2, 2), "{name}");
        assert_ne!(reports[0].id, reports[1].id, "{name}");
        assert!(reports.iter().all(|report| report.client_hello.is_some()));
        assert!(reports.iter().all(|report| !report.renegotiation));
    }
}

#[test]
fn renegotiation_is_told_by_its_records() {
    let reports = handshakes(&frames("renegotiation_12.pcap"));
    assert_eq!(reports.len(), 2);
    assert!(!reports[0].renegotiation && reports[1].renegotiation);
    assert_eq!(established(&reports), 2);
    assert_ne!(reports[0].id, reports[1].id);
    let protected = reports[1].protected.as_ref().unwrap();
    assert_eq!(protected.client[0].inferred, [Inferred::Renegotiation]);
    assert_eq!(
        protected.client.last().unwrap().inferred,
        [Inferred::Finished]
    );
    assert_eq!(reports[1].capture.missing, ["client_hello: encrypted"]);
}

#[test]
fn renegotiation_that_the_server_does_not_take_up_is_not_called_established() {
    let all = frames("renegotiation_12.pcap");
    let from_server = |frame: &OwnedFrame| frame.bytes[15] == 2;
    let reports = handshakes(
        all.iter()
            .enumerate()
            .filter_map(|(at, frame)| (at < 11 || !from_server(frame)).then_some(frame)),
    );
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[1].outcome, Outcome::Incomplete);
}

/// A whole TLS 1.2 handshake and what both say then.
fn talk() -> (Talk, Vec<u8>) {
    let (client, server) = stream("ok_tls12");
    let (hello, rest) = first_record(&client);
    let mut talk = Talk::opened(443);
    talk.says(hello).answers(&server).says(rest);
    (talk, hello.to_vec())
}

#[test]
fn a_hello_that_is_sent_again_is_no_other_handshake() {
    let (mut talk, hello) = talk();
    let end = talk.client_seq;
    talk.client_seq = 1_001;
    talk.client(Flags::PSH | Flags::ACK, &hello);
    talk.client_seq = end;
    assert_eq!(handshakes(&talk.frames).len(), 1);
}

#[test]
fn a_client_that_never_stops_beginning_is_followed_for_a_while_only() {
    let (mut talk, hello) = talk();
    for _ in 0..100 {
        talk.says(&hello).answers(b"\x15\x03\x03\x00\x02\x02\x28");
    }
    assert_eq!(handshakes(&talk.frames).len(), 17);
}

#[test]
fn bulk_data_that_looks_like_a_record_is_no_renegotiation() {
    let (mut talk, _) = talk();
    let mut bulk = vec![22, 3, 3, 0, 100];
    bulk.resize(1400, 7);
    talk.says(&bulk)
        .answers(&bulk)
        .says(&[22])
        .says(&bulk[..50]);
    assert_eq!(handshakes(&talk.frames).len(), 1);
}

#[test]
fn a_hello_request_in_the_clear_begins_nothing_by_itself() {
    let (client, server) = stream("ok_tls12");
    let (hello, rest) = first_record(&client);
    let mut talk = Talk::opened(443);
    talk.answers(b"\x16\x03\x01\x00\x04\x00\x00\x00\x00");
    talk.says(hello).answers(&server).says(rest);
    let reports = handshakes(&talk.frames);
    assert_eq!((reports.len(), established(&reports)), (1, 1));
    assert!(!reports[0].renegotiation && reports[0].capture.complete);
}

#[test]
fn a_hello_that_follows_a_fatal_alert_is_another_handshake() {
    let (client, server) = stream("badsni_nginx_reject_handshake");
    let (again, answer) = stream("ok_tls12");
    let (hello, rest) = first_record(&again);
    let mut talk = Talk::opened(443);
    talk.says(&client).answers(&server);
    talk.says(hello).answers(&answer).says(rest);
    let outcomes: Vec<_> = handshakes(&talk.frames)
        .iter()
        .map(|one| one.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Established]);
}
