use proptest::prelude::*;
use rstest::rstest;

use super::*;

const HELLO: &[u8] = b"\x16\x03\x01\x00\x05hello";
const ANSWER: &[u8] = b"\x16\x03\x03\x00\x05world";

const GREETING: &[u8] = b"\x08\0\0\0\x0a8.0.0\0\0";
const MYSQL_REQUEST: &[u8] = b"\x20\0\0\x01\x00\x08\0\0\0\0\0\x01\x21\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
const LDAP_REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
const LDAP_ANSWER: &[u8] = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
const GSS_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x30";
const STREAM: &[u8] =
    b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client'>";

/// What each side says before TLS, and the word for it.
fn dialogues() -> Vec<(Starttls, Vec<u8>, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        (
            Starttls::Smtp,
            text("EHLO a\r\nSTARTTLS\r\n"),
            text("220 mail ESMTP\r\n250-mail\r\n250 STARTTLS\r\n220 go ahead\r\n"),
        ),
        (
            Starttls::Imap,
            text("a1 CAPABILITY\r\na2 starttls\r\n"),
            text("* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\na2 OK begin\r\n"),
        ),
        (
            Starttls::Pop3,
            text("CAPA\r\nSTLS\r\n"),
            text("+OK POP3\r\n+OK\r\nSTLS\r\n.\r\n+OK begin\r\n"),
        ),
        (
            Starttls::Ftp,
            text("AUTH SSL\r\nAUTH TLS\r\n"),
            text("220 ftp\r\n504 no\r\n234 yes\r\n"),
        ),
        (
            Starttls::Xmpp,
            [
                STREAM,
                b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'></starttls>",
            ]
            .concat(),
            [
                STREAM,
                b"<stream:features><starttls/></stream:features><proceed/>",
            ]
            .concat(),
        ),
        (Starttls::Ldap, LDAP_REQUEST.to_vec(), LDAP_ANSWER.to_vec()),
        (Starttls::PostgreSql, SSL_REQUEST.to_vec(), text("S")),
        (
            Starttls::PostgreSql,
            [GSS_REQUEST, SSL_REQUEST].concat(),
            text("NS"),
        ),
        (Starttls::MySql, MYSQL_REQUEST.to_vec(), GREETING.to_vec()),
        (
            Starttls::HttpConnect,
            text(
                "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:443 HTTP/1.1\r\nProxy-Authorization: b\r\n\r\n",
            ),
            text("HTTP/1.1 407 Who\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\n\r\n"),
        ),
    ]
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    streams: Sides<Vec<u8>>,
    cleartext: Sides<bool>,
    starttls: Option<Starttls>,
    proxy: Option<ProxyHeader>,
}

/// Pushes these pieces in this order.
fn found<'a>(pieces: impl IntoIterator<Item = (Side, &'a [u8])>) -> (Found, Preamble) {
    let mut preamble = Preamble::default();
    let mut found = Found::default();
    for (side, bytes) in pieces {
        preamble.push(side, bytes, &mut |side, passage| match passage {
            Passage::Stream(bytes) => found.streams[side].extend_from_slice(bytes),
            Passage::Cleartext => found.cleartext[side] = true,
        });
    }
    found.starttls = preamble.starttls();
    found.proxy = preamble.proxy().copied();
    (found, preamble)
}

fn tls(starttls: Starttls) -> Found {
    Found {
        streams: Sides {
            client: HELLO.to_vec(),
            server: ANSWER.to_vec(),
        },
        starttls: Some(starttls),
        ..Found::default()
    }
}

fn single(side: Side, bytes: &[u8]) -> Vec<(Side, &[u8])> {
    bytes.chunks(1).map(|byte| (side, byte)).collect()
}

#[test]
fn tls_begins_behind_every_dialogue_however_the_directions_come() {
    for (starttls, client, server) in dialogues() {
        let client = [&client, HELLO].concat();
        let server = [&server, ANSWER].concat();
        let (c, s) = (Side::Client, Side::Server);
        let orders = [
            vec![(c, client.as_slice()), (s, server.as_slice())],
            vec![(s, server.as_slice()), (c, client.as_slice())],
            [single(c, &client), single(s, &server)].concat(),
            [single(s, &server), single(c, &client)].concat(),
        ];
        for order in orders {
            assert_eq!(found(order).0, tls(starttls), "{starttls}");
        }
    }
}

