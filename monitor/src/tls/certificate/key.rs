//! The key that a certificate is for.

use std::borrow::Cow;

use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

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
            "1.2.840.10040.4.1" => of("DSA", None),
            _ => Self {
                algorithm: oid.into(),
                bits: None,
            },
        }
    }
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
    fn the_size_of_a_key_does_not_count_zeros_before_it() {
        assert_eq!(bit_length(&[0, 0x80, 0]), Some(16));
        assert_eq!(bit_length(&[0x7f, 0]), Some(15));
        assert_eq!(bit_length(&[0, 0]), None);
    }
}
