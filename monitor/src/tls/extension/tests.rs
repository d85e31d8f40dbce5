//! Every reader of an extension on contents of real hellos, cut everywhere, and on made-up ones.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::tls::samples::{self, client_hello, extension, vec16};
use crate::tls::{ClientHello, Deframer, HandshakeType, Item, ServerHello};

/// All extensions that a reader knows, and one that none does.
const KINDS: [ExtensionType; 27] = [
    ExtensionType::MAX_FRAGMENT_LENGTH,
    ExtensionType::STATUS_REQUEST,
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::EC_POINT_FORMATS,
    ExtensionType::HEARTBEAT,
    ExtensionType::ALPN,
    ExtensionType::STATUS_REQUEST_V2,
    ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP,
    ExtensionType::PADDING,
    ExtensionType::COMPRESS_CERTIFICATE,
    ExtensionType::RECORD_SIZE_LIMIT,
    ExtensionType::DELEGATED_CREDENTIAL,
    ExtensionType::SESSION_TICKET,
    ExtensionType::DRAFT_KEY_SHARE,
    ExtensionType::PRE_SHARED_KEY,
    ExtensionType::COOKIE,
    ExtensionType::CERTIFICATE_AUTHORITIES,
    ExtensionType::SIGNATURE_ALGORITHMS_CERT,
    ExtensionType::KEY_SHARE,
    ExtensionType::QUIC_TRANSPORT_PARAMETERS,
    ExtensionType::NEXT_PROTOCOL_NEGOTIATION,
    ExtensionType::DRAFT_APPLICATION_SETTINGS,
    ExtensionType::APPLICATION_SETTINGS,
    ExtensionType::ENCRYPTED_CLIENT_HELLO,
    ExtensionType::RENEGOTIATION_INFO,
    ExtensionType::DRAFT_QUIC_TRANSPORT_PARAMETERS,
    ExtensionType(0x1234),
];

fn read_by_all(kind: ExtensionType, content: &[u8]) -> [Option<()>; 2] {
    let whole = content;
    let extension = Extension {
        kind,
        content,
        whole,
    };
    let client = ClientDetails::default().read(&extension);
    [client, ServerDetails::default().read(&extension)]
}

/// The extensions of a block.
fn split(block: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut block = Reader::new(block);
    std::iter::from_fn(|| Extension::next(&mut block).transpose()).collect()
}

fn versions_of(content: &[u8]) -> Option<Few> {
    let mut found = Few::new();
    versions(content, &mut found)?;
    Some(found)
}

#[test]
fn types_keep_wire_order_with_grease_and_duplicates() {
    let block = [
        0x2a, 0x2a, 0, 0, 0, 16, 0, 1, 9, 0, 0, 0, 0, 0x2a, 0x2a, 0, 0,
    ];
    let types: Vec<u16> = split(&block)
        .unwrap()
        .iter()
        .map(|ext| ext.kind.0)
        .collect();
    assert_eq!(types, [0x2a2a, 16, 0, 0x2a2a]);
}

#[test]
fn a_block_that_breaks_off_gives_nothing() {
    let block = [0, 16, 0, 1, 9, 0, 23, 0, 0];
    for cut in (1..block.len()).filter(|&cut| cut != 5) {
        assert_eq!(
            split(&block[..cut]).err(),
            Some(Malformed::Extensions),
            "cut at {cut}"
        );
    }
}

#[test]
fn lists_that_lie_about_their_length_give_nothing() {
    assert_eq!(versions_of(&[4, 3, 4]), None);
    assert_eq!(versions_of(&[3, 3, 4, 3]), None);
    assert_eq!(key_shares(&[0, 5, 0, 29, 0, 9, 1]), None);
    assert_eq!(Protocols::read(&[0, 5, 2, b'h', b'2', 8, b'h']), None);
    assert_eq!(Protocols::read(&[]), None);
}

#[test]
fn bytes_behind_a_list_are_ignored() {
    assert_eq!(versions_of(&[2, 3, 4, 0xff]).unwrap()[..], [0x0304]);
    assert_eq!(
        key_shares(&[0, 5, 0, 29, 0, 1, 7, 0xff]).unwrap().0[..],
        [29]
    );
    assert_eq!(
        Protocols::read(&[0, 3, 2, b'h', b'2', 0xff])
            .unwrap()
            .first(),
        Some(&b"h2"[..])
    );
}

