//! What is said of a client that leaves after the server's certificate, by what is wrong with that.

use rstest::rstest;

use super::*;
use crate::diagnosis::{Baseline, diagnose};
use crate::flow::{End, Ending, Endpoint, Sides, Tcp, Way};
use crate::frame::{Direction, InterfaceId};
use crate::handshake::{Carrier, Conversation, FirstSight, SeenAlert, Trigger, decide};
use crate::tls::{ClientHello, Date, Leaf, OcspAnswer, OcspStatus, Sha256Text};

const DAY: i64 = 86_400;
const NOW: i64 = 20_000 * DAY;

fn timestamp() -> Timestamp {
    Timestamp(u64::try_from(NOW).unwrap() * 1_000_000_000)
}

/// A certificate of which nothing is wrong, and that of its issuer.
fn sound() -> Chain {
    let certificate = Certificate {
        subject: Some("CN=a.test".into()),
        issuer: Some("CN=ca".into()),
        not_before: Some(Date(NOW - DAY)),
        not_after: Some(Date(NOW + DAY)),
    };
    let leaf = Leaf {
        certificate: certificate.clone(),
        serial: Some("04d2".try_into().unwrap()),
        names: Names {
            kept: ["a.test".into()].into(),
            left_out: 0,
        },
        coverage: Some(Coverage::Covered),
        key: None,
        signature_algorithm: None,
        self_signed: false,
        fingerprint: Sha256Text::new(),
        unreadable: Vec::new(),
    };
    Chain {
        leaf,
        others: vec![certificate],
        sent: 2,
        ordered: true,
        complete: Some(true),
    }
}

fn with(fault: &str) -> Chain {
    let mut chain = sound();
    for fault in fault.split('+') {
        match fault {
            "expired" => chain.leaf.certificate.not_after = Some(Date(NOW - 3 * DAY)),
            "issuer expired" => chain.others[0].not_after = Some(Date(NOW - 3 * DAY)),
            "not yet" => chain.leaf.certificate.not_before = Some(Date(NOW + 3 * DAY)),
            "name" => chain.leaf.coverage = Some(Coverage::NotCovered),
            "common name" => chain.leaf.coverage = Some(Coverage::CommonNameOnly),
            "self-signed" => chain.leaf.self_signed = true,
            "alone" => (chain.complete, chain.others) = (None, Vec::new()),
            "gap" => (chain.complete, chain.ordered) = (Some(false), false),
            "disorder" => chain.ordered = false,
            "nothing" => {}
            other => panic!("no fault {other}"),
        }
    }
    chain
}

/// A conversation that the client ended after the server's certificates.
fn talk(alert: Option<u8>) -> Box<Conversation> {
    let endpoint = |address: [u8; 4], port| Endpoint {
        address: address.into(),
        port,
    };
    let mut talk = Conversation::new(&FirstSight {
        endpoints: Sides {
            client: endpoint([192, 0, 2, 1], 40_000),
            server: endpoint([192, 0, 2, 2], 443),
        },
        client_way: Way::Up,
        at: timestamp(),
        interface: InterfaceId(0),
        client_direction: Direction::Unknown,
        joined_late: true,
        tunnel: None,
    });
    let sni = [
        0, 0, 0, 11, 0, 9, 0, 0, 6, b'a', b'.', b't', b'e', b's', b't',
    ];
    let extensions = [&[0, 15], &sni[..]].concat();
    let hello = [
        &[3, 3][..],
        &[7; 32],
        &[0, 0, 2, 0xc0, 0x2b, 1, 0],
        &extensions,
    ]
    .concat();
    let hello = ClientHello::parse(&hello).unwrap();
    talk.progress.client_hello = Some((hello, timestamp()));
    talk.progress.certificate = true;
    let mut tcp = Tcp::default();
    tcp.seen.client.packets = 3;
    tcp.seen.server.packets = 3;
    match alert {
        Some(description) => talk.progress.alerts.push(SeenAlert {
            from: Side::Client,
            at: timestamp(),
            level: 2,
            description,
        }),
        None => {
            tcp.end = Some(End {
                by: Side::Client,
                how: Ending::Reset,
                at: timestamp(),
            });
        }
    }
    talk.carrier = Carrier::Tcp(tcp);
    talk
}

/// A staple of which this is wrong.
fn staple(fault: &str) -> Staple {
    let mut answer = OcspAnswer {
        serial: "04d2".try_into().unwrap(),
        status: Some(OcspStatus::Good),
        this_update: Some(Date(NOW - DAY)),
        next_update: Some(Date(NOW + DAY)),
    };
    match fault {
        "revoked" => {
            let (at, reason) = (Some(Date(NOW - 2 * DAY)), Some(1));
            answer.status = Some(OcspStatus::Revoked { at, reason });
        }
        "unknown" => answer.status = Some(OcspStatus::Unknown),
        "stale" => answer.next_update = Some(Date(NOW - DAY)),
        "other" => answer.serial = "04d3".try_into().unwrap(),
        "good" => {}
        other => panic!("no fault {other}"),
    }
    Staple {
        response: Some(0),
        produced_at: None,
        answer: Some(answer),
    }
}

