//! The README of the captures says in words what is on the wire. The reports must say the same.

use crate::support::frames::{captures, frames};
use crate::support::ladder::{End, Hello, Ladder, Row, rows};
use monitor::pipeline::{Pipeline, Ports, Settings};
use monitor::report::{
    EndedBy, EndedHow, Event, Handshake, Inferred, Missing, Outcome, ProtectedRecordReport,
    Resumption, Transport,
};

/// All captures were made with servers on these ports.
fn reports(row: &Row) -> Vec<Handshake> {
    let mut pipeline = Pipeline::new(Settings {
        ports: Ports::Set("25,443-447".parse().unwrap()),
        ..Settings::default()
    });
    for frame in &frames(&format!("{}.pcap", row.name)) {
        pipeline.push(frame.as_frame());
    }
    pipeline.finish();
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    pipeline.events().filter_map(handshake).collect()
}

fn all_rows() -> Vec<Row> {
    rows(&std::fs::read_to_string(captures().join("README.md")).unwrap())
}

/// Asks of every handshake of every row, and gives how many there were.
fn each(check: impl Fn(&str, &Ladder, &Handshake)) -> usize {
    let mut asked = 0;
    for row in all_rows() {
        let (ladders, reports) = (row.ladders(), reports(&row));
        assert_eq!(reports.len(), ladders.len(), "{}: {reports:#?}", row.name);
        for (number, (ladder, report)) in ladders.iter().zip(&reports).enumerate() {
            check(&format!("{} #{number}", row.name), ladder, report);
            asked += 1;
        }
    }
    asked
}

#[test]
fn every_row_has_as_many_handshakes_as_its_capture() {
    let rows = all_rows();
    assert!(rows.len() > 100, "{} rows", rows.len());
    assert!(each(|_, _, _| ()) >= rows.len());
}

#[test]
fn the_name_asked_for_is_the_one_on_the_wire() {
    each(|name, ladder, report| {
        let hello = report.client_hello.as_ref();
        match &ladder.hello {
            Hello::Named(sni) => assert_eq!(hello.unwrap().sni.as_deref(), Some(&**sni), "{name}"),
            Hello::Nameless => {
                let absent = hello.unwrap().sni_absent;
                assert_eq!(absent, Some(Missing::NotSent), "{name}");
            }
            Hello::None => assert!(hello.is_none(), "{name}"),
            // In pieces that are not in order, or over QUIC: the ladder does not say.
            Hello::Unstated => {}
        }
    });
}

#[test]
fn an_answer_a_retry_and_a_certificate_are_seen_where_they_are_in_the_clear() {
    each(|name, ladder, report| {
        if ladder.is_quic {
            return assert_eq!(report.transport, Transport::Quic, "{name}");
        }
        let answer = report.server_hello.as_ref();
        assert_eq!(answer.is_some(), ladder.answered, "{name}: ServerHello");
        let retried = answer.is_some_and(|answer| answer.hello_retry_request);
        assert_eq!(retried, ladder.retried, "{name}: HelloRetryRequest");
        assert_eq!(
            report.certificate.is_some(),
            ladder.certificate,
            "{name}: Certificate"
        );
        let stapled = report
            .certificate
            .as_ref()
            .is_some_and(|one| one.ocsp.is_some());
        assert_eq!(stapled, ladder.staple, "{name}: CertificateStatus");
        assert_eq!(
            report.renegotiation, ladder.renegotiation,
            "{name}: renegotiation"
        );
    });
}

#[test]
fn alerts_are_those_on_the_wire() {
    each(|name, ladder, report| {
        let plain: Vec<_> = report
            .alerts
            .iter()
            .filter(|alert| !alert.encrypted)
            .collect();
        let stated: Vec<_> = ladder.alerts.iter().collect();
        assert_eq!(plain.len(), stated.len(), "{name}: {plain:?}");
        for (alert, (from, level, description)) in plain.iter().zip(stated) {
            assert_eq!(alert.from.label(), from, "{name}");
            assert_eq!(alert.level, Some(level.as_str()), "{name}");
            assert_eq!(alert.description, Some(description.as_str()), "{name}");
        }
        let encrypted: Vec<_> = report
            .alerts
            .iter()
            .filter(|alert| alert.encrypted)
            .collect();
        let by_alert = ladder.end.filter(|end| end.how == EndedHow::Alert);
        let hidden = by_alert.filter(|_| ladder.alerts.is_empty());
        assert_eq!(encrypted.len(), usize::from(hidden.is_some()), "{name}");
        for alert in encrypted {
            assert_eq!(Some(alert.from), hidden.map(|end| end.by), "{name}");
        }
    });
}

