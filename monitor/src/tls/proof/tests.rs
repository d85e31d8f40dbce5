//! Signatures by keys made for the test.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use rstest::rstest;

use super::*;

const MESSAGE: &[u8] = b"the randoms and the parameters";

/// A SubjectPublicKeyInfo: an algorithm (and its curve) and the key.
fn info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let length = |len: usize| u8::try_from(len).unwrap();
    let algorithm = [&[0x30, length(algorithm.len())], algorithm].concat();
    let bits = [&[3, length(key.len() + 1), 0], key].concat();
    let both = [algorithm, bits].concat();
    match both.len() {
        0..=127 => [&[0x30, length(both.len())][..], &both].concat(),
        len => [&[0x30, 0x81, length(len)][..], &both].concat(),
    }
}

const EC: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x22];
const ED25519_ID: &[u8] = &[6, 3, 0x2b, 0x65, 0x70];

/// A key and a signature by it.
fn ecdsa(curve: &[u8], algorithm: &'static EcdsaSigningAlgorithm) -> (Vec<u8>, Vec<u8>) {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let signature = pair.sign(&random, MESSAGE).unwrap();
    let key = info(&[EC, curve].concat(), pair.public_key().as_ref());
    (key, signature.as_ref().to_vec())
}

fn ed25519() -> (Vec<u8>, Vec<u8>) {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let key = info(ED25519_ID, pair.public_key().as_ref());
    (key, pair.sign(MESSAGE).as_ref().to_vec())
}

#[rstest]
#[case::p256(0x0403, ecdsa(P256, &ECDSA_P256_SHA256_ASN1_SIGNING))]
#[case::p384(0x0503, ecdsa(P384, &ECDSA_P384_SHA384_ASN1_SIGNING))]
#[case::ed25519(0x0807, ed25519())]
fn a_signature_fits_its_key_and_its_message_only(
    #[case] scheme: u16,
    #[case] signed: (Vec<u8>, Vec<u8>),
) {
    let (key, signature) = signed;
    let fits = |message| is_signed_by(&key, scheme, message, &signature);
    assert_eq!(fits(MESSAGE), Some(true));
    assert_eq!(fits(b"another"), Some(false));
    let (other, _) = ecdsa(P256, &ECDSA_P256_SHA256_ASN1_SIGNING);
    let by_other = is_signed_by(&other, scheme, MESSAGE, &signature);
    assert_ne!(by_other, Some(true));
}

#[test]
fn a_scheme_for_another_kind_of_key_does_not_fit() {
    let (key, signature) = ecdsa(P256, &ECDSA_P256_SHA256_ASN1_SIGNING);
    assert_eq!(is_signed_by(&key, 0x0401, MESSAGE, &signature), Some(false));
    assert_eq!(is_signed_by(&key, 0x0807, MESSAGE, &signature), Some(false));
}

#[rstest]
#[case::sha1(0x0203)]
#[case::of_a_curve_that_is_not_checked(0x0603)]
#[case::unknown(0xfefe)]
fn what_cannot_be_checked_is_not_called_wrong(#[case] scheme: u16) {
    let (key, signature) = ecdsa(P256, &ECDSA_P256_SHA256_ASN1_SIGNING);
    assert_eq!(is_signed_by(&key, scheme, MESSAGE, &signature), None);
}

#[test]
fn a_key_that_is_broken_says_nothing_about_a_signature() {
    let (key, signature) = ecdsa(P256, &ECDSA_P256_SHA256_ASN1_SIGNING);
    for cut in 0..key.len() {
        assert_eq!(is_signed_by(&key[..cut], 0x0403, MESSAGE, &signature), None);
    }
    let short = info(&[EC, P256].concat(), &[4; 64]);
    assert_eq!(is_signed_by(&short, 0x0403, MESSAGE, &signature), None);
}
