//! What stands around a handshake: tunnels, PROXY protocol headers, and the dialogues in which TLS is asked for.

use crate::support::frames::{OwnedFrame, events, frames, handshakes, recut, timeless};
use crate::support::talk::{Talk, first_record, stream};
use crate::support::tunnel::{Kind, tunnelled};
use monitor::report::{Cause, EndedBy, Handshake, Outcome, Starttls};
use monitor::wire::{Flags, TunnelKind};

const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
const PROXY_2: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x05\xc6\x33\x64\x07\x9c\x40\x01\xbb";

fn only(frames: &[OwnedFrame]) -> Handshake {
    let mut all = handshakes(frames);
    assert_eq!(all.len(), 1, "one report");
    all.remove(0)
}

/// A whole TLS 1.2 handshake.
fn handshake(talk: &mut Talk) {
    let (client, server) = stream("ok_tls12");
    let (hello, rest) = first_record(&client);
    talk.says(hello).answers(&server).says(rest);
}

/// A dialogue: what the server greets with, then each request and its answer.
struct Dialogue {
    word: Starttls,
    port: u16,
    greeting: &'static [u8],
    turns: &'static [(&'static [u8], &'static [u8])],
}

const DIALOGUES: &[Dialogue] = &[
    Dialogue {
        word: Starttls::Smtp,
        port: 25,
        greeting: b"220 mail.example ESMTP\r\n",
        turns: &[
            (b"EHLO a\r\n", b"250-mail\r\n250 STARTTLS\r\n"),
            (b"STARTTLS\r\n", b"220 go ahead\r\n"),
        ],
    },
    Dialogue {
        word: Starttls::Imap,
        port: 143,
        greeting: b"* OK ready\r\n",
        turns: &[
            (b". CAPABILITY\r\n", b"* CAPABILITY STARTTLS\r\n. OK\r\n"),
            (b". STARTTLS\r\n", b". OK begin\r\n"),
        ],
    },
    Dialogue {
        word: Starttls::Pop3,
        port: 110,
        greeting: b"+OK ready\r\n",
        turns: &[(b"STLS\r\n", b"+OK begin\r\n")],
    },
    Dialogue {
        word: Starttls::PostgreSql,
        port: 5432,
        greeting: b"",
        turns: &[(SSL_REQUEST, b"S")],
    },
    Dialogue {
        word: Starttls::MySql,
        port: 3306,
        greeting: b"\x08\0\0\0\x0a8.0.0\0\0",
        turns: &[(
            b"\x20\0\0\x01\x00\x08\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"",
        )],
    },
    Dialogue {
        word: Starttls::Nntp,
        port: 119,
        greeting: b"200 news.test ready\r\n",
        turns: &[
            (
                b"CAPABILITIES\r\n",
                b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n",
            ),
            (b"STARTTLS\r\n", b"382 go on\r\n"),
        ],
    },
    Dialogue {
        word: Starttls::ManageSieve,
        port: 4190,
        greeting: b"\"IMPLEMENTATION\" \"sieved\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n",
        turns: &[(b"STARTTLS\r\n", b"OK \"begin\"\r\n")],
    },
    Dialogue {
        word: Starttls::Irc,
        port: 6667,
        greeting: b"",
        turns: &[
            (b"CAP LS 302\r\n", b":irc.test CAP * LS :tls\r\n"),
            (b"STARTTLS\r\n", b":irc.test 670 * :go on\r\n"),
        ],
    },
    Dialogue {
        word: Starttls::Ldap,
        port: 389,
        greeting: b"",
        turns: &[(
            b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
            b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
        )],
    },
    Dialogue {
        word: Starttls::HttpConnect,
        port: 3128,
        greeting: b"",
        turns: &[(
            b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"HTTP/1.1 200 Connection established\r\n\r\n",
        )],
    },
];

impl Dialogue {
    fn frames(&self) -> Vec<OwnedFrame> {
        let mut talk = Talk::opened(self.port);
        let answer = |talk: &mut Talk, bytes: &[u8]| {
            if !bytes.is_empty() {
                talk.answers(bytes);
            }
        };
        answer(&mut talk, self.greeting);
        for (request, reply) in self.turns {
            talk.says(request);
            answer(&mut talk, reply);
        }
        handshake(&mut talk);
        talk.frames
    }
}

#[test]
fn tls_is_followed_from_where_a_dialogue_leads_to_it() {
    for dialogue in DIALOGUES {
        let report = only(&dialogue.frames());
        assert_eq!(report.outcome, Outcome::Established, "{}", dialogue.word);
        assert_eq!(report.starttls, Some(dialogue.word));
        assert_eq!(report.server.port, dialogue.port);
        assert_eq!(report.client_hello.unwrap().segments, 1);
        assert!(report.capture.complete);
    }
}