#[rstest]
#[case::revoked_and_said_so("revoked", Some(alert::CERTIFICATE_REVOKED), "certain")]
#[case::revoked_and_status_refused(
    "revoked",
    Some(alert::BAD_CERTIFICATE_STATUS_RESPONSE),
    "certain"
)]
#[case::revoked_and_vague("revoked", BAD, "certain")]
#[case::revoked_alone("revoked", NONE, "likely")]
#[case::stale_and_vague("stale", BAD, "likely")]
#[case::stale_alone("stale", NONE, "possible")]
#[case::unknown_alone("unknown", NONE, "possible")]
#[case::another("other", BAD, "likely")]
fn what_a_staple_says_is_evidence(
    #[case] fault: &str,
    #[case] alert: Option<u8>,
    #[case] confidence: &str,
) {
    let verdict = diagnosed(&talk(alert), sound(), Some(staple(fault)));
    assert_eq!(verdict.cause, Cause::CertificateRejected);
    assert_eq!(verdict.confidence.map(Confidence::label), Some(confidence));
    let said = verdict.evidence.join("; ");
    assert!(said.contains("the stapled OCSP response"), "{said}");
}

#[test]
fn a_good_staple_explains_nothing() {
    let verdict = diagnosed(&talk(NONE), sound(), Some(staple("good")));
    assert_eq!(verdict.cause, Cause::Unexplained);
}

fn verdict(fault: &str, alert: Option<u8>) -> Verdict {
    diagnosed(&talk(alert), with(fault), None)
}

fn diagnosed(talk: &Conversation, chain: Chain, staple: Option<Staple>) -> Verdict {
    let decision = decide(talk, Trigger::Packet, timestamp()).unwrap();
    let baseline = Baseline::default();
    diagnose(&Case {
        talk,
        decision,
        chain: Some((chain.into(), timestamp())),
        staple,
        legs: Vec::new(),
        baseline: &baseline,
        proofs: None,
    })
}

const NONE: Option<u8> = None;
const BAD: Option<u8> = Some(alert::BAD_CERTIFICATE);
const UNKNOWN: Option<u8> = Some(alert::CERTIFICATE_UNKNOWN);
const EXPIRED: Option<u8> = Some(alert::CERTIFICATE_EXPIRED);
const ISSUER: Option<u8> = Some(alert::UNKNOWN_CA);
const FAILURE: Option<u8> = Some(alert::HANDSHAKE_FAILURE);

#[rstest]
#[case::dates_and_alert("expired", BAD, "certificate-expired", "certain")]
#[case::issuers_date("issuer expired", UNKNOWN, "certificate-expired", "certain")]
#[case::dates_alone("expired", NONE, "certificate-expired", "likely")]
#[case::dates_and_vague_alert("expired", FAILURE, "certificate-expired", "likely")]
#[case::too_early("not yet", BAD, "certificate-not-yet-valid", "certain")]
#[case::too_early_said_as_expired("not yet", EXPIRED, "certificate-not-yet-valid", "certain")]
#[case::too_early_alone("not yet", NONE, "certificate-not-yet-valid", "likely")]
#[case::clocks_disagree("nothing", EXPIRED, "certificate-expired", "certain")]
#[case::name("name", BAD, "certificate-hostname-mismatch", "certain")]
#[case::name_alone("name", NONE, "certificate-hostname-mismatch", "likely")]
#[case::common_name("common name", BAD, "certificate-hostname-mismatch", "likely")]
#[case::two_faults("expired+name", UNKNOWN, "certificate-expired", "likely")]
#[case::self_signed("self-signed", ISSUER, "certificate-untrusted", "certain")]
#[case::self_signed_vague("self-signed", BAD, "certificate-untrusted", "likely")]
#[case::self_signed_alone("self-signed", NONE, "certificate-untrusted", "possible")]
#[case::the_alert_wins_over_dates("expired", ISSUER, "certificate-untrusted", "certain")]
#[case::root_or_intermediate("alone", ISSUER, "certificate-untrusted", "certain")]
#[case::issuer_missing("gap", ISSUER, "certificate-chain-incomplete", "likely")]
#[case::wrong_order("disorder", ISSUER, "certificate-chain-incomplete", "possible")]
#[case::nothing_to_see("nothing", BAD, "certificate-rejected", "certain")]
fn what_can_be_seen_of_the_certificate_sharpens_the_verdict(
    #[case] fault: &str,
    #[case] alert: Option<u8>,
    #[case] cause: &str,
    #[case] confidence: &str,
) {
    let verdict = verdict(fault, alert);
    let confidence_found = verdict.confidence.map(Confidence::label);
    assert_eq!(
        (verdict.cause.label(), confidence_found),
        (cause, Some(confidence))
    );
}

#[test]
fn a_client_that_leaves_a_sound_certificate_without_a_word_is_not_explained_by_it() {
    assert_eq!(verdict("nothing", NONE).cause, Cause::Unexplained);
    assert_eq!(verdict("alone", NONE).cause, Cause::Unexplained);
}

#[test]
fn a_client_that_went_on_after_the_certificate_did_not_refuse_it() {
    let mut talk = talk(NONE);
    talk.progress.sides.client.finished = Some(timestamp());
    let decision = decide(&talk, Trigger::Packet, timestamp()).unwrap();
    let baseline = Baseline::default();
    let case = Case {
        talk: &talk,
        decision,
        chain: Some((with("expired").into(), timestamp())),
        staple: None,
        legs: Vec::new(),
        baseline: &baseline,
        proofs: None,
    };
    assert_eq!(refused(&case), None);
}

#[test]
fn the_evidence_says_what_is_wrong() {
    let said = |fault, alert| verdict(fault, alert).evidence.join("; ");
    assert!(
        said("expired", BAD).contains("CN=a.test expired 3 days ago, at 2024-"),
        "{}",
        said("expired", BAD)
    );
    assert!(
        said("name", NONE).contains("is for a.test, not for a.test"),
        "{}",
        said("name", NONE)
    );
    assert!(said("alone", ISSUER).ends_with("without that of its issuer CN=ca"));
    assert!(said("nothing", EXPIRED).contains("the client's clock may be wrong"));
    assert!(said("gap", ISSUER).contains("is not among them"));
}
