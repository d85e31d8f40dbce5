use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::tls::samples::{self, STREAMS};

/// The items of a stream that comes in `pieces`, one line each.
fn items<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    collect(&mut Deframer::default(), pieces)
}

fn collect<'a>(deframer: &mut Deframer, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut lines = Vec::new();
    for piece in pieces {
        deframer.push(piece, &mut |item| lines.push(line(item)));
    }
    lines
}

fn line(item: Item<'_>) -> String {
    match item {
        Item::Handshake { kind, body, len } => {
            assert_eq!(usize::try_from(len).unwrap(), body.len() + 4);
            format!(
                "{kind} {len} {:x}",
                body.iter()
                    .fold(0_u32, |sum, &byte| sum.rotate_left(5) ^ u32::from(byte))
            )
        }
        Item::Alert { level, description } => format!("alert {level} {description}"),
        Item::ChangeCipherSpec => "ccs".to_owned(),
        Item::Protected { content_type, len } => format!("protected {content_type} {len}"),
        Item::Ssl2ClientHello { version, len } => format!("ssl2 {version} {len}"),
        // How many of the first bytes come with it depends on the cut.
        Item::NotTls { .. } => "not tls".to_owned(),
        Item::Malformed(malformed) => format!("malformed {malformed}"),
    }
}

/// The first word of each line.
fn words(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect()
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &samples::vec16(body)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [.., high, middle, low] = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[kind, high, middle, low][..], body].concat()
}

const CCS: [u8; 6] = [20, 3, 3, 0, 1, 1];

#[rstest]
#[case("ok_tls13.server", &["server_hello", "ccs", "protected", "protected", "protected", "protected"])]
#[case("ok_tls12.server", &["server_hello", "certificate", "server_key_exchange", "server_hello_done", "new_session_ticket", "ccs", "protected"])]
#[case("ok_tls12.client", &["client_hello", "client_key_exchange", "ccs", "protected", "protected", "protected"])]
#[case("ok_tls12_resume.server", &["server_hello", "ccs", "protected"])]
#[case("ok_hrr.client", &["client_hello", "ccs", "client_hello", "protected"])]
#[case("ok_hrr.server", &["server_hello", "ccs", "server_hello", "protected"])]
#[case("frag_records_64.client", &["client_hello"])]
#[case("cert_expired_13_openssl.client", &["client_hello", "alert"])]
#[case("badsni_nginx_reject_handshake.server", &["alert"])]
#[case("mtls_missing_12_openssl.server", &["server_hello", "certificate", "server_key_exchange", "certificate_request", "server_hello_done", "alert"])]
fn a_recorded_stream_begins_with(#[case] stream: &str, #[case] begin: &[&str]) {
    let lines = items([samples::stream(stream)]);
    assert_eq!(words(&lines)[..begin.len()], *begin, "{lines:?}");
    assert!(!words(&lines).contains(&"malformed"));
}

#[test]
fn a_whole_message_is_handed_on_where_it_lies() {
    let stream = samples::stream("ok_tls12.server");
    Deframer::default().push(stream, &mut |item| {
        if let Item::Handshake { body, .. } = item {
            assert!(body.is_empty() || stream.as_ptr_range().contains(&body.as_ptr()));
        }
    });
}

#[test]
fn every_cut_in_two_gives_the_same_items() {
    for (name, stream) in STREAMS {
        let whole = items([*stream]);
        for cut in 0..stream.len().min(2_000) {
            let (head, tail) = stream.split_at(cut);
            assert_eq!(items([head, tail]), whole, "{name} cut at {cut}");
        }
    }
}

#[test]
fn byte_by_byte_gives_the_same_items() {
    for (name, stream) in STREAMS {
        assert_eq!(items(stream.chunks(1)), items([*stream]), "{name}");
    }
}

#[test]
fn a_prefix_tells_no_more_than_a_prefix_of_the_items() {
    for (name, stream) in STREAMS {
        let whole = items([*stream]);
        for cut in 0..stream.len().min(2_000) {
            assert!(
                whole.starts_with(&items([&stream[..cut]])),
                "{name} cut at {cut}"
            );
        }
    }
}

#[test]
fn an_idle_deframer_is_small() {
    assert!(size_of::<Deframer>() <= 56, "{}", size_of::<Deframer>());
}

#[test]
fn nothing_is_kept_between_whole_records() {
    let mut deframer = Deframer::default();
    let stream = [message(14, &[]), message(1, &[9; 300])].concat();
    let stream = record(22, &stream);
    for (index, byte) in stream.iter().enumerate() {
        assert_eq!(deframer.is_idle(), index == 0);
        deframer.push(&[*byte], &mut |_| {});
    }
    assert!(deframer.is_idle());
    assert_eq!(deframer.assembler.capacity(), 0);
}

