use proptest::prelude::*;

use super::*;
use crate::tls::samples::{self, client_hello, extension, fixed_part};
use crate::tls::{Deframer, HandshakeType, Item};

/// The ClientHellos of a recorded stream.
fn recorded(stream: &str) -> Vec<ClientHello> {
    let mut hellos = Vec::new();
    Deframer::default().push(samples::stream(stream), &mut |item| {
        if let Item::Handshake {
            kind: HandshakeType::CLIENT_HELLO,
            body,
            ..
        } = item
        {
            hellos.push(Arc::unwrap_or_clone(ClientHello::parse(body).unwrap()));
        }
    });
    hellos
}

fn with(extensions: &[Vec<u8>]) -> Result<Arc<ClientHello>, Malformed> {
    ClientHello::parse(&client_hello(0x0303, &[0x1301], extensions))
}

#[test]
fn a_recorded_tls_1_3_hello_is_read_in_full() {
    let hellos = recorded("ok_tls13.client");
    let [hello] = &hellos[..] else {
        panic!("{hellos:?}")
    };
    assert_eq!(hello.legacy_version, Version::TLS1_2);
    assert_eq!(
        hello.server_name.as_ref().unwrap().to_string(),
        "server.test"
    );
    assert_eq!(hello.versions[..2], [0x0304, 0x0303]);
    assert!(hello.cipher_suites.contains(&0x1302) && hello.groups.contains(&29));
    assert_eq!(hello.session_id.as_bytes().len(), 32);
    assert_eq!(hello.len, 312);
    assert!(hello.unreadable.is_empty() && !hello.psk && !hello.ech && !hello.cookie);
}

#[test]
fn the_answer_to_a_hello_retry_request_brings_another_key_share() {
    let hellos = recorded("ok_hrr.client");
    let [first, second] = &hellos[..] else {
        panic!("{hellos:?}")
    };
    assert_eq!(first.random, second.random);
    assert_ne!(first.key_shares, second.key_shares);
}

#[test]
fn a_hello_in_small_records_is_one_hello() {
    assert_eq!(recorded("frag_records_64.client").len(), 1);
    assert!(
        recorded("split_pq_openssl.client")[0]
            .key_shares
            .contains(&4588)
    );
}

#[test]
fn no_prefix_of_a_recorded_hello_is_taken_for_a_hello() {
    let whole = samples::stream("ok_tls13.client").get(9..317).unwrap();
    assert!(ClientHello::parse(whole).is_ok());
    // A hello may end behind its compression methods; that is the one prefix which is whole.
    let fixed = 2 + 32 + 1 + 32 + 2 + usize::from(whole[68]) + 2;
    for cut in (0..whole.len()).filter(|&cut| cut != fixed) {
        assert!(ClientHello::parse(&whole[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn bytes_behind_the_extensions_are_ignored() {
    let mut body = client_hello(0x0303, &[0x1301], &[extension(23, &[])]);
    body.extend([0xde, 0xad]);
    assert_eq!(ClientHello::parse(&body).unwrap().extensions[..], [23]);
}

#[test]
fn one_stray_byte_behind_the_fixed_part_is_a_broken_block() {
    let mut body = fixed_part(0x0301, &[4]);
    body.push(0);
    assert_eq!(ClientHello::parse(&body), Err(Malformed::Extensions));
}

#[test]
fn an_extension_that_overruns_the_block_spoils_the_hello() {
    let mut broken = extension(0, &[0, 4, 0, 0, 1, b'a']);
    broken[3] += 1;
    assert_eq!(with(&[broken]), Err(Malformed::Extensions));
}

#[test]
fn an_extension_that_breaks_inside_is_named_and_spoils_nothing_else() {
    let hello = with(&[
        extension(0, &[0, 9, 0, 0, 9, b'a', b'.']),
        extension(10, &[0, 3, 0, 29, 0]),
        extension(16, &[0, 3, 2, b'h', b'2']),
    ]);
    let hello = hello.unwrap();
    assert_eq!(hello.unreadable[..], [0, 10]);
    assert_eq!((hello.server_name.clone(), hello.groups.len()), (None, 0));
    assert_eq!(hello.alpn.first(), Some(&b"h2"[..]));
    assert!(hello.has(ExtensionType::SERVER_NAME));
}

#[test]
fn extensions_without_content_are_tolerated() {
    let kinds: Vec<u16> = (0..64).collect();
    let extensions: Vec<_> = kinds.iter().map(|&kind| extension(kind, &[])).collect();
    let hello = with(&extensions).unwrap();
    assert_eq!(hello.extensions[..], kinds);
    assert!(hello.unreadable.contains(&0) && hello.psk && hello.early_data);
}

#[test]
fn of_two_extensions_of_a_type_the_last_counts() {
    let hello = with(&[extension(11, &[1, 0]), extension(11, &[1, 1])]).unwrap();
    assert_eq!(hello.extensions[..], [11, 11]);
    assert_eq!(hello.point_formats[..], [1]);
}

#[test]
fn grease_stays_in_the_lists() {
    let hello = samples::hello_with_grease();
    assert_eq!(hello.cipher_suites[0], 0x2a2a);
    assert_eq!(hello.extensions[0], 0x3a3a);
    let versions: Vec<String> = hello
        .offered_versions()
        .map(|version| version.to_string())
        .collect();
    assert_eq!(versions, ["GREASE", "TLS1.3", "TLS1.2"]);
}

#[test]
fn without_supported_versions_the_version_field_is_the_offer() {
    let hello = samples::hello_without_extensions();
    assert_eq!(
        hello.offered_versions().collect::<Vec<_>>(),
        [Version::TLS1_0]
    );
}

#[test]
fn a_fixed_part_that_contradicts_itself_is_malformed() {
    let odd_suites = [&[3, 3][..], &[7; 32], &[0, 0, 3, 0x13, 1, 0], &[1, 0]].concat();
    assert_eq!(ClientHello::parse(&odd_suites), Err(Malformed::ClientHello));
    let long_session_id = [
        &[3, 3][..],
        &[7; 32],
        &[33],
        &[7; 33],
        &[0, 2, 0x13, 1, 1, 0],
    ]
    .concat();
    assert_eq!(
        ClientHello::parse(&long_session_id),
        Err(Malformed::ClientHello)
    );
}

#[test]
fn ordinary_hellos_need_no_heap() {
    let hello = recorded("ok_tls13.client").remove(0);
    let lists = [
        &hello.cipher_suites,
        &hello.extensions,
        &hello.groups,
        &hello.signature_schemes,
    ];
    assert!(lists.iter().all(|list| !list.spilled()));
}

proptest! {
    #[test]
    fn whatever_comes_nothing_panics(body: Vec<u8>) {
        _ = ClientHello::parse(&body);
    }

    #[test]
    fn a_recorded_hello_with_bytes_changed_never_panics(
        changes in prop::collection::vec((0_usize..308, any::<u8>()), 1..6),
    ) {
        let mut body = samples::stream("ok_tls13.client").get(9..317).unwrap().to_vec();
        for (place, byte) in changes {
            body[place] = byte;
        }
        if let Ok(hello) = ClientHello::parse(&body) {
            _ = crate::tls::fingerprint::ja3(&hello);
            _ = crate::tls::fingerprint::ja4(&hello, 't');
        }
    }
}
