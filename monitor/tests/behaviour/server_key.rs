//! Whether the server has the key of its certificate: real handshakes of TLS 1.2, as they were and with a byte changed.

use crate::support::frames::handshakes;
use crate::support::scene::alert;
use crate::support::talk::{Talk, first_record, stream};
use monitor::report::{Cause, Handshake};
use monitor::wire::Flags;

const DECRYPT_ERROR: u8 = 51;

/// The server's first flight of a handshake of TLS 1.2, and where its ServerKeyExchange stands in it.
fn flight(server: &[u8]) -> (Vec<u8>, std::ops::Range<usize>) {
    let (mut at, mut exchange) = (0, 0..0);
    while server[at] == 22 {
        let end = at + 5 + usize::from(u16::from_be_bytes([server[at + 3], server[at + 4]]));
        let mut message = at + 5;
        while message < end {
            let length = u32::from_be_bytes([
                0,
                server[message + 1],
                server[message + 2],
                server[message + 3],
            ]);
            let next = message + 4 + usize::try_from(length).unwrap();
            if server[message] == 12 {
                exchange = message + 4..next;
            }
            message = next;
        }
        at = end;
    }
    (server[..at].to_vec(), exchange)
}

/// The client takes the server's flight, with a byte of ServerKeyExchange changed by `change`, and then ends it.
fn ends(change: u8, end: impl FnOnce(&mut Talk)) -> Handshake {
    let (client, server) = stream("ok_tls12");
    let (hello, _) = first_record(&client);
    let (mut flight, exchange) = flight(&server);
    assert!(exchange.len() > 100, "{exchange:?}");
    flight[exchange.end - 9] ^= change;
    let mut talk = Talk::opened(443);
    talk.says(hello).answers(&flight);
    end(&mut talk);
    handshakes(&talk.frames).remove(0)
}

fn said(report: &Handshake) -> (Option<Cause>, Option<&'static str>) {
    let confidence = report.confidence.map(monitor::report::Confidence::label);
    (report.cause, confidence)
}

#[test]
fn a_signature_that_does_not_verify_is_certain_however_the_client_leaves() {
    let ways: [fn(&mut Talk); 4] = [
        |talk| {
            talk.says(&alert(DECRYPT_ERROR));
        },
        |talk| {
            talk.says(&alert(40));
        },
        |talk| {
            talk.client(Flags::RST | Flags::ACK, b"");
        },
        |talk| {
            talk.client(Flags::FIN | Flags::ACK, b"");
        },
    ];
    for end in ways {
        let report = ends(1, end);
        assert_eq!(
            said(&report),
            (Some(Cause::ServerKeyMismatch), Some("certain"))
        );
        assert!(
            report.evidence[0].contains("does not verify with the certificate"),
            "{:?}",
            report.evidence
        );
    }
}

#[test]
fn a_signature_that_verifies_is_not_blamed() {
    for description in [DECRYPT_ERROR, 40] {
        let report = ends(0, |talk| {
            talk.says(&alert(description));
        });
        assert_ne!(
            report.cause,
            Some(Cause::ServerKeyMismatch),
            "{description}"
        );
    }
}

#[test]
fn an_alert_that_only_blames_the_certificate_is_explained_by_the_signature() {
    let report = ends(1, |talk| {
        talk.says(&alert(42));
    });
    assert_eq!(
        said(&report),
        (Some(Cause::ServerKeyMismatch), Some("likely"))
    );
}

#[test]
fn an_alert_that_names_another_cause_is_believed() {
    let report = ends(1, |talk| {
        talk.says(&alert(48));
    });
    assert_eq!(said(&report).0, Some(Cause::CertificateUntrusted));
}

#[test]
fn where_the_signature_is_encrypted_the_alert_is_all_there_is() {
    let (client, server) = stream("ok_tls13");
    let (hello, _) = first_record(&client);
    let (answer, _) = first_record(&server);
    let mut talk = Talk::opened(443);
    talk.says(hello).answers(answer).says(&alert(DECRYPT_ERROR));
    let report = handshakes(&talk.frames).remove(0);
    assert_eq!(
        said(&report),
        (Some(Cause::ServerKeyMismatch), Some("possible"))
    );
}