#[test]
fn messages_are_cut_and_joined_over_records_at_will() {
    let messages = [
        message(2, &[1; 70]),
        message(14, &[]),
        message(11, &[3; 500]),
    ]
    .concat();
    let whole = items([&record(22, &messages)[..]]);
    assert_eq!(whole.len(), 3);
    for size in 1..100 {
        let stream: Vec<u8> = messages
            .chunks(size)
            .flat_map(|body| record(22, body))
            .collect();
        assert_eq!(items([&stream[..]]), whole, "records of {size}");
    }
}

#[test]
fn after_change_cipher_spec_handshake_records_are_encrypted() {
    let stream = [&CCS[..], &record(22, &[0xa5; 40]), &record(21, &[0x5a; 26])].concat();
    assert_eq!(
        items([&stream[..]]),
        ["ccs", "protected 22 40", "protected 21 26"]
    );
}

#[test]
fn a_second_hello_after_a_dummy_change_cipher_spec_is_plaintext() {
    let body = [&[3, 3][..], &[7; 40]].concat();
    let stream = [
        &CCS[..],
        &record(22, &message(1, &body)),
        &record(22, &message(2, &body)),
    ]
    .concat();
    assert_eq!(
        words(&items([&stream[..]])),
        ["ccs", "client_hello", "server_hello"]
    );
    // And when it is cut into records.
    let cut: Vec<u8> = message(1, &body)
        .chunks(20)
        .flat_map(|body| record(22, body))
        .collect();
    assert_eq!(
        words(&items([&[&CCS[..], &cut].concat()[..]])),
        ["ccs", "client_hello"]
    );
}

#[test]
fn ciphertext_that_only_resembles_a_hello_stays_encrypted() {
    for first in [
        &[1, 0, 0, 30, 3, 3][..],
        &[1, 0, 1, 0, 9, 9],
        &[1, 0xff, 0, 0, 3, 3],
        &[11, 0, 0, 36, 3, 3],
        &[1],
    ] {
        let mut body = first.to_vec();
        if first.len() > 1 {
            body.resize(40, 0xa5);
        }
        let stream = [&CCS[..], &record(22, &body)].concat();
        assert_eq!(
            words(&items([&stream[..]])),
            ["ccs", "protected"],
            "{first:?}"
        );
    }
}

#[test]
fn in_tls_1_3_a_change_cipher_spec_means_nothing() {
    let mut deframer = Deframer::default();
    deframer.set_tls13();
    let stream = [
        &CCS[..],
        &record(22, &message(4, &[1, 2, 3])),
        &record(23, &[0; 19]),
    ]
    .concat();
    assert_eq!(
        words(&collect(&mut deframer, [&stream[..]])),
        ["ccs", "new_session_ticket", "protected"]
    );
}

#[test]
fn an_alert_of_two_bytes_is_plaintext_wherever_it_comes() {
    let stream = [&record(21, &[1, 0])[..], &CCS, &record(21, &[2, 48])].concat();
    assert_eq!(items([&stream[..]]), ["alert 1 0", "ccs", "alert 2 48"]);
    assert_eq!(items([&record(21, &[9; 26])[..]]), ["protected 21 26"]);
}

#[test]
fn an_alert_may_cut_in_on_a_message() {
    let hello = message(1, &[7; 60]);
    let stream = [record(22, &hello[..30]), record(21, &[2, 80])].concat();
    assert_eq!(items([&stream[..]]), ["alert 2 80"]);
}

#[rstest]
#[case::a_type_that_is_none(&[99, 3, 3, 0, 1], "malformed content_type")]
#[case::a_version_that_is_none(&[22, 9, 9, 0, 1], "malformed record_version")]
#[case::a_record_too_long(&[23, 3, 3, 0x48, 1], "malformed record_length")]
#[case::an_empty_handshake_record(&[22, 3, 3, 0, 0], "malformed empty_record")]
#[case::a_message_too_long(&[22, 3, 3, 0, 9, 11, 1, 0, 1], "malformed message_length")]
#[case::a_change_cipher_spec_of_two_bytes(&[20, 3, 3, 0, 2, 1, 1], "malformed change_cipher_spec")]
#[case::a_change_cipher_spec_of_another_value(&[20, 3, 3, 0, 1, 2], "malformed change_cipher_spec")]
#[case::application_data_within_a_message(&[22, 3, 3, 0, 4, 1, 0, 0, 9, 23, 3, 3, 0, 1], "malformed interleaved")]
fn what_makes_no_sense_ends_it(#[case] bytes: &[u8], #[case] end: &str) {
    let alert = record(21, &[1, 90]);
    let stream = [&alert[..], bytes, &alert].concat();
    for chunk in [1, stream.len()] {
        assert_eq!(items(stream.chunks(chunk)), ["alert 1 90", end]);
    }
}

#[test]
fn a_record_too_long_is_malformed_from_the_first_byte_on_too() {
    assert_eq!(
        items([&[22, 3, 1, 0xff, 0xff][..]]),
        ["malformed record_length"]
    );
}

