//! The key that a certificate is for.

use std::borrow::Cow;

use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::der;

/// The subject's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `RSA`, `P-256`, `Ed25519` and the like; an object identifier where the algorithm is not known.
    pub algorithm: Cow<'static, str>,
    /// Its size in bits; `None` where that does not follow from the algorithm or the key.
    pub bits: Option<u32>,
}

impl Key {
    /// Reads a SubjectPublicKeyInfo.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
        if let Ok(PublicKey::RSA(key)) = info.parsed() {
            let algorithm = "RSA".into();
            return Some(Self {
                algorithm,
                bits: bit_length(key.modulus),
            });
        }
        Some(Self::by_algorithm(&info.algorithm))
    }

    fn by_algorithm(identifier: &AlgorithmIdentifier<'_>) -> Self {
        let curve = || Some(identifier.parameters()?.clone().oid().ok()?.to_id_string());
        let oid = identifier.algorithm.to_id_string();
        let of = |algorithm: &'static str, bits| Self {
            algorithm: algorithm.into(),
            bits,
        };
        match oid.as_str() {
            "1.2.840.10045.2.1" => match curve().as_deref() {
                Some("1.2.840.10045.3.1.7") => of("P-256", Some(256)),
                Some("1.3.132.0.34") => of("P-384", Some(384)),
                Some("1.3.132.0.35") => of("P-521", Some(521)),
                _ => of("EC", None),
            },
            "1.3.101.112" => of("Ed25519", Some(256)),
            "1.3.101.113" => of("Ed448", Some(456)),
            "1.2.840.113549.1.1.1" => of("RSA", None),
            "1.2.840.113549.1.1.10" => of("RSA-PSS", None),
            "1.2.840.10040.4.1" => of("DSA", dsa_bits(identifier)),
            _ => Self {
                algorithm: oid.into(),
                bits: None,
            },
        }
    }
}

/// The size of the prime p, the first of the parameters (RFC 3279 section 2.3.2).
fn dsa_bits(identifier: &AlgorithmIdentifier<'_>) -> Option<u32> {
    let mut parameters = identifier.parameters()?.data;
    bit_length(der::next_if(&mut parameters, der::INTEGER)?.content)
}

/// The number of bits of a big-endian number, without those that are zero at its beginning.
fn bit_length(number: &[u8]) -> Option<u32> {
    let first = number.iter().position(|byte| *byte != 0)?;
    let digits = number.get(first..)?;
    let high = digits.first()?;
    u32::try_from(digits.len())
        .ok()?
        .checked_mul(8)?
        .checked_sub(high.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_dsa_key_is_that_of_its_prime() {
        let oid = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
        let integers = [2, 3, 0, 0x80, 1, 2, 1, 3, 2, 1, 5];
        let algorithm = [&[0x30, 22][..], &oid, &[0x30, 11], &integers].concat();
        let info = [&[0x30, 30][..], &algorithm, &[3, 4, 0, 2, 1, 9]].concat();
        let key = Key::read(&info).unwrap();
        assert_eq!((key.algorithm.as_ref(), key.bits), ("DSA", Some(16)));
    }

    #[test]
    fn the_size_of_a_key_does_not_count_zeros_before_it() {
        assert_eq!(bit_length(&[0, 0x80, 0]), Some(16));
        assert_eq!(bit_length(&[0x7f, 0]), Some(15));
        assert_eq!(bit_length(&[0, 0]), None);
    }
}
