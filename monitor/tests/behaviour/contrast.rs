//! What an endpoint does for others makes the cause, before and after; without it less is claimed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::scene::{
    Hello, Scene, USUAL, alert, message, named, older_server_hello, server_hello,
};
use monitor::report::{Event, Handshake};
use monitor::wire::Flags;

const OK: &str = "established";
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;
const ILLEGAL_PARAMETER: u8 = 47;

fn last(scene: &Scene) -> Handshake {
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    scene
        .events()
        .into_iter()
        .filter_map(handshake)
        .next_back()
        .unwrap()
}

#[track_caller]
fn cites(report: &Handshake, sentence: &str) {
    assert!(
        report.evidence.iter().any(|one| one == sentence),
        "{:#?}",
        report.evidence
    );
}

#[test]
fn a_client_without_sni_is_certain_once_three_hellos_with_sni_complete() {
    let mut scene = Scene::default();
    scene.resets(USUAL);
    for _ in 0..4 {
        scene.completes(named("a.test"));
    }
    assert_eq!(
        scene.told(),
        [
            "no-sni-rejected (likely)",
            OK,
            OK,
            OK,
            "revised: no-sni-rejected (certain), was no-sni-rejected (likely)",
            OK,
        ]
    );
}

#[test]
fn a_revision_has_the_id_of_its_handshake_and_says_what_it_rests_on_now() {
    let mut scene = Scene::default();
    scene.resets(USUAL);
    for _ in 0..3 {
        scene.completes(named("a.test"));
    }
    let events = scene.events();
    let Event::Handshake(first) = &events[0] else {
        panic!("a handshake first")
    };
    let Some(Event::Revision(revision)) = events.last() else {
        panic!("a revision last")
    };
    assert_eq!(revision.id, first.id);
    assert_eq!(revision.client, first.client);
    assert!(revision.time > first.time);
    assert_eq!(
        revision.evidence[1],
        "3 hellos with SNI completed on this endpoint in the last 5 min"
    );
}

#[test]
fn hellos_without_sni_are_counted_beside_those_with() {
    let mut scene = Scene::default();
    for _ in 0..4 {
        scene.completes(named("a.test")).resets(USUAL);
    }
    let report = last(&scene);
    cites(
        &report,
        "4 hellos with SNI completed on this endpoint in the last 5 min",
    );
    cites(&report, "0 hellos without SNI completed, 4 were reset");
}

#[test]
fn an_unknown_name_is_certain_once_it_is_refused_again_and_others_completed_in_between() {
    let mut scene = Scene::default();
    scene
        .completes(named("a.test"))
        .resets(named("x.test"))
        .completes(named("a.test"))
        .resets(named("x.test"));
    assert_eq!(
        scene.told(),
        [
            OK,
            "unknown-sni (likely)",
            OK,
            "unknown-sni (certain)",
            "revised: unknown-sni (certain), was unknown-sni (likely)",
        ]
    );
}

#[test]
fn a_server_that_restarts_makes_no_name_unknown_for_certain() {
    let mut scene = Scene::default();
    scene.completes(named("a.test")).completes(named("b.test"));
    // It goes down, which nobody sees but those who come now.
    scene
        .resets(named("x.test"))
        .resets(USUAL)
        .refuses()
        .resets(named("x.test"));
    scene.completes(named("a.test")).completes(named("b.test"));
    for line in scene
        .told()
        .iter()
        .filter(|line| line.contains("unknown-sni"))
    {
        assert!(!line.contains("unknown-sni (certain)"), "{line}");
    }
}

#[test]
fn what_is_refused_while_served_names_are_refused_too_is_no_more_than_possible() {
    let mut scene = Scene::default();
    scene.completes(named("a.test")).completes(named("b.test"));
    scene.resets(named("a.test")).resets(named("x.test"));
    scene.completes(named("a.test")).completes(named("b.test"));
    scene.resets(named("x.test")).completes(named("a.test"));
    assert_eq!(
        scene.told(),
        [
            OK,
            OK,
            "unexplained",
            "unknown-sni (possible)",
            OK,
            OK,
            "unknown-sni (certain)",
            OK,
        ]
    );
}

