//! Whether a signature was made with the key of a certificate.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Whether `signature` is one of `message` by a key (the DER of a SubjectPublicKeyInfo) with a SignatureScheme. `None` where
/// that cannot be checked: key or scheme are of a kind that is rare, weak, or not known.
pub fn is_signed_by(key: &[u8], scheme: u16, message: &[u8], signature: &[u8]) -> Option<bool> {
    let (_, info) = SubjectPublicKeyInfo::from_der(key).ok()?;
    let kind = Kind::of(&info)?;
    let (needed, algorithm) = kind.algorithm(scheme)?;
    let bytes = &info.subject_public_key.data;
    let verified = UnparsedPublicKey::new(algorithm, bytes).verify(message, signature);
    Some(kind == needed && verified.is_ok())
}

/// Keys that can be checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

impl Kind {
    /// `None` too where the key itself is broken: that it verifies nothing would say nothing about the signature.
    fn of(info: &SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let bytes = &info.subject_public_key.data;
        let point = |len: usize| bytes.len() == len && bytes.first() == Some(&4);
        if let Ok(PublicKey::RSA(key)) = info.parsed() {
            let plain = info.algorithm.algorithm.to_id_string() == "1.2.840.113549.1.1.1";
            return (plain && is_usual_rsa(key.key_size(), key.exponent)).then_some(Self::Rsa);
        }
        match info.algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.10045.2.1" if point(65) && curve(info)? == "1.2.840.10045.3.1.7" => {
                Some(Self::P256)
            }
            "1.2.840.10045.2.1" if point(97) && curve(info)? == "1.3.132.0.34" => Some(Self::P384),
            "1.3.101.112" if bytes.len() == 32 => Some(Self::Ed25519),
            _ => None,
        }
    }

    /// The kind of key that a scheme needs, and its algorithm.
    fn algorithm(self, scheme: u16) -> Option<(Self, &'static dyn VerificationAlgorithm)> {
        Some(match (scheme, self) {
            (0x0401, _) => (Self::Rsa, &RSA_PKCS1_2048_8192_SHA256),
            (0x0501, _) => (Self::Rsa, &RSA_PKCS1_2048_8192_SHA384),
            (0x0601, _) => (Self::Rsa, &RSA_PKCS1_2048_8192_SHA512),
            (0x0804, _) => (Self::Rsa, &RSA_PSS_2048_8192_SHA256),
            (0x0805, _) => (Self::Rsa, &RSA_PSS_2048_8192_SHA384),
            (0x0806, _) => (Self::Rsa, &RSA_PSS_2048_8192_SHA512),
            // Before TLS 1.3 the scheme fixes the hash, and the key the curve.
            (0x0403, Self::P384) => (Self::P384, &ECDSA_P384_SHA256_ASN1),
            (0x0503, Self::P256) => (Self::P256, &ECDSA_P256_SHA384_ASN1),
            (0x0403, _) => (Self::P256, &ECDSA_P256_SHA256_ASN1),
            (0x0503, _) => (Self::P384, &ECDSA_P384_SHA384_ASN1),
            (0x0807, _) => (Self::Ed25519, &ED25519),
            _ => return None,
        })
    }
}

/// A key of a size and with an exponent that verifying takes.
fn is_usual_rsa(bits: usize, exponent: &[u8]) -> bool {
    let digits = exponent.iter().skip_while(|byte| **byte == 0).count();
    let odd = exponent.last().is_some_and(|last| last & 1 == 1);
    (2048..=8192).contains(&bits) && odd && digits <= 4
}

fn curve(info: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    Some(
        info.algorithm
            .parameters
            .as_ref()?
            .clone()
            .oid()
            .ok()?
            .to_id_string(),
    )
}

#[cfg(test)]
mod tests;
