//! Certificates that real servers sent, whole, cut and bent.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::frame::Timestamp;
use crate::tls::samples::{stream, vec16};
use crate::tls::{Deframer, HandshakeType, Item, Malformed, ServerName};

/// The body of the Certificate message in a recorded stream.
fn message(name: &str) -> Vec<u8> {
    let mut found = Vec::new();
    Deframer::default().push(stream(name), &mut |item| {
        if let Item::Handshake { kind, body, .. } = item
            && kind == HandshakeType::CERTIFICATE
        {
            found = body.to_vec();
        }
    });
    assert!(!found.is_empty(), "no certificate in {name}");
    found
}

fn vec24(content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&len[1..], content].concat()
}

/// A message with these certificates.
fn with(certificates: &[&[u8]]) -> Vec<u8> {
    let list: Vec<u8> = certificates.iter().flat_map(|one| vec24(one)).collect();
    vec24(&list)
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &len[..], content].concat()
}

fn name(common: &str) -> Vec<u8> {
    let value = der(0x0c, common.as_bytes());
    let attribute = der(0x30, &[&[6, 3, 0x55, 4, 3], &value[..]].concat());
    der(0x30, &der(0x31, &attribute))
}

/// A certificate with a negative serial number and no extensions.
fn certificate(subject: &str, issuer: &str, dates: [&[u8]; 2]) -> Vec<u8> {
    extended([subject, issuer], dates, &[])
}

/// A certificate for these GeneralNames.
fn for_names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let names: Vec<u8> = names
        .iter()
        .flat_map(|(tag, name)| der(*tag, name))
        .collect();
    let value = der(0x04, &der(0x30, &names));
    let extension = der(0x30, &[&[6, 3, 0x55, 0x1d, 17], &value[..]].concat());
    let extensions = der(0xa3, &der(0x30, &extension));
    extended(["common.test", "ca"], DATES, &extensions)
}

fn extended(names: [&str; 2], dates: [&[u8]; 2], extensions: &[u8]) -> Vec<u8> {
    let algorithm = der(0x30, &[6, 3, 0x2b, 0x65, 0x70]);
    let key = der(0x30, &[&algorithm[..], &[3, 2, 0, 9]].concat());
    let validity = dates.map(|date| der(if date.len() == 13 { 0x17 } else { 0x18 }, date));
    let signed = [
        vec![2, 1, 0x80],
        algorithm.clone(),
        name(names[1]),
        der(0x30, &validity.concat()),
        name(names[0]),
        key,
        extensions.to_vec(),
    ];
    let signed = der(0x30, &signed.concat());
    der(0x30, &[signed, algorithm, vec![3, 2, 0, 9]].concat())
}

fn server_name(name: &str) -> ServerName {
    let entry = [&[0][..], &vec16(name.as_bytes())].concat();
    ServerName::read(&vec16(&entry)).unwrap()
}

const DATES: [&[u8]; 2] = [b"500101000000Z", b"99991231235959Z"];

fn chain(certificates: &[Vec<u8>]) -> Chain {
    let certificates: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
    Chain::read(&with(&certificates), None).unwrap()
}

#[test]
fn a_real_certificate_is_read_whole() {
    let chain = Chain::read(&message("ok_tls12.server"), None).unwrap();
    assert!(chain.leaf.unreadable.is_empty());
    assert!(chain.leaf.certificate.subject.is_some());
    assert!(!chain.leaf.names.kept.is_empty());
    assert!(chain.leaf.key.is_some() && chain.ordered);
    assert_eq!(
        (chain.leaf.fingerprint.len(), chain.leaf.coverage),
        (64, None)
    );
}

#[test]
fn every_prefix_of_a_real_message_is_malformed_and_no_prefix_of_a_certificate_is_more_than_it() {
    let whole = message("ok_tls12.server");
    for cut in 0..whole.len() {
        assert_eq!(
            Chain::read(&whole[..cut], None),
            Err(Malformed::Certificate),
            "cut at {cut}"
        );
    }
    let full = Chain::read(&whole, None).unwrap();
    for cut in 0..whole.len().saturating_sub(6) {
        let part = Chain::read(&with(&[&whole[6..6 + cut]]), None).unwrap();
        assert!(
            part.leaf.names.kept.len() <= full.leaf.names.kept.len(),
            "cut at {cut}"
        );
        assert_ne!(part.leaf.fingerprint, full.leaf.fingerprint);
    }
}

#[test]
fn lists_whose_lengths_lie_are_malformed() {
    for hostile in [
        &[][..],
        &[0, 0, 0],
        &[0, 0, 1, 0],
        &[0, 0, 3, 0, 0, 1],
        &[0xff, 0xff, 0xff, 0, 0, 0],
        &[0, 0, 3, 0, 0, 0, 9],
    ] {
        assert_eq!(
            Chain::read(hostile, None),
            Err(Malformed::Certificate),
            "{hostile:?}"
        );
    }
}

#[test]
fn a_certificate_that_is_none_says_what_could_not_be_read() {
    let chain = Chain::read(&with(&[b"hello"]), None).unwrap();
    let all = [
        "subject",
        "issuer",
        "not_before",
        "not_after",
        "key",
        "signature_algorithm",
    ];
    assert_eq!(chain.leaf.unreadable, all);
    assert_eq!((chain.leaf.self_signed, chain.complete), (false, None));
}