#[test]
fn a_name_that_is_served_after_all_is_not_unknown() {
    let mut scene = Scene::default();
    scene
        .completes(named("a.test"))
        .resets(named("x.test"))
        .completes(named("x.test"));
    assert_eq!(
        scene.told(),
        [
            OK,
            "unknown-sni (likely)",
            OK,
            "revised: unexplained, was unknown-sni (likely)",
        ]
    );
}

#[test]
fn an_endpoint_that_refuses_everybody_is_named_when_there_are_enough() {
    let mut scene = Scene::default();
    scene.resets(named("a.test")).resets(named("b.test"));
    scene
        .client(2)
        .resets(USUAL)
        .resets(named("c.test"))
        .resets(named("a.test"));
    let told = scene.told();
    assert_eq!(told[0], "unknown-sni (possible)");
    assert_eq!(
        told.last().unwrap(),
        "revised: endpoint-without-certificate (likely), was endpoint-without-certificate (possible)"
    );
    let handshakes: Vec<_> = told
        .iter()
        .filter(|line| !line.starts_with("revised"))
        .collect();
    assert_eq!(
        handshakes[2..],
        [
            "endpoint-without-certificate (possible)",
            "endpoint-without-certificate (possible)",
            "endpoint-without-certificate (likely)",
        ]
    );
    let report = last(&scene);
    cites(
        &report,
        "this endpoint refused all 5 hellos since 2023-11-14T22:13:20.000500Z: 3 names, 1 without a name, of 2 clients",
    );
    cites(&report, "it answered nobody in the last 5 min");
}

#[test]
fn internal_errors_are_believed_until_it_is_likely_that_there_is_more() {
    let mut scene = Scene::default();
    for name in ["a.test", "b.test", "c.test", "d.test"] {
        scene.alerts(named(name), 80);
    }
    let told = scene.told();
    assert!(
        told.iter()
            .all(|line| line == "server-internal-error (certain)"),
        "{told:#?}"
    );
    scene.client(2).alerts(named("e.test"), 80);
    assert_eq!(
        scene.told().last().unwrap(),
        "endpoint-without-certificate (likely)"
    );
}

#[test]
fn what_became_of_others_who_were_asked_for_a_certificate_is_told() {
    let mut all = crate::support::frames::frames("mtls_ok_12.pcap");
    let begin = all[all.len() - 1].time.plus(Duration::from_secs(1));
    let missing = crate::support::frames::frames("mtls_missing_12_openssl.pcap");
    let first = missing[0].time;
    all.extend(missing.into_iter().map(|mut frame| {
        frame.time = begin.plus(frame.time.since(first));
        frame
    }));
    let report = crate::support::frames::handshakes(&all).pop().unwrap();
    cites(
        &report,
        "1 handshake with a client certificate completed on this endpoint in the last 5 min, 0 without",
    );
}

#[test]
fn many_refusals_of_one_name_are_no_endpoint_without_certificate() {
    let mut scene = Scene::default();
    for client in 1..20 {
        scene.client(client).resets(named("a.test"));
    }
    for line in scene.told() {
        assert_eq!(line, "unknown-sni (possible)");
    }
}

#[test]
fn an_endpoint_that_stops_serving_is_named_by_one_client_alone() {
    let mut scene = Scene::default();
    scene.completes(named("a.test")).completes(named("b.test"));
    for name in ["a.test", "b.test", "c.test", "a.test", "b.test"] {
        scene.resets(named(name));
    }
    let told = scene.told();
    let first = told.iter().find(|line| line.contains("(likely)")).unwrap();
    assert!(
        first.starts_with("endpoint-without-certificate (likely)"),
        "{told:#?}"
    );
    // When it answers again it was mended: what was said stays.
    scene.completes(named("a.test")).completes(named("b.test"));
    let after = &scene.told()[told.len()..];
    assert_eq!(after, [OK, OK]);
}

#[test]
fn an_endpoint_that_serves_others_after_all_has_a_certificate() {
    let mut scene = Scene::default();
    scene
        .resets(named("x.test"))
        .resets(named("y.test"))
        .resets(USUAL);
    scene.completes(named("a.test"));
    let told = scene.told();
    assert_eq!(
        told.iter()
            .filter(|line| line.contains("endpoint-without-certificate (possible), was"))
            .count(),
        2
    );
    let withdrawn: Vec<_> = told.iter().skip_while(|line| *line != OK).skip(1).collect();
    assert_eq!(
        withdrawn,
        ["revised: no-sni-rejected (likely), was endpoint-without-certificate (possible)"],
        "a cause that was said before is not said again"
    );
}

