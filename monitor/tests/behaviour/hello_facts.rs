//! What a report says of hellos: facts of extensions, and hellos that have none.

use crate::support::frames::{OwnedFrame, events, frames};
use crate::support::talk::Talk;
use monitor::report::{AnsweredSession, Event, Handshake, OfferedSession, Outcome, Stage};
use monitor::tls::Version;
use monitor::wire::Flags;

fn handshakes(frames: &[OwnedFrame]) -> Vec<Handshake> {
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    events(frames).into_iter().filter_map(handshake).collect()
}

#[test]
fn a_hello_of_the_ssl_2_format_is_reported_with_its_version() {
    let mut talk = Talk::opened(443);
    let suites = [0, 0, 4, 0, 0, 5, 1, 0, 0x80];
    let head = [0x80, 34, 1, 3, 1, 0, 9, 0, 0, 0, 16];
    talk.says(&[&head[..], &suites, &[7; 16]].concat());
    talk.answers(&[21, 3, 1, 0, 2, 2, 70]);
    talk.server(Flags::RST | Flags::ACK, b"");
    let report = handshakes(&talk.frames).remove(0);
    assert_eq!(report.ssl2_client_hello, Some(Version::TLS1_0));
    assert!(report.client_hello.is_none());
    assert_eq!(
        (report.outcome, report.stage),
        (Outcome::Failed, Stage::ClientHello)
    );
}

#[test]
fn what_a_retry_asks_for_is_what_the_server_then_uses() {
    let report = handshakes(&frames("ok_hrr.pcap")).remove(0);
    let retry = report.hello_retry_request.unwrap();
    let answer = report.server_hello.unwrap();
    assert_eq!(
        (retry.group, retry.group_name),
        (answer.group, Some("secp521r1"))
    );
    assert_eq!(answer.details.fields().key_share_bytes, Some(133));
}

#[test]
fn a_resumption_by_pre_shared_key_tells_what_was_offered_and_chosen() {
    let reports = handshakes(&frames("ok_tls13_resume.pcap"));
    let resumed = reports.last().unwrap();
    let asked = resumed.client_hello.as_ref().unwrap().fields().details;
    let offer = asked.pre_shared_key.as_ref().unwrap();
    assert_eq!(
        (offer.identity_bytes.len(), &offer.binder_bytes[..]),
        (1, &[48][..])
    );
    assert!(offer.obfuscated_ticket_age > 0 && asked.session_ticket_bytes == Some(0));
    let answer = resumed.server_hello.as_ref().unwrap().details.fields();
    assert_eq!(answer.selected_psk, Some(0));
    assert_eq!(answer.acknowledged, None);
}

#[test]
fn a_resumption_by_session_id_is_asked_for_and_echoed() {
    let reports = handshakes(&frames("ok_tls12_resume.pcap"));
    let sessions: Vec<_> = reports
        .iter()
        .map(|report| {
            let asked = report.client_hello.as_ref().unwrap().fields();
            (
                asked.details.session_id,
                report.server_hello.as_ref().unwrap().details.session_id,
            )
        })
        .collect();
    let first = (OfferedSession::None, AnsweredSession::New);
    let then = (OfferedSession::Resume, AnsweredSession::Echo);
    assert_eq!(sessions, [first, then]);
}

#[test]
fn what_a_server_acknowledges_is_told_where_it_is_in_the_clear() {
    let report = handshakes(&frames("ok_tls12.pcap")).remove(0);
    let hello = report.client_hello.unwrap();
    let asked = hello.fields().details;
    let answer = report.server_hello.unwrap().details;
    let acknowledged = answer.fields().acknowledged.unwrap();
    assert!(asked.extended_master_secret && acknowledged.extended_master_secret);
    assert!(asked.encrypt_then_mac && !acknowledged.encrypt_then_mac);
    assert!(asked.secure_renegotiation && acknowledged.secure_renegotiation);
    assert!(!asked.ocsp_stapling && !acknowledged.ocsp_stapling);
}

#[test]
fn a_post_quantum_key_share_tells_its_size() {
    let report = handshakes(&frames("split_pq_openssl.pcap")).remove(0);
    let hello = report.client_hello.unwrap();
    let asked = hello.fields();
    let place = asked.key_shares.iter().position(|&group| group == 4588);
    assert_eq!(asked.details.key_share_bytes[place.unwrap()], 1216);
}

#[test]
fn quic_transport_parameters_are_told_of_quic_only() {
    let types = |name| {
        let report = handshakes(&frames(name)).remove(0);
        let hello = report.client_hello.unwrap();
        let types = hello.fields().details.quic_transport_parameters;
        types.map(<[u64]>::to_vec)
    };
    assert!(types("quic_ok.pcap").unwrap().contains(&0x0f));
    assert_eq!(types("ok_tls13.pcap"), None);
}
