//! What is told of encrypted records, by their sizes.

use rstest::rstest;

use super::*;
use crate::frame::Timestamp;
use crate::tls::{Item, record};

/// Both hellos of a TLS 1.3 handshake with this suite, then these records of the server and of the client, then what the
/// server sends when it goes on.
fn progress(suite: u16, psk: bool, server: &[u16], client: &[u16], behind: &[u16]) -> Progress {
    let mut progress = Progress::default();
    let answer = answer(suite, psk);
    let kind = crate::tls::HandshakeType::SERVER_HELLO;
    let len = u32::try_from(answer.len()).unwrap() + 4;
    let body = &answer;
    let mut step = |from, item: Item<'_>| progress.step(from, item, Timestamp(1));
    step(Side::Server, Item::Handshake { kind, body, len });
    let content_type = record::APPLICATION_DATA;
    for (from, lens) in [
        (Side::Server, server),
        (Side::Client, client),
        (Side::Server, behind),
    ] {
        for &len in lens {
            step(from, Item::Protected { content_type, len });
        }
    }
    progress
}

fn answer(suite: u16, psk: bool) -> Vec<u8> {
    let versions = [0, 43, 0, 2, 3, 4].to_vec();
    let extensions = [versions, if psk { vec![0, 41, 0, 2, 0, 0] } else { vec![] }].concat();
    let length = u16::try_from(extensions.len()).unwrap().to_be_bytes();
    let suite = suite.to_be_bytes();
    [
        &[3, 3][..],
        &[7; 32],
        &[0],
        &suite,
        &[0],
        &length,
        &extensions,
    ]
    .concat()
}

fn words(meanings: &[Meaning]) -> String {
    let one = |meaning: &Meaning| {
        let words: Vec<_> = meaning.iter().map(|word| word.label()).collect();
        if words.is_empty() {
            "?".to_owned()
        } else {
            words.join("+")
        }
    };
    meanings.iter().map(one).collect::<Vec<_>>().join(" ")
}

const FULL: &str = "encrypted_extensions certificate certificate_verify finished";

#[rstest]
#[case::openssl(0x1302, &[23, 506, 96, 69], &[250], "", " session_ticket")]
#[case::asks_for_a_certificate(0x1302, &[23, 94, 883, 96, 69], &[], "request", "")]
#[case::sha_256(0x1301, &[23, 506, 96, 53], &[250], "", " session_ticket")]
#[case::java(0x1301, &[39, 522, 112, 69], &[35], "", " alert")]
#[case::an_alert(0x1302, &[23, 506, 96, 69], &[19], "", " alert")]
fn the_servers_messages_are_told_apart_when_each_has_a_record(
    #[case] suite: u16,
    #[case] flight: &[u16],
    #[case] behind: &[u16],
    #[case] request: &str,
    #[case] then: &str,
) {
    let finished = [flight.last().copied().unwrap_or_default()];
    let found = words(
        &progress(suite, false, flight, &finished, behind)
            .inferred()
            .server,
    );
    let full = if request.is_empty() {
        FULL.to_owned()
    } else {
        FULL.replace(" certificate ", " certificate_request certificate ")
    };
    assert_eq!(found, full + then);
}

#[rstest]
#[case::one_record(false, &[643], "encrypted_extensions+certificate+certificate_verify+finished")]
#[case::two_that_cannot_be_told_apart(false, &[32, 700], "flight flight")]
#[case::three_with_the_end(false, &[700, 90, 69], "flight flight finished")]
#[case::resumed(true, &[23, 69], "encrypted_extensions finished")]
#[case::resumed_in_one(true, &[75], "encrypted_extensions+finished")]
fn a_servers_flight_in_fewer_records_is_told_as_far_as_it_goes(
    #[case] psk: bool,
    #[case] flight: &[u16],
    #[case] expected: &str,
) {
    let found = progress(0x1302, psk, flight, &[69], &[477])
        .inferred()
        .server;
    assert_eq!(words(&found), format!("{expected} session_ticket"));
}

#[rstest]
#[case::finished(&[69], "finished")]
#[case::and_data(&[69, 35], "finished application_data")]
#[case::and_close_notify(&[69, 19], "finished alert")]
#[case::no_certificate(&[25, 69, 35], "empty_certificate finished application_data")]
#[case::no_certificate_in_one(&[77], "empty_certificate+finished")]
#[case::a_certificate(&[830, 96, 69], "certificate certificate_verify finished")]
#[case::a_certificate_in_one(&[978], "certificate+certificate_verify+finished")]
#[case::java(&[85, 35], "finished alert")]
#[case::java_without_a_certificate(&[41, 85], "empty_certificate finished")]
#[case::refuses(&[19], "alert")]
#[case::refuses_padded(&[35], "alert")]
#[case::something_else(&[130], "?")]
fn the_clients_flight_is_told(#[case] client: &[u16], #[case] expected: &str) {
    let found = progress(0x1302, false, &[23, 506, 96, 69], client, &[])
        .inferred()
        .client;
    assert_eq!(words(&found), expected);
}

#[rstest]
#[case::asked(&[25, 69], "encrypted_extensions+certificate_request+certificate+certificate_verify+finished")]
#[case::unanswered(&[], "flight")]
#[case::refused(&[19], "flight")]
fn a_flight_in_one_record_is_told_by_the_clients_answer(
    #[case] client: &[u16],
    #[case] expected: &str,
) {
    let found = progress(0x1302, false, &[706], client, &[])
        .inferred()
        .server;
    assert_eq!(words(&found), expected);
}

#[test]
fn what_comes_to_a_client_that_has_spoken_is_not_told() {
    let found = progress(0x1302, false, &[23, 506, 96, 69], &[69, 35], &[250]).inferred();
    assert_eq!(words(&found.server), format!("{FULL} ?"));
}

#[test]
fn records_behind_the_one_that_decides_are_not_kept() {
    let progress = progress(0x1302, false, &[23, 506, 96, 69], &[69], &[250, 250, 600]);
    assert_eq!(progress.sides.server.protected.kept().len(), 5);
}

#[test]
fn a_record_too_short_for_finished_and_no_alert_is_neither() {
    let progress = progress(0x1302, false, &[23, 506, 96, 69], &[25], &[]);
    assert_eq!(progress.sides.client.maybe_alert, None);
    assert_eq!(progress.sides.client.finished, None);
}

#[test]
fn of_a_suite_that_is_not_known_nothing_is_told() {
    let found = progress(0x13ff, false, &[23, 506, 96, 69], &[69], &[250]).inferred();
    assert_eq!(words(&found.server), "? ? ? ? ?");
}

#[test]
fn only_the_first_records_are_kept_and_the_others_counted() {
    let many = [100; 40];
    let progress = progress(0x1302, false, &many, &[], &[]);
    let protected = &progress.sides.server.protected;
    assert_eq!((protected.kept().len(), protected.not_kept()), (16, 24));
}