#[test]
fn a_client_that_leaves_is_nobodys_refusal() {
    let mut scene = Scene::default();
    for name in ["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"] {
        scene.client(name.as_bytes()[0]).is_left(named(name));
    }
    let told = scene.told();
    assert!(
        told.iter().all(|line| line == "client-abandoned (certain)"),
        "{told:#?}"
    );
    scene.resets(USUAL);
    let report = last(&scene);
    cites(
        &report,
        "no hellos with SNI seen on this endpoint to compare with",
    );
}

#[test]
fn a_question_of_the_probe_is_nobodys_refusal() {
    let mut scene = Scene::default();
    for name in ["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"] {
        scene.client(name.as_bytes()[0]).connection(|talk| {
            let mut hello = named(name).record();
            hello[11..23].copy_from_slice(b"tlsmon-probe");
            talk.says(&hello).server(Flags::RST | Flags::ACK, b"");
        });
    }
    assert!(scene.told().iter().all(|line| line == "probe"));
    scene.resets(USUAL);
    let report = last(&scene);
    assert_eq!(scene.told().last().unwrap(), "no-sni-rejected (likely)");
    cites(
        &report,
        "no hellos with SNI seen on this endpoint to compare with",
    );
}

const OLD: Hello<'_> = Hello {
    sni: Some("a.test"),
    versions: &[],
    suites: &[0xc02f, 0xc02b],
    ..USUAL
};

#[test]
fn a_version_that_is_never_negotiated_here_is_the_reason() {
    let mut scene = Scene::default();
    scene
        .completes(named("a.test"))
        .alerts(OLD, HANDSHAKE_FAILURE);
    assert_eq!(scene.told()[1], "protocol-version-mismatch (possible)");
    scene.completes(named("a.test")).completes(named("a.test"));
    assert_eq!(
        scene.told().last().unwrap(),
        "revised: protocol-version-mismatch (likely), was protocol-version-mismatch (possible)"
    );
    scene.resets(OLD);
    let report = last(&scene);
    assert_eq!(report.cause.unwrap().label(), "protocol-version-mismatch");
    cites(
        &report,
        "the client offers at most TLS1.2; this endpoint negotiated TLS1.3 in 3 handshakes in the last 5 min",
    );
}

#[test]
fn the_alert_about_the_version_is_certain_and_contrast_changes_its_words() {
    let mut scene = Scene::default();
    scene.alerts(OLD, PROTOCOL_VERSION);
    let alone = last(&scene);
    scene
        .completes(named("a.test"))
        .alerts(OLD, PROTOCOL_VERSION);
    let beside = last(&scene);
    for report in [&alone, &beside] {
        let said = (
            report.cause.unwrap().label(),
            report.confidence.unwrap().label(),
        );
        assert_eq!(said, ("protocol-version-mismatch", "certain"));
    }
    cites(
        &alone,
        "the client offers at most TLS1.2; nothing was negotiated on this endpoint in the last 5 min to compare with",
    );
    cites(
        &beside,
        "the client offers at most TLS1.2; this endpoint negotiated TLS1.3 in 1 handshake in the last 5 min",
    );
}

#[test]
fn what_other_names_negotiate_is_no_contrast_for_a_name_with_its_own() {
    let mut scene = Scene::default();
    scene
        .completes(named("a.test"))
        .completes(named("a.test"))
        .completes(named("a.test"));
    scene.connection(|talk| {
        let hello = Hello {
            sni: Some("old.test"),
            ..OLD
        };
        talk.says(&hello.record())
            .answers(&older_server_hello(0xc02f));
        talk.says(&alert(80));
    });
    scene.alerts(
        Hello {
            sni: Some("old.test"),
            ..OLD
        },
        HANDSHAKE_FAILURE,
    );
    assert_eq!(scene.told().last().unwrap(), "unexplained");
    scene.alerts(OLD, HANDSHAKE_FAILURE);
    assert_eq!(
        scene.told().last().unwrap(),
        "protocol-version-mismatch (likely)"
    );
}