#[test]
fn odd_certificates_are_kept_as_far_as_they_go() {
    let odd = chain(&[certificate("a,b\u{1b}", "ca", DATES)]);
    let own = &odd.leaf.certificate;
    assert_eq!(own.subject.as_deref(), Some(r"CN=a\,b\x1b"));
    assert_eq!(own.not_before.unwrap().to_string(), "1950-01-01T00:00:00Z");
    assert_eq!(own.not_after.unwrap().to_string(), "9999-12-31T23:59:59Z");
    assert!(!own.has_expired(Timestamp(u64::MAX)) && !own.is_not_yet_valid(Timestamp(0)));
    assert_eq!(odd.leaf.signature_algorithm.as_deref(), Some("Ed25519"));
    let zero = chain(&[certificate(
        "a",
        "ca",
        [b"000000000000Z", b"00000000000000Z"],
    )]);
    assert_eq!(zero.leaf.unreadable, ["not_before", "not_after"]);
    assert_eq!(zero.leaf.certificate.issuer.as_deref(), Some("CN=ca"));
}

#[test]
fn order_and_completeness_are_told_by_names() {
    let one = |subject: &str, issuer: &str| certificate(subject, issuer, DATES);
    let (leaf, middle, root) = (
        one("leaf", "middle"),
        one("middle", "root"),
        one("root", "root"),
    );
    let told = |list: &[&Vec<u8>]| {
        let list: Vec<Vec<u8>> = list.iter().map(|one| (*one).clone()).collect();
        let chain = chain(&list);
        (chain.ordered, chain.complete, chain.leaf.self_signed)
    };
    assert_eq!(told(&[&leaf]), (true, None, false));
    assert_eq!(told(&[&leaf, &middle]), (true, Some(true), false));
    assert_eq!(told(&[&leaf, &middle, &root]), (true, Some(true), false));
    assert_eq!(told(&[&leaf, &root, &middle]), (false, Some(true), false));
    assert_eq!(told(&[&leaf, &root]), (false, Some(false), false));
    assert_eq!(told(&[&root]), (true, Some(true), true));
}

#[test]
fn more_certificates_than_are_read_are_counted() {
    let many = vec![certificate("a", "a", DATES); 25];
    let chain = chain(&many);
    assert_eq!((chain.sent, chain.others.len()), (25, 9));
}

#[rstest]
#[case::listed("a.test", Some(Coverage::Covered))]
#[case::by_wildcard("x.b.test", Some(Coverage::Covered))]
#[case::by_address("192.0.2.7", Some(Coverage::Covered))]
#[case::by_long_address("2001:db8::7", Some(Coverage::Covered))]
#[case::other_address("192.0.2.8", Some(Coverage::NotCovered))]
#[case::address_written_as_a_name("192.0.2.9", Some(Coverage::NotCovered))]
#[case::common_name_beside_alternative_names("common.test", Some(Coverage::NotCovered))]
fn alternative_names_cover_names_and_addresses(
    #[case] asked: &str,
    #[case] coverage: Option<Coverage>,
) {
    let long = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let certificate = for_names(&[
        (0x82, b"a.test"),
        (0x82, b"*.b.test"),
        (0x82, b"192.0.2.9"),
        (0x87, &[192, 0, 2, 7]),
        (0x87, &long),
        (0x87, &[1, 2, 3]),
        (0x81, b"mail@a.test"),
    ]);
    let chain = Chain::read(&with(&[&certificate]), Some(&server_name(asked))).unwrap();
    let names: Vec<&str> = chain.leaf.names.kept.iter().map(AsRef::as_ref).collect();
    assert_eq!(
        names,
        [
            "a.test",
            "*.b.test",
            "192.0.2.9",
            "192.0.2.7",
            "2001:db8::7"
        ]
    );
    assert_eq!(chain.leaf.coverage, coverage);
}

#[test]
fn a_common_name_is_shown_and_does_not_cover() {
    let certificate = certificate("common.test", "ca", DATES);
    let read =
        |asked: &str| Chain::read(&with(&[&certificate]), Some(&server_name(asked))).unwrap();
    assert_eq!(&*read("other.test").leaf.names.kept[0], "common.test");
    assert_eq!(
        read("common.test").leaf.coverage,
        Some(Coverage::CommonNameOnly)
    );
    assert_eq!(read("other.test").leaf.coverage, Some(Coverage::NotCovered));
}

#[test]
fn a_name_longer_than_any_host_s_is_not_kept() {
    let endless = b"a".repeat(60_000);
    let chain = chain(&[for_names(&[(0x82, &endless), (0x82, b"a.test")])]);
    assert_eq!(
        (chain.leaf.names.kept.len(), chain.leaf.names.left_out),
        (1, 1)
    );
    let endless = String::from_utf8(endless).unwrap();
    let chain = Chain::read(&with(&[&certificate(&endless, "ca", DATES)]), None).unwrap();
    assert!(chain.leaf.names.kept.is_empty());
    assert_eq!(chain.leaf.certificate.subject.unwrap().len(), 512 + 3);
}

#[test]
fn names_without_end_are_counted_and_still_cover() {
    let many: Vec<Vec<u8>> = (0..300)
        .map(|number| format!("n{number}.test").into_bytes())
        .collect();
    let many: Vec<(u8, &[u8])> = many.iter().map(|name| (0x82, name.as_slice())).collect();
    let certificate = for_names(&many);
    let chain = Chain::read(&with(&[&certificate]), Some(&server_name("n299.test"))).unwrap();
    let names = &chain.leaf.names;
    assert_eq!((names.kept.len(), names.left_out), (100, 200));
    assert_eq!(chain.leaf.coverage, Some(Coverage::Covered));
}

proptest! {
    #[test]
    fn bent_bytes_never_panic(at in 0_usize..4000, byte: u8, more in 0_usize..4000, other: u8) {
        let mut bytes = message("ok_tls12.server");
        let len = bytes.len();
        bytes[at % len] = byte;
        bytes[more % len] = other;
        let _ = Chain::read(&bytes, None);
    }
}