#[test]
fn protocols_print_escaped() {
    let protocols = Protocols::read(&[0, 6, 2, b'h', b'2', 2, 0x0a, 0x0a]).unwrap();
    assert_eq!(protocols.to_string(), r"h2,\x0a\x0a");
}

/// The bodies of all hellos of the recorded streams.
fn recorded_hellos() -> Vec<(HandshakeType, Vec<u8>)> {
    let mut hellos = Vec::new();
    for (_, stream) in samples::STREAMS {
        Deframer::default().push(stream, &mut |item| {
            if let Item::Handshake {
                kind: kind @ (HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO),
                body,
                ..
            } = item
            {
                hellos.push((kind, body.to_vec()));
            }
        });
    }
    hellos
}

#[test]
fn recorded_hellos_cut_everywhere_never_panic_and_whole_ones_are_readable() {
    let hellos = recorded_hellos();
    assert!(hellos.len() >= 16, "{}", hellos.len());
    for (kind, body) in hellos {
        for cut in 0..body.len() {
            _ = ClientHello::parse(&body[..cut]);
            _ = ServerHello::parse(&body[..cut]);
        }
        let unreadable = match kind {
            HandshakeType::CLIENT_HELLO => ClientHello::parse(&body).unwrap().unreadable.clone(),
            _ => ServerHello::parse(&body).unwrap().unreadable.clone(),
        };
        assert!(unreadable.is_empty(), "{unreadable:?}");
    }
}

#[test]
fn contents_of_recorded_extensions_cut_everywhere_never_panic() {
    let mut contents = 0;
    for (kind, body) in recorded_hellos() {
        if kind != HandshakeType::CLIENT_HELLO {
            continue;
        }
        let fixed = 2 + 32 + 1 + usize::from(body[34]);
        let suites = usize::from(body[fixed]) << 8 | usize::from(body[fixed + 1]);
        let block = fixed + 2 + suites + 1 + usize::from(body[fixed + 2 + suites]) + 2;
        for extension in split(&body[block..]).unwrap() {
            contents += 1;
            for cut in 0..=extension.content.len() {
                for kind in KINDS {
                    _ = read_by_all(kind, &extension.content[..cut]);
                }
            }
        }
    }
    assert!(contents > 80, "{contents}");
}

fn with(extensions: &[Vec<u8>]) -> Arc<ClientHello> {
    ClientHello::parse(&client_hello(0x0303, &[0x1301], extensions)).unwrap()
}

#[test]
fn what_a_browser_offers_is_told() {
    let parameters = [1, 2, 0x40, 0x64, 4, 1, 7];
    let hello = with(&[
        extension(5, &[1, 0, 0, 0, 0]),
        extension(17, &[0, 7, 2, 0, 4, 0, 0, 0, 0]),
        extension(18, &[]),
        extension(21, &[0; 9]),
        extension(27, &[4, 0, 2, 0, 1]),
        extension(28, &[0x40, 1]),
        extension(34, &[0, 4, 4, 3, 5, 3]),
        extension(35, &[]),
        extension(50, &[0, 2, 8, 7]),
        extension(
            51,
            &vec16(
                &[
                    &[0x11, 0xec][..],
                    &vec16(&[1; 1216]),
                    &[0, 29],
                    &vec16(&[2; 32]),
                ]
                .concat(),
            ),
        ),
        extension(57, &parameters),
        extension(17_613, &[0, 3, 2, b'h', b'2']),
        extension(0xfe0d, &[0, 0, 1, 0, 1, 9, 0, 1, 7, 0, 2, 8, 8]),
        extension(0xff01, &[0]),
    ]);
    let details = &hello.details;
    assert!(hello.unreadable.is_empty(), "{:?}", hello.unreadable);
    assert_eq!(details.status_request, Some(1));
    assert_eq!(details.status_request_v2[..], [2]);
    assert_eq!(details.padding, Some(9));
    assert_eq!(details.certificate_compression[..], [2, 1]);
    assert_eq!(details.record_size_limit, Some(16_385));
    assert_eq!(details.delegated_credential[..], [0x0403, 0x0503]);
    assert_eq!(details.session_ticket, Some(0));
    assert_eq!(details.signature_schemes_cert[..], [0x0807]);
    assert_eq!(details.key_share_sizes[..], [1216, 32]);
    assert_eq!(details.quic_parameters.as_deref(), Some(&[1, 4][..]));
    assert_eq!(details.application_settings.first(), Some(&b"h2"[..]));
    assert!(matches!(details.ech, Some(EncryptedHello::Outer(outer)) if outer.payload == 2));
    assert_eq!(details.renegotiation_info, Some(0));
    assert_eq!((details.cookie, details.heartbeat), (None, None));
}

