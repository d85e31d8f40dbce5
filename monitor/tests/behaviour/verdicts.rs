//! What an endpoint did for others makes the verdict: captures of one endpoint, put one after the other.

use std::time::Duration;

use crate::support::frames::{OwnedFrame, frames, parts};
use monitor::frame::Timestamp;
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Cause, Confidence, EndedBy, EndedHow, Event, Handshake, Outcome};

const MINUTE: Duration = Duration::from_mins(1);

/// All captures of the list as if taken one after the other, each `apart` from the one before.
fn in_turn(names: &[&str], apart: Duration) -> Vec<OwnedFrame> {
    let mut now = Timestamp(1_700_000_000_000_000_000);
    let mut all = Vec::new();
    for (turn, name) in (1_u16..).zip(names) {
        let one = frames(name);
        let first = one[0].time;
        for mut frame in one {
            frame.time = now.plus(frame.time.since(first));
            set_client_port(&mut frame.bytes, 10_000 + turn);
            all.push(frame);
        }
        now = now.plus(apart);
    }
    all
}

/// Gives every capture a client port of its own; the server's is 443 in all of them.
fn set_client_port(packet: &mut [u8], port: u16) {
    let tcp = usize::from(packet[0] & 15) * 4;
    let client = if packet[tcp..tcp + 2] == 443_u16.to_be_bytes() {
        tcp + 2
    } else {
        tcp
    };
    packet[client..client + 2].copy_from_slice(&port.to_be_bytes());
}

fn handshakes(names: &[&str], apart: Duration) -> Vec<Handshake> {
    let mut pipeline = Pipeline::new(Settings::default());
    for frame in in_turn(names, apart) {
        pipeline.push(frame.as_frame());
    }
    pipeline.finish();
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    pipeline.events().filter_map(handshake).collect()
}

fn last(names: &[&str]) -> Handshake {
    handshakes(names, Duration::from_secs(1)).pop().unwrap()
}

#[test]
fn a_reset_without_sni_is_certain_once_hellos_with_sni_complete() {
    let verdict = last(&["ok_envoy.pcap", "ok_envoy.pcap", "nosni_envoy.pcap"]);
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::NoSniRejected), Some(Confidence::Certain))
    );
    assert_eq!(
        (verdict.ended.by, verdict.ended.how),
        (EndedBy::Server, EndedHow::Reset)
    );
    assert!(
        verdict.evidence[1].starts_with("2 hellos with SNI completed"),
        "{:?}",
        verdict.evidence
    );
}

#[test]
fn a_reset_without_sni_is_likely_while_there_is_nothing_to_compare_with() {
    let verdict = last(&["nosni_envoy.pcap"]);
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::NoSniRejected), Some(Confidence::Likely))
    );
    assert!(
        verdict.evidence[1].starts_with("no hellos with SNI seen"),
        "{:?}",
        verdict.evidence
    );
}

#[test]
fn a_reset_without_sni_is_only_possible_when_hellos_with_sni_are_refused_as_well() {
    let verdict = last(&["badsni_envoy.pcap", "badsni_envoy.pcap", "nosni_envoy.pcap"]);
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::NoSniRejected), Some(Confidence::Possible))
    );
    assert!(
        verdict.evidence[1].starts_with("2 hellos with SNI were refused"),
        "{:?}",
        verdict.evidence
    );
}

#[test]
fn an_endpoint_that_answers_hellos_without_sni_does_not_reset_for_want_of_it() {
    let verdict = last(&["nosni_openssl.pcap", "ok_envoy.pcap", "nosni_envoy.pcap"]);
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::Unexplained), None)
    );
}

#[test]
fn what_an_endpoint_did_long_ago_is_no_contrast() {
    let verdict = handshakes(&["ok_envoy.pcap", "nosni_envoy.pcap"], 7 * MINUTE)
        .pop()
        .unwrap();
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::NoSniRejected), Some(Confidence::Likely))
    );
}