#[test]
fn tls_begins_behind_every_dialogue_cut_in_two_anywhere() {
    for (starttls, client, server) in dialogues() {
        let client = [&client, HELLO].concat();
        let server = [&server, ANSWER].concat();
        for at in 0..client.len() {
            let (head, tail) = client.split_at(at);
            let order = [
                (Side::Client, head),
                (Side::Server, &server),
                (Side::Client, tail),
            ];
            let order = order.into_iter().filter(|(_, bytes)| !bytes.is_empty());
            assert_eq!(found(order).0, tls(starttls), "{starttls} at {at}");
        }
    }
}

#[test]
fn a_dialogue_cut_off_anywhere_is_cleartext_that_has_led_nowhere() {
    for (starttls, client, _) in dialogues() {
        for end in 1..=client.len() {
            let (found, preamble) = found([(Side::Client, &client[..end])]);
            assert!(preamble.is_before_tls(), "{starttls} up to {end}");
            assert_eq!(found.starttls, None);
            assert!(found.streams.client.is_empty());
        }
    }
}

#[rstest]
#[case::http(b"GET / HTTP/1.1\r\n\r\n")]
#[case::ssh(b"SSH-2.0-OpenSSH_9.2\r\n")]
#[case::mysql_without_tls(b"\x20\0\0\x01\x00\x00\0\0")]
#[case::postgresql_without_tls(b"\0\0\0\x09\0\x03\0\0\0")]
#[case::a_proxy_header_that_makes_no_sense(b"PROXY TCP4 here there 1 2\r\n")]
#[case::a_proxy_header_of_another_version(b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0")]
#[case::random(b"\x91\x05\xfe\x99")]
#[case::tls(HELLO)]
fn what_is_not_recognised_passes_as_it_is(#[case] bytes: &[u8]) {
    for pieces in [vec![(Side::Client, bytes)], single(Side::Client, bytes)] {
        let (found, preamble) = found(pieces);
        assert_eq!(found.streams.client, bytes);
        assert!(!preamble.is_before_tls());
        assert_eq!(preamble.buffered(), 0);
    }
}

#[rstest]
#[case::postgresql(b"\0\0\0\x08\x04\xd2\x16\x2f\0\0\0\x09\0\x03\0\0\0", b"N")]
#[case::mysql_hello_without_request(
    b"\x20\0\0\x01\x00\x08\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0xyz",
    GREETING
)]
fn a_client_that_goes_on_in_cleartext_speaks_no_tls(#[case] client: &[u8], #[case] server: &[u8]) {
    let (found, _) = found([(Side::Client, client), (Side::Server, server)]);
    assert!(found.cleartext.client);
    assert!(found.streams.client.is_empty());
}

#[test]
fn a_record_that_nobody_asked_for_is_not_tls() {
    let client = [b"EHLO a\r\nDATA\r\n", HELLO].concat();
    let (found, _) = found([(Side::Client, client.as_slice())]);
    assert!(found.streams.client.is_empty());
    assert_eq!(found.starttls, None);
}

#[test]
fn a_server_that_greets_a_client_of_tls_is_handed_on_with_its_greeting() {
    let greeting = b"220 mail ESMTP\r\n".as_slice();
    for order in [
        [(Side::Server, greeting), (Side::Client, HELLO)],
        [(Side::Client, HELLO), (Side::Server, greeting)],
    ] {
        let (found, _) = found(order);
        assert_eq!(found.streams.client, HELLO);
        assert_eq!(found.streams.server, greeting);
    }
}

fn end(text: &str) -> crate::flow::Endpoint {
    let socket: std::net::SocketAddr = text.parse().unwrap();
    crate::flow::Endpoint {
        address: socket.ip(),
        port: socket.port(),
    }
}

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend([command, family]);
    header.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    header.extend(body);
    header
}

/// Whom a proxy speaks for, and whom that asked.
type Ends = Option<(&'static str, &'static str)>;

