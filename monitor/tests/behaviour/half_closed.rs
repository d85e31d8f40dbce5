//! A client that closes its side right behind its hello may still listen: what the server answers counts (RFC 9293 section 3.6).

use crate::support::frames::events;
use crate::support::talk::{Talk, first_record, stream};
use monitor::frame::Timestamp;
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Cause, EndedBy, EndedHow, Event, Handshake, Outcome};
use monitor::wire::Flags;

const FIN: Flags = Flags(0x11);
const UNRECOGNIZED_NAME: &[u8] = b"\x15\x03\x03\x00\x02\x02\x70";
const CLOSE_NOTIFY: &[u8] = b"\x15\x03\x03\x00\x02\x01\x00";
const INTERNAL_ERROR: &[u8] = b"\x15\x03\x03\x00\x02\x02\x50";

/// A client that has sent its hello and closed its side.
fn half_closed() -> Talk {
    let (client, _) = stream("ok_tls12");
    let mut talk = Talk::opened(443);
    talk.says(first_record(&client).0).client(FIN, b"");
    talk.client_seq += 1;
    talk
}

fn only(talk: &Talk) -> Handshake {
    let mut events = events(&talk.frames);
    assert_eq!(events.len(), 1, "{events:?}");
    match events.remove(0) {
        Event::Handshake(handshake) => *handshake,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_alert_that_answers_its_hello_is_why_it_failed() {
    let mut talk = half_closed();
    let report = only(talk.after_ms(20).answers(UNRECOGNIZED_NAME));
    assert_eq!(
        (report.ended.by, report.ended.how),
        (EndedBy::Server, EndedHow::Alert)
    );
    assert_eq!(report.cause, Some(Cause::UnknownSni));
}

#[test]
fn what_only_answers_its_fin_is_not_why_it_failed() {
    let (_, server) = stream("ok_tls12");
    let hello = first_record(&server).0;
    for answers in [&[CLOSE_NOTIFY][..], &[hello, INTERNAL_ERROR]] {
        let mut talk = half_closed();
        for answer in answers {
            talk.after_ms(20).answers(answer);
        }
        let report = only(talk.server(FIN, b""));
        assert_eq!(
            (report.ended.by, report.ended.how),
            (EndedBy::Client, EndedHow::Close)
        );
        assert_eq!(report.cause, Some(Cause::ClientAbandoned));
        assert_eq!(report.alerts.len(), 1, "it is told nevertheless");
    }
}

#[test]
fn what_the_server_chose_is_told() {
    let (_, server) = stream("ok_tls12");
    let mut talk = half_closed();
    let report = only(talk.after_ms(275).answers(&server).server(FIN, b""));
    assert!(report.server_hello.is_some());
    assert!(report.certificate.is_some());
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(
        report.cause,
        Some(Cause::ClientAbandoned),
        "it cannot have refused what came later"
    );
}

#[test]
fn its_going_is_a_finding_when_nothing_more_comes_within_a_second() {
    let talk = half_closed();
    let mut pipeline = Pipeline::new(Settings::default());
    for frame in &talk.frames {
        pipeline.push(frame.as_frame());
    }
    assert_eq!(pipeline.events().count(), 0, "the server may yet answer");
    pipeline.advance(Timestamp(talk.now + 999_000_000));
    assert_eq!(pipeline.events().count(), 0);
    pipeline.advance(Timestamp(talk.now + 1_001_000_000));
    let found: Vec<_> = pipeline.events().collect();
    let [Event::Handshake(report)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(report.cause, Some(Cause::ClientAbandoned));
    assert!(report.ended.after_ms.unwrap() < 1.0, "it ended at its FIN");
}

#[test]
fn a_reset_ends_the_waiting() {
    for from_server in [true, false] {
        let mut talk = half_closed();
        if from_server {
            talk.server(Flags::RST, b"");
        } else {
            talk.client(Flags::RST, b"");
        }
        let mut pipeline = Pipeline::new(Settings::default());
        for frame in &talk.frames {
            pipeline.push(frame.as_frame());
        }
        assert_eq!(pipeline.events().count(), 1);
    }
}

#[test]
fn garbage_before_a_fin_is_no_part_of_a_hello() {
    let mut talk = Talk::opened(443);
    let report = only(talk.says(&[0; 32]).client(FIN, b"").server(FIN, b""));
    assert_eq!((report.outcome, report.cause), (Outcome::NotTls, None));
}