#[test]
fn an_unknown_name_is_likely_once_other_names_complete_and_certain_when_it_is_refused_again() {
    for (names, confidence) in [
        (&["ok_envoy.pcap", "badsni_envoy.pcap"][..], "likely"),
        (
            &[
                "ok_envoy.pcap",
                "badsni_envoy.pcap",
                "ok_envoy.pcap",
                "badsni_envoy.pcap",
            ],
            "certain",
        ),
    ] {
        let verdict = last(names);
        assert_eq!(
            (verdict.cause, verdict.confidence.map(Confidence::label)),
            (Some(Cause::UnknownSni), Some(confidence))
        );
    }
}

#[test]
fn what_a_server_does_over_quic_is_no_contrast_for_what_it_does_over_tcp() {
    let verdict = last(&["quic_ok.pcap", "quic_ok.pcap", "nosni_envoy.pcap"]);
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::NoSniRejected), Some(Confidence::Likely))
    );
    assert!(
        verdict.evidence[1].starts_with("no hellos with SNI seen"),
        "{:?}",
        verdict.evidence
    );
}

#[test]
fn a_reset_of_a_name_that_is_served_is_not_called_unknown() {
    // read_then_rst asks for the same name that ok_envoy completes with.
    let verdict = last(&["ok_envoy.pcap", "read_then_rst.pcap"]);
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::Unexplained), None)
    );
}

#[test]
fn the_alert_unrecognized_name_needs_no_contrast() {
    for (name, cause) in [
        ("nosni_nginx_reject_handshake.pcap", Cause::NoSniRejected),
        ("badsni_nginx_reject_handshake.pcap", Cause::UnknownSni),
    ] {
        let verdict = last(&[name]);
        assert_eq!(
            (verdict.cause, verdict.confidence),
            (Some(cause), Some(Confidence::Certain)),
            "{name}"
        );
    }
}

#[test]
fn the_reset_is_timed_from_the_end_of_the_hello() {
    let all = in_turn(&["nosni_envoy_pq.pcap"], MINUTE);
    let verdict = last(&["nosni_envoy_pq.pcap"]);
    let reset = all.last().unwrap().time.since(all[all.len() - 3].time);
    let after = Duration::from_secs_f64(verdict.ended.after_ms.unwrap() / 1e3);
    assert!(
        after.abs_diff(reset) < Duration::from_millis(1),
        "{after:?} is not {reset:?}"
    );
}

#[test]
fn health_checks_and_good_handshakes_are_no_failures() {
    for name in [
        "health_probe_fin.pcap",
        "health_probe_rst.pcap",
        "health_probe_envoy.pcap",
        "idle_no_ch.pcap",
    ] {
        let report = last(&[name]);
        assert_eq!(
            (report.outcome, report.cause),
            (Outcome::Probe, None),
            "{name}"
        );
    }
    for name in [
        "ok_tls13.pcap",
        "ok_tls12_resume.pcap",
        "ok_hrr.pcap",
        "mtls_ok_13.pcap",
        "alpn_mismatch_envoy.pcap",
    ] {
        let report = last(&[name]);
        assert_eq!(
            (report.outcome, report.cause),
            (Outcome::Established, None),
            "{name}"
        );
    }
}

#[test]
fn silence_becomes_a_finding_when_time_is_up_and_not_before() {
    let mut pipeline = Pipeline::new(Settings::default());
    let hello: Vec<_> = frames("server_silent.pcap").into_iter().take(5).collect();
    for frame in &hello {
        pipeline.push(frame.as_frame());
    }
    let sent = hello[3].time;
    pipeline.advance(sent.plus(Duration::from_millis(9_999)));
    assert_eq!(pipeline.events().count(), 0);
    pipeline.advance(sent.plus(Duration::from_millis(10_001)));
    let Some(Event::Handshake(verdict)) = pipeline.events().next() else {
        panic!("a verdict")
    };
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::ServerSilent), Some(Confidence::Certain))
    );
    assert_eq!(verdict.ended.how, EndedHow::Timeout);
}