/// Headers, with their version and what they say.
fn proxy_headers() -> Vec<(Vec<u8>, u8, Ends)> {
    let v4 = b"\xc0\0\x02\x01\xc6\x33\x64\x07\x9c\x40\x01\xbb";
    let mut long = v4.to_vec();
    long.extend([0xea; 9_000]);
    let mut v6 = [0; 36];
    v6[15] = 1;
    v6[31] = 2;
    v6[33] = 5;
    v6[35] = 6;
    let both = Some(("192.0.2.1:40000", "198.51.100.7:443"));
    vec![
        (
            b"PROXY TCP4 192.0.2.1 198.51.100.7 40000 443\r\n".to_vec(),
            1,
            both,
        ),
        (
            b"PROXY TCP6 ::1 ::2 5 6\r\n".to_vec(),
            1,
            Some(("[::1]:5", "[::2]:6")),
        ),
        (b"PROXY UNKNOWN\r\n".to_vec(), 1, None),
        (b"PROXY UNKNOWN ffff::1 whatever\r\n".to_vec(), 1, None),
        (v2(0x21, 0x11, v4), 2, both),
        (v2(0x21, 0x11, &long), 2, both),
        (v2(0x21, 0x21, &v6), 2, Some(("[::1]:5", "[::2]:6"))),
        (v2(0x20, 0x00, b""), 2, None),
        (v2(0x20, 0x00, b"\x04\0\x01x"), 2, None),
    ]
}

#[test]
fn a_proxy_header_is_stepped_over_in_any_cut_and_says_whom_it_speaks_for() {
    for (header, version, ends) in proxy_headers() {
        let bytes = [&header, HELLO].concat();
        let expected = ProxyHeader {
            version,
            ends: ends.map(|(from, to)| (end(from), end(to))),
        };
        for at in (0..bytes.len()).step_by(1 + bytes.len() / 500) {
            let (head, tail) = bytes.split_at(at);
            let pieces = [
                (Side::Client, head),
                (Side::Client, tail),
                (Side::Server, ANSWER),
            ];
            let (found, _) = found(pieces.into_iter().filter(|(_, bytes)| !bytes.is_empty()));
            assert_eq!(found.proxy, Some(expected));
            assert_eq!(found.streams.client, HELLO, "cut at {at}");
            assert_eq!(found.streams.server, ANSWER);
        }
        assert_eq!(found(single(Side::Client, &bytes)).0.streams.client, HELLO);
    }
}

#[test]
fn a_dialogue_may_follow_a_proxy_header() {
    let client = [b"PROXY UNKNOWN\r\n", SSL_REQUEST, HELLO].concat();
    let server = [b"S", ANSWER].concat();
    let (found, _) = found([(Side::Server, server.as_slice()), (Side::Client, &client)]);
    let expected = Found {
        proxy: found.proxy,
        ..tls(Starttls::PostgreSql)
    };
    assert_eq!(found, expected);
    assert!(found.proxy.is_some());
}

#[test]
fn a_dialogue_without_end_is_given_up() {
    let line = [b'x'; 100];
    let mut pieces = vec![(Side::Client, b"EHLO a\r\n".as_slice())];
    pieces.extend(std::iter::repeat_n((Side::Client, line.as_slice()), 1000));
    let (without_line_end, preamble) = found(pieces.clone());
    assert!(without_line_end.cleartext.client);
    assert_eq!(preamble.buffered(), 0);

    let lines: Vec<_> =
        std::iter::repeat_n((Side::Client, b"NOOP\r\n".as_slice()), 20_000).collect();
    pieces.truncate(1);
    pieces.extend(lines);
    let (without_starttls, preamble) = found(pieces);
    assert!(without_starttls.cleartext.client);
    assert_eq!(preamble.buffered(), 0);
}

proptest! {
    #[test]
    fn random_bytes_never_panic_and_what_is_held_is_bounded(
        which in 0..10_usize,
        junk in prop::collection::vec(any::<u8>(), 0..200),
        from_server in any::<bool>(),
    ) {
        let (_, client, server) = dialogues().swap_remove(which);
        let side = if from_server { Side::Server } else { Side::Client };
        let pieces = [
            (Side::Client, client.as_slice()),
            (Side::Server, &server),
            (side, &junk),
            (side.other(), &junk),
        ];
        let (_, preamble) = found(pieces.into_iter().filter(|(_, bytes)| !bytes.is_empty()));
        prop_assert!(preamble.buffered() < 4 * MAX_UNIT);
    }
}