#[test]
fn what_others_offer_is_told() {
    let hello = with(&[
        extension(1, &[4]),
        extension(15, &[1]),
        extension(44, &[0, 3, 1, 2, 3]),
        extension(47, &vec16(&[vec16(&[1; 5]), vec16(&[2; 6])].concat())),
        extension(35, &[7; 200]),
        extension(17_513, &[0, 3, 2, b'h', b'2']),
        extension(0xffa5, &[0, 9, 9, 9]),
    ]);
    let details = &hello.details;
    assert!(hello.unreadable.is_empty(), "{:?}", hello.unreadable);
    assert_eq!(details.max_fragment_length, Some(4));
    assert_eq!(details.heartbeat, Some(1));
    assert_eq!(details.cookie, Some(3));
    assert_eq!(details.certificate_authorities, Some(2));
    assert_eq!(details.session_ticket, Some(200));
    assert_eq!(details.application_settings.first(), Some(&b"h2"[..]));
    assert_eq!(details.quic_parameters, None);
}

#[test]
fn an_extension_that_breaks_inside_is_named_once() {
    let hello = with(&[
        extension(27, &[4, 0, 2, 0]),
        extension(44, &[0, 3, 1]),
        extension(0xfe0d, &[0, 0]),
    ]);
    assert_eq!(hello.unreadable[..], [27, 44, 0xfe0d]);
    assert!(hello.details.certificate_compression.is_empty() && hello.details.ech.is_none());
}

/// The content of a ServerHello of TLS 1.2.
fn server_hello(extensions: &[Vec<u8>]) -> Arc<ServerHello> {
    let fixed = [&[3, 3][..], &[9; 32], &[2, 5, 5, 0xc0, 0x2f, 1]].concat();
    ServerHello::parse(&[fixed, vec16(&extensions.concat())].concat()).unwrap()
}

#[test]
fn what_a_server_answers_is_told() {
    let hello = server_hello(&[
        extension(1, &[2]),
        extension(11, &[2, 0, 1]),
        extension(15, &[2]),
        extension(18, &vec16(&[vec16(&[1; 9]), vec16(&[2; 9])].concat())),
        extension(28, &[0x04, 0]),
        extension(44, &[0, 2, 1, 1]),
        extension(
            13_172,
            &[
                2, b'h', b'2', 8, b'h', b't', b't', b'p', b'/', b'1', b'.', b'1',
            ],
        ),
    ]);
    let details = &hello.details;
    assert!(hello.unreadable.is_empty(), "{:?}", hello.unreadable);
    assert_eq!(details.compression, Some(1));
    assert_eq!(details.max_fragment_length, Some(2));
    assert_eq!(details.point_formats[..], [0, 1]);
    assert_eq!((details.heartbeat, details.timestamps), (Some(2), Some(2)));
    assert_eq!(
        (details.record_size_limit, details.cookie),
        (Some(1024), Some(2))
    );
    let protocols = details.next_protocols.as_ref().unwrap();
    assert_eq!(protocols.to_string(), "h2,http/1.1");
}

#[test]
fn a_key_share_tells_its_size_and_that_of_a_retry_none() {
    let share = [&[0, 29][..], &vec16(&[3; 32])].concat();
    let hello = server_hello(&[extension(51, &share), extension(41, &[0, 1])]);
    assert_eq!(
        (hello.group, hello.details.key_share_size),
        (Some(29), Some(32))
    );
    assert_eq!(hello.details.selected_psk, Some(1));
    let retry = server_hello(&[extension(51, &[0, 24])]);
    assert_eq!(
        (retry.group, retry.details.key_share_size),
        (Some(24), None)
    );
}

proptest! {
    #[test]
    fn whatever_an_extension_has_in_it_nothing_panics(
        kind in 0..KINDS.len(),
        content in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        _ = read_by_all(KINDS[kind], &content);
    }
}