#[test]
fn a_version_that_the_client_does_not_offer_is_the_reason() {
    let only_13 = Hello {
        versions: &[0x0304],
        ..named("a.test")
    };
    for (ends, confidence) in [
        (Some(PROTOCOL_VERSION), "certain"),
        (Some(ILLEGAL_PARAMETER), "likely"),
        (None, "likely"),
    ] {
        let mut scene = Scene::default();
        scene.connection(|talk| {
            talk.says(&only_13.record());
            talk.answers(&older_server_hello(0xc02f));
            match ends {
                Some(description) => talk.says(&alert(description)),
                None => talk.client(Flags::RST, b""),
            };
        });
        let told = format!("protocol-version-mismatch ({confidence})");
        assert_eq!(scene.told(), [told]);
        let said = "the server chose TLS1.2, the client offers TLS1.3";
        cites(&last(&scene), said);
    }
}

#[test]
fn a_kind_of_signature_that_is_never_made_here_is_the_reason() {
    let rsa_only = Hello {
        schemes: &[0x0804, 0x0401],
        ..named("a.test")
    };
    let exchange = [&[3, 0, 29, 2, 7, 8][..], &[4, 3, 0, 2, 9, 9]].concat();
    let mut scene = Scene::default();
    for _ in 0..3 {
        scene.connection(|talk| {
            talk.says(&named("a.test").record());
            let flight = [older_server_hello(0xc02f), message(12, &exchange)];
            talk.answers(&flight.concat()).says(&alert(80));
        });
    }
    scene.alerts(rsa_only, HANDSHAKE_FAILURE);
    assert_eq!(scene.told()[3], "cipher-mismatch (likely)");
    cites(
        &last(&scene),
        "the client offers rsa_pss_rsae_sha256 and rsa_pkcs1_sha256; \
         this endpoint negotiated ecdsa_secp256r1_sha256 in 3 handshakes in the last 5 min",
    );
}

#[test]
fn a_port_that_is_used_again_has_a_verdict_of_its_own() {
    let mut scene = Scene::default();
    scene.resets(USUAL);
    scene.same_port().completes(named("a.test"));
    scene.same_port().resets(USUAL);
    for _ in 0..2 {
        scene.completes(named("a.test"));
    }
    let events = scene.events();
    let ids: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Handshake(report) => Some(report.id),
            _ => None,
        })
        .collect();
    let revised: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Revision(revision) => Some(revision.id),
            _ => None,
        })
        .collect();
    assert_ne!(ids[0], ids[2]);
    assert_eq!(revised, [ids[0]], "the second was certain at once");
}

#[test]
fn a_cipher_suite_that_is_never_negotiated_here_is_the_reason() {
    let odd = Hello {
        suites: &[0x1303, 0x009c, 0x00ff],
        ..named("a.test")
    };
    let mut scene = Scene::default();
    scene.alerts(odd, HANDSHAKE_FAILURE);
    assert_eq!(scene.told(), ["cipher-mismatch (possible)"]);
    for _ in 0..3 {
        scene.completes(named("a.test"));
    }
    assert_eq!(
        scene.told().last().unwrap(),
        "revised: cipher-mismatch (likely), was cipher-mismatch (possible)"
    );
    scene.alerts(odd, HANDSHAKE_FAILURE);
    cites(
        &last(&scene),
        "the client offers TLS_CHACHA20_POLY1305_SHA256 and TLS_RSA_WITH_AES_128_GCM_SHA256; \
         this endpoint negotiated TLS_AES_128_GCM_SHA256 in 3 handshakes in the last 5 min",
    );
}

#[test]
fn a_group_that_is_never_negotiated_here_is_the_reason() {
    let odd = Hello {
        groups: &[30],
        ..named("a.test")
    };
    let mut scene = Scene::default();
    for _ in 0..3 {
        scene.answers(named("a.test"), &server_hello(0x1301, 29));
    }
    scene.alerts(odd, HANDSHAKE_FAILURE);
    assert_eq!(scene.told()[3], "cipher-mismatch (likely)");
    cites(
        &last(&scene),
        "the client offers x448; this endpoint negotiated x25519 in 3 handshakes in the last 5 min",
    );
}