/// The reports of these frames, cut, turned round and repeated.
fn assert_same_in_any_order(name: &str, original: &[OwnedFrame]) {
    let expected = timeless(&events(original));
    let twice: Vec<_> = original
        .iter()
        .flat_map(|f| [f.clone(), f.clone()])
        .collect();
    let bytes = recut(original, |length| {
        (0..length).map(|at| at..at + 1).collect()
    });
    let reverse = recut(original, |length| {
        (0..length).rev().map(|at| at..at + 1).collect()
    });
    for (how, changed) in [
        ("twice", twice),
        ("in bytes", bytes),
        ("last first", reverse),
    ] {
        assert_eq!(timeless(&events(&changed)), expected, "{name} {how}");
    }
    for at in 3..original.len() - 1 {
        let mut swapped = original.to_vec();
        swapped.swap(at, at + 1);
        let frames: Vec<_> = swapped
            .into_iter()
            .zip(original)
            .map(|(frame, place)| OwnedFrame {
                time: place.time,
                ..frame
            })
            .collect();
        assert_eq!(
            timeless(&events(&frames)),
            expected,
            "{name} swapped at {at}"
        );
    }
}

#[test]
fn a_dialogue_gives_the_same_report_however_it_is_cut_repeated_or_reordered() {
    for dialogue in DIALOGUES {
        assert_same_in_any_order(dialogue.word.label(), &dialogue.frames());
    }
}

#[test]
fn a_request_for_tls_that_is_refused_is_not_tls() {
    let mut postgresql = Talk::opened(5432);
    postgresql
        .says(SSL_REQUEST)
        .answers(b"N")
        .says(b"\0\0\0\x09\0\x03\0\0\0")
        .answers(b"R\0\0\0\x08\0\0\0\0");
    let mut smtp = Talk::opened(25);
    smtp.answers(b"220 mail\r\n")
        .says(b"EHLO a\r\n")
        .answers(b"250 mail\r\n")
        .says(b"STARTTLS\r\n")
        .answers(b"454 not now\r\n")
        .says(b"QUIT\r\n")
        .answers(b"221 bye\r\n")
        .server(Flags::FIN | Flags::ACK, b"");
    for talk in [postgresql, smtp] {
        assert!(handshakes(&talk.frames).is_empty());
    }
}

#[test]
fn a_mail_dialogue_on_a_port_of_tls_is_not_tls() {
    let mut talk = Talk::opened(465);
    talk.says(b"EHLO a\r\n")
        .answers(b"500 what\r\n")
        .server(Flags::FIN | Flags::ACK, b"");
    let report = only(&talk.frames);
    assert_eq!(report.outcome, Outcome::NotTls);
    assert_eq!(report.cause, Some(Cause::PlaintextOnTlsPort));
    assert_eq!(report.starttls, None);
}

#[test]
fn a_failure_behind_a_dialogue_is_told_as_any_other() {
    let (client, server) = stream("badsni_nginx_reject_handshake");
    let mut talk = Talk::opened(5432);
    talk.says(SSL_REQUEST)
        .answers(b"S")
        .says(&client)
        .answers(&server);
    let report = only(&talk.frames);
    assert_eq!(report.cause, Some(Cause::UnknownSni));
    assert_eq!(report.starttls, Some(Starttls::PostgreSql));
}

#[test]
fn a_proxy_header_is_stepped_over_and_says_for_whom() {
    for (version, header) in [
        (
            1,
            b"PROXY TCP4 203.0.113.5 198.51.100.7 40000 443\r\n".as_slice(),
        ),
        (2, PROXY_2),
    ] {
        let mut talk = Talk::opened(443);
        talk.says(header);
        handshake(&mut talk);
        let report = only(&talk.frames);
        assert_eq!(report.outcome, Outcome::Established);
        let proxied = report.proxy_protocol.unwrap();
        assert_eq!(proxied.version, version);
        assert_eq!(proxied.client.unwrap().address.to_string(), "203.0.113.5");
        assert_eq!(report.client.address.to_string(), "192.0.2.1");
        assert_same_in_any_order("proxy", &talk.frames);
    }
}

#[test]
fn a_proxy_header_that_the_server_does_not_expect_is_why() {
    let report = only(&frames("proxy1_then_tls.pcap"));
    assert_eq!(
        (report.outcome, report.ended.by),
        (Outcome::NotTls, EndedBy::Server)
    );
    assert_eq!(report.cause, Some(Cause::PlaintextOnTlsPort));
    assert!(report.evidence[0].contains("PROXY protocol"));
}

#[test]
fn a_conversation_in_a_tunnel_gives_the_report_that_it_gives_outside_and_the_tunnel() {
    for name in ["nosni_envoy.pcap", "ok_tls12.pcap", "reorder_pq.pcap"] {
        let plain = frames(name);
        let mut report = only(&tunnelled(&plain, Kind::Vxlan, 42, 42));
        let tunnel = report.tunnel.take().unwrap();
        assert_eq!((tunnel.kind, tunnel.id), (TunnelKind::Vxlan, Some(42)));
        assert_eq!(tunnel.client_end.to_string(), "10.0.0.1");
        assert_eq!(tunnel.server_end.to_string(), "10.0.0.2");
        let of = |report| serde_json::to_value::<Handshake>(report).unwrap();
        assert_eq!(of(report), of(only(&plain)), "{name}");
    }
}
