//! What TCP does beside carrying bytes from a beginning to an end.

use crate::support::frames::{OwnedFrame, handshakes};
use crate::support::talk::{Talk, first_record, stream};
use monitor::report::{Cause, Handshake, Outcome};
use monitor::wire::Flags;

fn only(talk: &Talk) -> Handshake {
    let mut all = handshakes(&talk.frames);
    assert_eq!(all.len(), 1, "one report");
    all.remove(0)
}

/// Hello, the server's messages, the rest of the client's.
fn parts() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (client, server) = stream("ok_tls12");
    let (hello, rest) = first_record(&client);
    (hello.to_vec(), server, rest.to_vec())
}

fn handshake(talk: &mut Talk) {
    let (hello, server, rest) = parts();
    talk.says(&hello).answers(&server).says(&rest);
}

#[test]
fn keep_alives_and_window_probes_bring_nothing() {
    let (hello, server, rest) = parts();
    let mut talk = Talk::opened(443);
    let probe = |talk: &mut Talk| {
        // One byte of garbage before the next, or none (RFC 9293 section 3.8.4); the other side answers.
        talk.client_seq -= 1;
        talk.client(Flags::ACK, b"\xee").client(Flags::ACK, b"");
        talk.client_seq += 1;
        talk.server_seq -= 1;
        talk.server(Flags::ACK, b"\xee").server(Flags::ACK, b"");
        talk.server_seq += 1;
        talk.client(Flags::ACK, b"").server(Flags::ACK, b"");
    };
    probe(&mut talk);
    talk.says(&hello);
    probe(&mut talk);
    talk.answers(&server);
    probe(&mut talk);
    talk.says(&rest);
    let report = only(&talk);
    assert_eq!(report.outcome, Outcome::Established);
    assert!(report.capture.complete);
    assert_eq!(report.client_hello.unwrap().segments, 1);
}

#[test]
fn a_window_probe_that_carries_the_next_byte_brings_it() {
    let (hello, server, rest) = parts();
    let mut talk = Talk::opened(443);
    talk.says(&hello[..1])
        .says(&hello[1..])
        .answers(&server)
        .says(&rest);
    assert_eq!(only(&talk).outcome, Outcome::Established);
}

#[test]
fn the_same_ports_again_are_another_connection() {
    let mut talk = Talk::opened(443);
    handshake(&mut talk);
    talk.client(Flags::FIN | Flags::ACK, b"");
    (talk.client_seq, talk.server_seq) = (5_000_000, 7_000_000);
    talk.after_ms(10).open();
    handshake(&mut talk);
    let all = handshakes(&talk.frames);
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|report| report.outcome == Outcome::Established)
    );
    assert_ne!(all[0].id, all[1].id);
}

#[test]
fn the_same_ports_again_in_the_middle_of_a_handshake_are_another_connection() {
    let (hello, ..) = parts();
    let mut talk = Talk::opened(443);
    talk.says(&hello);
    (talk.client_seq, talk.server_seq) = (5_000_000, 7_000_000);
    talk.open();
    handshake(&mut talk);
    let outcomes: Vec<_> = handshakes(&talk.frames)
        .iter()
        .map(|report| report.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Incomplete, Outcome::Established]);
}

#[test]
fn a_server_that_still_has_the_old_connection_is_reset_and_asked_again() {
    let mut talk = Talk::to(443);
    talk.client(Flags::SYN, b"");
    let (isn, old) = (talk.client_seq, 2_497_211_857);
    talk.client_seq = old;
    talk.server_seq = 44;
    talk.server(Flags::ACK, b"").client(Flags::RST, b"");
    (talk.client_seq, talk.server_seq) = (isn, 900_000);
    talk.after_ms(3_000).open();
    handshake(&mut talk);
    let report = only(&talk);
    assert_eq!(report.outcome, Outcome::Established);
    assert!(report.capture.complete);
}

#[test]
fn data_on_the_syn_is_read() {
    let (hello, server, rest) = parts();
    for taken in [true, false] {
        let mut talk = Talk::to(443);
        talk.client(Flags::SYN, &hello);
        talk.client_seq += 1;
        let sent = u32::try_from(hello.len()).unwrap();
        talk.client_seq += if taken { sent } else { 0 };
        talk.server(Flags::SYN | Flags::ACK, b"");
        talk.server_seq += 1;
        talk.client(Flags::ACK, b"");
        if !taken {
            talk.says(&hello);
        }
        talk.answers(&server).says(&rest);
        let report = only(&talk);
        assert_eq!(report.outcome, Outcome::Established, "taken: {taken}");
        assert!(report.client_hello.unwrap().sni.is_some());
    }
}

#[test]
fn a_server_that_answers_late_is_followed_although_time_was_up() {
    let mut talk = Talk::to(443);
    talk.client(Flags::SYN, b"").after_ms(7_000).open();
    handshake(&mut talk);
    let all = handshakes(&talk.frames);
    assert_eq!(all[0].cause, Some(Cause::ConnectionTimeout));
    assert_eq!(all[1].outcome, Outcome::Established);
}

#[test]
fn a_clock_that_was_set_back_makes_nobody_late() {
    let mut talk = Talk::opened(443);
    handshake(&mut talk);
    (talk.client_seq, talk.server_seq) = (5_000_000, 7_000_000);
    talk.now -= 3_600_000_000_000;
    talk.open();
    handshake(&mut talk);
    let all = handshakes(&talk.frames);
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|report| report.outcome == Outcome::Established)
    );
}

#[test]
fn a_capture_that_begins_at_the_hello_still_tells_how_it_went() {
    let mut talk = Talk::to(443);
    handshake(&mut talk);
    let report = only(&talk);
    assert_eq!(report.outcome, Outcome::Established);
    assert_eq!(report.timing_ms.connect, None);
}

#[test]
fn a_capture_that_begins_behind_the_hello_says_so() {
    let (_, server, rest) = parts();
    let mut talk = Talk::to(443);
    talk.answers(&server).says(&rest);
    let report = only(&talk);
    assert!(report.client_hello.is_none());
    assert!(
        report
            .capture
            .missing
            .contains(&"client_hello: joined_late".to_owned())
    );
}

#[test]
fn a_connection_joined_after_its_handshake_is_not_reported() {
    let mut talk = Talk::to(443);
    talk.says(b"\x17\x03\x03\x00\x01x")
        .answers(b"\x17\x03\x03\x00\x01x");
    talk.client(Flags::FIN | Flags::ACK, b"")
        .server(Flags::RST, b"");
    assert!(handshakes(&talk.frames).is_empty());
}

#[test]
fn one_direction_alone_is_incomplete_and_keeps_what_it_shows() {
    let mut talk = Talk::opened(443);
    handshake(&mut talk);
    talk.client(Flags::FIN | Flags::ACK, b"")
        .server(Flags::FIN | Flags::ACK, b"");
    let of = |client: bool| {
        let sent_by_client = |frame: &OwnedFrame| frame.bytes[12] == 192;
        let frames: Vec<_> = talk
            .frames
            .iter()
            .filter(|f| sent_by_client(f) == client)
            .cloned()
            .collect();
        handshakes(&frames).remove(0)
    };
    let client = of(true);
    assert_eq!(client.outcome, Outcome::Incomplete);
    assert!(client.client_hello.is_some());
    assert_eq!(client.capture.missing[0], "server: one_sided");
    let server = of(false);
    assert_eq!(server.outcome, Outcome::Incomplete);
    assert!(server.server_hello.is_some());
    assert!(
        server
            .capture
            .missing
            .contains(&"client: one_sided".to_owned())
    );
}
