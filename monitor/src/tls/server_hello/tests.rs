use std::sync::Arc;

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::tls::samples::{self, extension, vec16};
use crate::tls::{Deframer, HandshakeType, Item};

/// The ServerHellos of a recorded stream.
fn recorded(stream: &str) -> Vec<ServerHello> {
    let mut hellos = Vec::new();
    Deframer::default().push(samples::stream(stream), &mut |item| {
        if let Item::Handshake {
            kind: HandshakeType::SERVER_HELLO,
            body,
            ..
        } = item
        {
            hellos.push(Arc::unwrap_or_clone(ServerHello::parse(body).unwrap()));
        }
    });
    hellos
}

/// The first ClientHello of a recorded stream.
fn client(stream: &str) -> Arc<ClientHello> {
    let mut hello = None;
    Deframer::default().push(samples::stream(stream), &mut |item| {
        if let Item::Handshake {
            kind: HandshakeType::CLIENT_HELLO,
            body,
            ..
        } = item
        {
            hello.get_or_insert_with(|| ClientHello::parse(body).unwrap());
        }
    });
    hello.unwrap()
}

fn with(version: u16, extensions: &[Vec<u8>]) -> Result<Arc<ServerHello>, Malformed> {
    let fixed = [&version.to_be_bytes()[..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat();
    ServerHello::parse(&[fixed, vec16(&extensions.concat())].concat())
}

#[test]
fn a_recorded_tls_1_3_answer_is_read_in_full() {
    let hello = recorded("ok_tls13.server").remove(0);
    assert_eq!(
        (hello.legacy_version, hello.version()),
        (Version::TLS1_2, Version::TLS1_3)
    );
    assert_eq!((hello.cipher_suite, hello.group), (0x1302, Some(29)));
    assert_eq!(hello.len, 122);
    assert!(!hello.is_hello_retry_request() && !hello.psk);
}

#[test]
fn a_hello_retry_request_is_told_from_the_answer_behind_it() {
    let hellos = recorded("ok_hrr.server");
    let retries: Vec<bool> = hellos
        .iter()
        .map(ServerHello::is_hello_retry_request)
        .collect();
    assert_eq!(retries, [true, false]);
    assert_eq!(hellos[0].group, hellos[1].group);
}

#[test]
fn a_tls_1_2_session_is_resumed_when_its_id_comes_back() {
    let resumed = recorded("ok_tls12_resume.server").remove(0);
    assert_eq!(resumed.version(), Version::TLS1_2);
    assert!(resumed.echoes_session_id(&client("ok_tls12_resume.client")));
    assert!(!recorded("ok_tls12.server")[0].echoes_session_id(&client("ok_tls12.client")));
}

#[test]
fn an_ssl_3_answer_may_have_extensions_too() {
    assert_eq!(
        with(0x0300, &[extension(0xff01, &[0])]).unwrap().extensions[..],
        [0xff01]
    );
}

#[test]
fn an_answer_may_end_without_extensions() {
    let body = [&[3, 1][..], &[7; 32], &[0, 0, 5, 0]].concat();
    let hello = ServerHello::parse(&body).unwrap();
    assert_eq!((hello.version(), hello.cipher_suite), (Version::TLS1_0, 5));
}

#[rstest]
#[case::draft_18(0x7f12)]
#[case::a_draft_that_did_not_say_so(0x0304)]
fn drafts_before_22_have_no_session_id(#[case] version: u16) {
    let body = [
        &version.to_be_bytes()[..],
        &[7; 32],
        &[0x13, 1],
        &vec16(&extension(40, &[0, 29, 0, 1, 9])),
    ]
    .concat();
    let hello = ServerHello::parse(&body).unwrap();
    assert_eq!(
        (hello.version(), hello.cipher_suite),
        (Version(version), 0x1301)
    );
    assert_eq!(hello.group, Some(29));
}

#[test]
fn the_chosen_protocol_is_kept() {
    let hello = with(0x0303, &[extension(16, &[0, 3, 2, b'h', b'2'])]).unwrap();
    assert_eq!(hello.alpn.first(), Some(&b"h2"[..]));
}

#[test]
fn an_extension_that_breaks_inside_is_named() {
    let hello = with(
        0x0303,
        &[
            extension(43, &[3]),
            extension(51, &[]),
            extension(16, &[0, 9]),
        ],
    )
    .unwrap();
    assert_eq!(hello.unreadable[..], [43, 51, 16]);
    assert_eq!((hello.version(), hello.group), (Version::TLS1_2, None));
}

#[test]
fn no_prefix_of_a_recorded_answer_is_taken_for_an_answer() {
    let whole = samples::stream("ok_tls13.server").get(9..127).unwrap();
    assert!(ServerHello::parse(whole).is_ok());
    let fixed = 2 + 32 + 1 + 32 + 2 + 1;
    for cut in (0..whole.len()).filter(|&cut| cut != fixed) {
        assert!(ServerHello::parse(&whole[..cut]).is_err(), "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_nothing_panics(body: Vec<u8>) {
        _ = ServerHello::parse(&body);
    }
}