#[test]
fn a_hello_that_shares_everything_is_not_refused_for_its_parameters() {
    let mut scene = Scene::default();
    for _ in 0..3 {
        scene.completes(named("a.test"));
    }
    scene.alerts(named("a.test"), HANDSHAKE_FAILURE);
    assert_eq!(scene.told()[3], "unexplained");
    cites(
        &last(&scene),
        "this endpoint answered 3 hellos for a.test in the last 5 min: it is not the name",
    );
}

#[test]
fn a_missing_name_is_only_likely_where_the_version_may_be_the_reason_as_well() {
    let mut scene = Scene::default();
    for _ in 0..3 {
        scene.completes(named("a.test"));
    }
    let older = Hello {
        versions: &[0x0302],
        sni: None,
        ..OLD
    };
    scene.resets(older);
    assert_eq!(scene.told()[3], "no-sni-rejected (likely)");
    cites(
        &last(&scene),
        "besides, the client offers TLS1.1; this endpoint negotiated TLS1.3 in 3 handshakes in the last 5 min",
    );
}

#[test]
fn that_others_negotiate_tls_1_3_does_not_make_tls_1_2_the_reason() {
    let mut scene = Scene::default();
    for _ in 0..3 {
        scene.completes(named("a.test"));
    }
    scene.resets(Hello { sni: None, ..OLD });
    assert_eq!(scene.told()[3], "no-sni-rejected (certain)");
}

#[test]
fn a_verdict_is_revised_a_few_times_at_most_and_never_goes_back() {
    let mut scene = Scene::default();
    for round in 0..40 {
        scene
            .client(round)
            .resets(named("x.test"))
            .resets(USUAL)
            .resets(named("y.test"));
        if round % 3 == 0 {
            scene.completes(named("a.test"));
        }
        if round % 7 == 0 {
            scene.resets(named("a.test")).alerts(OLD, HANDSHAKE_FAILURE);
        }
    }
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in scene.events() {
        match event {
            Event::Handshake(report) if report.cause.is_some() => {
                let first = (report.cause.unwrap(), report.confidence);
                said.insert(report.id.to_string(), vec![format!("{first:?}")]);
            }
            Event::Revision(revision) => {
                let now = format!("{:?}", (revision.cause, revision.confidence));
                let before = format!("{:?}", (revision.was.cause, revision.was.confidence));
                let all = said.get_mut(&revision.id.to_string()).unwrap();
                assert_eq!(all.last(), Some(&before), "it was said before");
                assert!(!all.contains(&now), "{all:?} and again {now}");
                all.push(now);
            }
            _ => {}
        }
    }
    let most = said.values().map(Vec::len).max().unwrap();
    assert!((2..=4).contains(&most), "{most}");
}

#[test]
fn more_open_verdicts_than_are_held_are_counted() {
    let mut scene = Scene::default();
    for n in 0..300_u16 {
        let [high, low] = n.to_be_bytes();
        scene.client(low ^ high).resets(named("a.test"));
    }
    let evicted: u64 = scene
        .events()
        .iter()
        .map(|event| match event {
            Event::Loss(loss) if (&*loss.place, &*loss.reason) == ("verdicts", "window_full") => {
                loss.count
            }
            _ => 0,
        })
        .sum();
    // They come a second apart and stay for five minutes.
    assert_eq!(evicted, 300 - 256);
}

#[test]
fn what_was_long_ago_is_not_revised() {
    let mut scene = Scene::default();
    scene.resets(USUAL).seconds(301);
    for _ in 0..5 {
        scene.completes(named("a.test"));
    }
    assert_eq!(
        scene.told(),
        ["no-sni-rejected (likely)", OK, OK, OK, OK, OK]
    );
}

#[test]
fn ticks_between_the_packets_change_nothing() {
    let mut scene = Scene::default();
    scene
        .resets(USUAL)
        .resets(named("x.test"))
        .resets(named("y.test"));
    for _ in 0..3 {
        scene.completes(named("a.test")).resets(named("x.test"));
    }
    let lines = |events: Vec<Event>| -> Vec<_> {
        events
            .iter()
            .map(|event| serde_json::to_string(event).unwrap())
            .collect()
    };
    assert_eq!(lines(scene.events()), lines(scene.events_with_ticks()));
}