#[test]
fn who_ended_it_and_how_is_what_the_wire_says() {
    each(|name, ladder, report| {
        let Some(End { by, how }) = ladder.end else {
            let silent = matches!(report.ended.how, EndedHow::None | EndedHow::Timeout);
            return assert!(silent, "{name}: {:?}", report.ended);
        };
        assert_eq!((report.ended.by, report.ended.how), (by, how), "{name}");
    });
}

#[test]
fn what_is_established_on_the_wire_is_established() {
    each(|name, ladder, report| {
        let established = report.outcome == Outcome::Established;
        assert_eq!(
            established, ladder.established,
            "{name}: {}",
            report.outcome
        );
        if established && !ladder.is_quic && ladder.end.is_none() {
            assert_eq!(report.ended.by, EndedBy::Unknown, "{name}");
        }
    });
}

#[test]
fn encrypted_records_have_the_sizes_on_the_wire() {
    each(|name, ladder, report| {
        let protected = report.protected.as_ref();
        for (side, stated) in ["client", "server"].into_iter().zip(&ladder.records) {
            let reported = protected.map_or(&[][..], |all| match side {
                "client" => &all.client,
                _ => &all.server,
            });
            let sizes: Vec<u16> = reported.iter().map(|record| record.bytes).collect();
            // Of TLS 1.2 the ladder has no sizes; of what is sent again it has no records.
            match () {
                () if ladder.is_12 => assert!(reported.iter().all(is_told), "{name} {side}"),
                () if ladder.repeats => assert!(
                    stated.iter().all(|size| sizes.contains(size)) || sizes.len() >= 4,
                    "{name} {side}: {sizes:?} for {stated:?}"
                ),
                () => assert_eq!(&sizes, stated, "{name} {side}"),
            }
        }
    });
}

/// Whether it is told what a record holds; of a ChangeCipherSpec that is its type.
fn is_told(record: &ProtectedRecordReport) -> bool {
    !record.inferred.is_empty() || record.content_type == 20
}

#[test]
fn flights_of_five_records_or_less_are_told_in_full() {
    let mut told = 0;
    for row in all_rows() {
        for report in reports(&row) {
            let Some(protected) = &report.protected else {
                continue;
            };
            let of = |records: &[ProtectedRecordReport]| {
                let all = records.iter().flat_map(|record| record.inferred);
                all.copied().collect::<Vec<Inferred>>()
            };
            let (client, server) = (of(&protected.client), of(&protected.server));
            assert!(
                !server.contains(&Inferred::Flight),
                "{}: {server:?}",
                row.name
            );
            assert!(
                !client.contains(&Inferred::Flight),
                "{}: {client:?}",
                row.name
            );
            told += usize::from(server.contains(&Inferred::Finished));
        }
    }
    assert!(told > 50, "{told} flights");
}

#[test]
fn a_session_is_resumed_where_the_row_says_so() {
    for row in all_rows() {
        let by = [
            ("session id", "session_id"),
            ("ticket", "ticket"),
            ("pre-shared key", "psk"),
        ];
        let resumes =
            |words: &&(&str, &str)| row.shows.contains(&format!("resumes it by {}", words.0));
        let how = by.iter().find(resumes).map(|(_, word)| *word);
        let how = how.or_else(|| row.name.contains("early").then_some("psk"));
        for (number, report) in reports(&row).iter().enumerate() {
            let Some(answer) = &report.server_hello else {
                continue;
            };
            let expected = how.filter(|_| number == 1);
            assert_eq!(
                answer.resumed,
                Some(expected.is_some()),
                "{} #{number}",
                row.name
            );
            assert_eq!(
                answer.resumption.map(Resumption::label),
                expected,
                "{}",
                row.name
            );
        }
    }
}
