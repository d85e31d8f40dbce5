//! OCSP responses as `openssl ocsp` makes them, whole, cut and bent.

use rstest::rstest;

use super::*;

/// Made with `openssl ocsp -index … -respout`: of serial 04d2, and of 04d3 in the last.
const GOOD: &[u8] = include_bytes!("../../../../tests/ocsp/good.der");
const REVOKED: &[u8] = include_bytes!("../../../../tests/ocsp/revoked.der");
const UNKNOWN: &[u8] = include_bytes!("../../../../tests/ocsp/unknown.der");
const OTHER: &[u8] = include_bytes!("../../../../tests/ocsp/other.der");

fn vec24(content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&len[1..], content].concat()
}

/// The body of a CertificateStatus.
fn message(response: &[u8]) -> Vec<u8> {
    [&[1][..], &vec24(response)].concat()
}

fn read(response: &[u8]) -> Staple {
    Staple::read(&message(response), Some("04d2"))
}

#[test]
fn a_good_certificate_is_good_until_the_next_update() {
    let staple = read(GOOD);
    assert_eq!(staple.response, Some(0));
    let answer = staple.answer.unwrap();
    assert_eq!(
        (answer.serial.as_str(), answer.status),
        ("04d2", Some(OcspStatus::Good))
    );
    let (this, next) = (answer.this_update.unwrap(), answer.next_update.unwrap());
    assert_eq!(next.0 - this.0, 7 * 86_400);
    assert_eq!(staple.produced_at, Some(this));
    let second = |date: Date| Timestamp(u64::try_from(date.0).unwrap() * 1_000_000_000);
    let answer = read(GOOD).answer.unwrap();
    assert!(!answer.is_stale(second(next)) && answer.is_stale(second(Date(next.0 + 1))));
}

#[test]
fn a_revoked_certificate_has_a_date_and_a_reason() {
    let answer = read(REVOKED).answer.unwrap();
    let Some(OcspStatus::Revoked { at, reason }) = answer.status else {
        panic!("revoked, not {:?}", answer.status)
    };
    assert_eq!(at.unwrap().to_string(), "2026-11-19T13:06:44Z");
    assert_eq!(reason, Some(1));
}

#[test]
fn a_certificate_may_be_unknown_to_the_responder() {
    assert_eq!(
        read(UNKNOWN).answer.unwrap().status,
        Some(OcspStatus::Unknown)
    );
}

#[test]
fn a_response_about_another_certificate_keeps_its_serial_number() {
    assert_eq!(&*read(OTHER).answer.unwrap().serial, "04d3");
}

#[test]
fn of_several_responses_the_first_is_the_leafs() {
    let list = [vec24(&[]), vec24(REVOKED), vec24(GOOD)].concat();
    let body = [&[2][..], &vec24(&list)].concat();
    assert_eq!(Staple::read(&body, Some("04d2")), read(REVOKED));
}

#[rstest]
#[case::try_later(&[0x30, 3, 0x0a, 1, 3], Some(3))]
#[case::nothing(&[], None)]
#[case::something_else(b"<html>", None)]
fn a_responder_that_did_not_answer_is_no_answer(
    #[case] response: &[u8],
    #[case] status: Option<u8>,
) {
    let staple = read(response);
    assert_eq!((staple.response, staple.answer), (status, None));
}

#[test]
fn cut_or_bent_responses_never_panic_and_keep_what_can_be_read() {
    let whole = read(REVOKED);
    for cut in 0..REVOKED.len() {
        let staple = Staple::read(&message(REVOKED)[..cut], Some("04d2"));
        assert_eq!(
            staple,
            Staple::default(),
            "the length is wrong, so nothing is believed"
        );
        let mut bent = REVOKED.to_vec();
        for value in [0, 0x7f, 0x80, 0xff] {
            bent[cut] = value;
            let staple = read(&bent);
            assert!(staple.response.is_none() || staple.response <= Some(0xff));
            assert!(staple.answer.is_none_or(|answer| answer.serial.len() <= 64));
        }
    }
    assert!(whole.answer.is_some());
}