#[test]
fn a_syn_that_stays_unanswered_is_a_timeout_and_is_said_once() {
    let mut pipeline = Pipeline::new(Settings::default());
    for frame in frames("syn_blackhole.client.pcap") {
        pipeline.push(frame.as_frame());
    }
    pipeline.finish();
    let verdicts: Vec<_> = pipeline.events().collect();
    let [Event::Handshake(verdict)] = verdicts.as_slice() else {
        panic!("one verdict, not {verdicts:?}")
    };
    assert_eq!(
        (verdict.cause, verdict.confidence),
        (Some(Cause::ConnectionTimeout), Some(Confidence::Certain))
    );
}

#[test]
fn a_port_that_is_used_again_begins_a_new_handshake() {
    let mut all = frames("nosni_envoy.pcap");
    let again = all.clone().into_iter().map(|mut frame| {
        let tcp = usize::from(frame.bytes[0] & 15) * 4;
        for at in [tcp + 4, tcp + 8] {
            let number = u32::from_be_bytes(frame.bytes[at..at + 4].try_into().unwrap());
            frame.bytes[at..at + 4].copy_from_slice(&number.wrapping_add(1_000_000).to_be_bytes());
        }
        frame.time = frame.time.plus(Duration::from_secs(1));
        frame
    });
    all.extend(again.collect::<Vec<_>>());
    let mut pipeline = Pipeline::new(Settings::default());
    for frame in &all {
        pipeline.push(frame.as_frame());
    }
    pipeline.finish();
    assert_eq!(pipeline.events().count(), 2);
}

#[test]
fn more_conversations_than_fit_are_counted_and_the_table_stays_bounded() {
    let settings = Settings {
        max_conversations: 100,
        ..Settings::default()
    };
    let mut pipeline = Pipeline::new(settings);
    let syn = frames("conn_refused.pcap").remove(0);
    for port in 1..=1000 {
        let mut one = syn.clone();
        set_client_port(&mut one.bytes, port);
        pipeline.push(one.as_frame());
    }
    assert_eq!(pipeline.conversations(), (100, 0));
    pipeline.finish();
    let lost: u64 = pipeline
        .events()
        .filter_map(|event| match event {
            Event::Loss(loss) if (&*loss.place, &*loss.reason) == ("pipeline", "table_full") => {
                Some(loss.count)
            }
            _ => None,
        })
        .sum();
    assert_eq!(lost, 900);
}

#[test]
fn a_client_whose_words_were_all_lost_is_no_probe_when_the_server_answered_them() {
    const SYN: u8 = 0x02;
    const ACK: u8 = 0x10;
    let mut pipeline = Pipeline::new(Settings::default());
    for mut frame in frames("ok_tls12.pcap") {
        let tcp = usize::from(frame.bytes[0] & 15) * 4;
        let from_server = frame.bytes[tcp..tcp + 2] == 443_u16.to_be_bytes();
        let parts = parts(&frame.bytes).unwrap();
        if !from_server && !parts.payload.is_empty() {
            continue;
        }
        if from_server && frame.bytes[tcp + 13] & SYN == 0 {
            // Nor may an acknowledgement give away that there was something to acknowledge.
            frame.bytes[tcp + 13] &= !ACK;
        }
        pipeline.push(frame.as_frame());
    }
    pipeline.finish();
    let Some(Event::Handshake(report)) = pipeline.events().next() else {
        panic!("a report")
    };
    assert_eq!((report.outcome, report.cause), (Outcome::Incomplete, None));
    assert!(
        report
            .capture
            .missing
            .contains(&"client_hello: gap".to_owned()),
        "{:?}",
        report.capture
    );
}