#[test]
fn the_first_bytes_of_what_is_no_tls_are_kept_in_every_cut() {
    let request = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
    for chunk in 1..request.len() {
        let mut deframer = Deframer::default();
        let lines = collect(&mut deframer, request.chunks(chunk));
        assert_eq!(lines, ["not tls"], "chunks of {chunk}");
        assert_eq!(deframer.opening(), b"GET / HTTP/1.1\r\n");
        assert!(deframer.is_stopped() && deframer.is_idle());
    }
    let mut first = Vec::new();
    Deframer::default().push(request, &mut |item| {
        if let Item::NotTls { first: bytes } = item {
            first = bytes.to_vec();
        }
    });
    assert_eq!(first, b"GET / HTTP/1.1\r\n");
}

#[test]
fn an_ssl2_hello_is_told_and_passed_over() {
    let hello = [&[0x80, 25, 1, 3, 1, 0, 0, 0, 0, 0, 16][..], &[7; 16]].concat();
    let stream = [&hello[..], &record(22, &message(16, &[1]))].concat();
    for chunk in [1, 4, stream.len()] {
        let lines = items(stream.chunks(chunk));
        assert_eq!(lines[0], "ssl2 TLS1.0 25");
        assert_eq!(words(&lines), ["ssl2", "client_key_exchange"]);
    }
}

#[test]
fn heartbeats_in_plaintext_are_passed_over() {
    let stream = [record(24, &[1, 0, 0]), record(21, &[1, 0])].concat();
    assert_eq!(items([&stream[..]]), ["alert 1 0"]);
}

#[test]
fn encrypted_content_is_told_by_its_header_alone() {
    assert_eq!(items([&[23, 3, 3, 0x40, 0][..]]), ["protected 23 16384"]);
    assert_eq!(
        items([&[23, 3, 3, 0, 0, 23, 3, 3, 0, 1][..]]),
        ["protected 23 0", "protected 23 1"]
    );
}

#[test]
fn behind_a_gap_nothing_is_told() {
    let mut deframer = Deframer::default();
    let hello = record(22, &message(1, &[7; 60]));
    assert!(collect(&mut deframer, [&hello[..30]]).is_empty());
    deframer.gap();
    assert_eq!(deframer.assembler.capacity(), 0);
    assert!(collect(&mut deframer, [&hello[..]]).is_empty());
}

#[test]
fn a_gap_within_encrypted_content_does_no_harm() {
    let stream = [record(23, &[0; 1000]), record(21, &[2, 40])].concat();
    let mut deframer = Deframer::default();
    assert_eq!(
        collect(&mut deframer, [&stream[..100]]),
        ["protected 23 1000"]
    );
    assert!(deframer.pass_over(600));
    assert_eq!(collect(&mut deframer, [&stream[700..]]), ["alert 2 40"]);
}

#[test]
fn a_gap_that_ends_with_the_content_does_no_harm_and_one_byte_more_does() {
    let start = record(23, &[0; 1000]);
    for (missing, harmless) in [(905, true), (906, false), (u64::MAX, false)] {
        let mut deframer = Deframer::default();
        deframer.push(&start[..100], &mut |_| {});
        assert_eq!(deframer.pass_over(missing), harmless, "{missing}");
        assert_eq!(deframer.is_stopped(), !harmless);
    }
}

#[test]
fn a_gap_of_nothing_does_no_harm_and_one_within_a_header_does() {
    let mut deframer = Deframer::default();
    deframer.push(&[22, 3], &mut |_| {});
    assert!(deframer.pass_over(0) && !deframer.is_stopped());
    assert!(!deframer.pass_over(1) && deframer.is_stopped());
}

/// A record of any kind, mostly sensible.
fn any_record() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(any::<u8>(), 0..80);
    prop_oneof![
        Just(CCS.to_vec()),
        (20_u8..25, body.clone()).prop_map(|(kind, body)| record(kind, &body)),
        (0_u8..24, body.clone()).prop_map(|(kind, body)| record(22, &message(kind, &body))),
        (1_u8..3, body.clone()).prop_map(|(kind, body)| record(22, &message(kind, &body)[..4])),
        (0_u8..3, 0_u8..120).prop_map(|(level, description)| record(21, &[level, description])),
        body,
    ]
}

proptest! {
    #[test]
    fn any_segmentation_of_any_stream_gives_the_same_items(
        records in prop::collection::vec(any_record(), 0..8),
        cuts in prop::collection::vec(0_usize..400, 0..12),
    ) {
        let stream = records.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]);
        prop_assert_eq!(items(pieces), items([&stream[..]]));
    }

    #[test]
    fn any_segmentation_of_a_recorded_stream_gives_the_same_items(
        which in 0..STREAMS.len(),
        sizes in prop::collection::vec(1_usize..1500, 1..20),
    ) {
        let (_, stream) = STREAMS[which];
        let mut rest = stream;
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(items(pieces), items([stream]));
    }

    #[test]
    fn memory_is_bounded_by_the_longest_message(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        repeat in 1_usize..300,
    ) {
        let mut deframer = Deframer::default();
        for _ in 0..repeat {
            deframer.push(&record(22, &bytes), &mut |_| {});
            prop_assert!(deframer.assembler.capacity() <= 2 * (crate::tls::MAX_MESSAGE + 4));
        }
    }
}
