//! A private key, and whether it belongs to a certificate. Only public parts are compared, as Envoy does.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use zeroize::Zeroizing;

use super::pem::Block;
use crate::tls::der::{self, INTEGER, SEQUENCE};

const OCTET_STRING: u8 = 0x04;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
/// `[0]` and `[1]` of an ECPrivateKey (RFC 5915 section 3).
const PARAMETERS: u8 = 0xa0;
const PUBLIC: u8 = 0xa1;

/// rsaEncryption, id-ecPublicKey, id-Ed25519.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// prime256v1 and secp384r1.
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

/// A private key that can be read. It has no `Debug`, and wipes what it holds.
pub(super) enum PrivateKey {
    /// The public parts alone: modulus and exponent.
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Ec {
        curve: Option<Vec<u8>>,
        secret: Zeroizing<Vec<u8>>,
        public: Option<Vec<u8>>,
    },
    Ed25519(Zeroizing<Vec<u8>>),
    /// Of a kind that is not known here.
    Other,
}

/// Why there is no key to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyFault {
    #[error("is encrypted: a gateway has no passphrase for it")]
    Encrypted,
    #[error("is a certificate, where the private key belongs")]
    Certificate,
    #[error("has no private key")]
    None,
    #[error("has a private key that cannot be read")]
    Unreadable,
}

impl PrivateKey {
    /// The first private key among the blocks.
    pub(super) fn find(blocks: &[Block]) -> Result<(Self, usize), KeyFault> {
        let is_key = |block: &&Block| block.label.ends_with("PRIVATE KEY");
        let Some(block) = blocks.iter().find(is_key) else {
            let certificate = blocks
                .iter()
                .any(|block| block.label.ends_with("CERTIFICATE"));
            return Err(if certificate {
                KeyFault::Certificate
            } else {
                KeyFault::None
            });
        };
        if block.encrypted || block.label.starts_with("ENCRYPTED") {
            return Err(KeyFault::Encrypted);
        }
        let key = match block.label.as_str() {
            "RSA PRIVATE KEY" => pkcs1(&block.der),
            "EC PRIVATE KEY" => sec1(&block.der, None),
            "PRIVATE KEY" => pkcs8(&block.der),
            _ => Some(Self::Other),
        };
        Ok((key.ok_or(KeyFault::Unreadable)?, block.line))
    }

    /// Whether it is the key of this SubjectPublicKeyInfo; `None` when that cannot be told.
    pub(super) fn belongs_to(&self, info: &[u8]) -> Option<bool> {
        let public = Public::read(info)?;
        match self {
            Self::Rsa { modulus, exponent } => {
                if public.algorithm != RSA {
                    return Some(false);
                }
                let (n, e) = public.rsa()?;
                Some(n == *modulus && e == *exponent)
            }
            Self::Ec {
                curve,
                secret,
                public: own,
            } => {
                if public.algorithm != EC || curve.as_deref().is_some_and(|own| own != public.curve)
                {
                    return Some(false);
                }
                match ec_algorithm(public.curve) {
                    Some(algorithm) => Some(is_pair(algorithm, secret, public.key)),
                    None => Some(own.as_deref()? == public.key),
                }
            }
            Self::Ed25519(seed) => {
                let pair = Ed25519KeyPair::from_seed_and_public_key(seed, public.key);
                Some(public.algorithm == ED25519 && pair.is_ok())
            }
            Self::Other => None,
        }
    }
}

fn ec_algorithm(curve: &[u8]) -> Option<&'static EcdsaSigningAlgorithm> {
    match curve {
        P256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
        P384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
        _ => None,
    }
}

/// Whether the point is that of the scalar.
fn is_pair(algorithm: &'static EcdsaSigningAlgorithm, secret: &[u8], point: &[u8]) -> bool {
    let random = SystemRandom::new();
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, secret, point, &random).is_ok()
}

/// A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
struct Public<'a> {
    algorithm: &'a [u8],
    /// The parameters' object identifier; empty where they are none.
    curve: &'a [u8],
    key: &'a [u8],
}

impl<'a> Public<'a> {
    fn read(mut info: &'a [u8]) -> Option<Self> {
        let mut info = der::next_if(&mut info, SEQUENCE)?.content;
        let (algorithm, curve) = algorithm(&mut info)?;
        let bits = der::next_if(&mut info, BIT_STRING)?.content;
        let key = bits.strip_prefix(&[0])?;
        Some(Self {
            algorithm,
            curve,
            key,
        })
    }

    fn rsa(&self) -> Option<(&'a [u8], &'a [u8])> {
        let mut key = self.key;
        let mut numbers = der::next_if(&mut key, SEQUENCE)?.content;
        Some((number(&mut numbers)?, number(&mut numbers)?))
    }
}

/// An AlgorithmIdentifier: its object identifier, and that of its parameters.
fn algorithm<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut parts = der::next_if(bytes, SEQUENCE)?.content;
    let kind = der::next_if(&mut parts, OID)?.content;
    let curve = der::next_if(&mut parts, OID).map_or(&[][..], |oid| oid.content);
    Some((kind, curve))
}

/// An integer without zeros before it.
fn number<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let digits = der::next_if(bytes, INTEGER)?.content;
    let first = digits.iter().position(|byte| *byte != 0)?;
    digits.get(first..)
}

/// RSAPrivateKey (RFC 8017 appendix A.1.2).
fn pkcs1(mut bytes: &[u8]) -> Option<PrivateKey> {
    let mut parts = der::next_if(&mut bytes, SEQUENCE)?.content;
    der::next_if(&mut parts, INTEGER)?;
    let modulus = number(&mut parts)?.to_vec();
    let exponent = number(&mut parts)?.to_vec();
    // The secret exponent must follow: a public key alone is none.
    number(&mut parts)?;
    Some(PrivateKey::Rsa { modulus, exponent })
}

/// ECPrivateKey (RFC 5915 section 3).
fn sec1(mut bytes: &[u8], curve: Option<&[u8]>) -> Option<PrivateKey> {
    let mut parts = der::next_if(&mut bytes, SEQUENCE)?.content;
    der::next_if(&mut parts, INTEGER)?;
    let secret = der::next_if(&mut parts, OCTET_STRING)?.content;
    let own = der::next_if(&mut parts, PARAMETERS).and_then(|parameters| {
        let mut inner = parameters.content;
        Some(der::next_if(&mut inner, OID)?.content)
    });
    let public = der::next_if(&mut parts, PUBLIC).and_then(|public| {
        let mut inner = public.content;
        der::next_if(&mut inner, BIT_STRING)?
            .content
            .strip_prefix(&[0])
    });
    Some(PrivateKey::Ec {
        curve: own.or(curve).map(<[u8]>::to_vec),
        secret: Zeroizing::new(secret.to_vec()),
        public: public.map(<[u8]>::to_vec),
    })
}

/// PrivateKeyInfo (RFC 5958 section 2).
fn pkcs8(mut bytes: &[u8]) -> Option<PrivateKey> {
    let mut parts = der::next_if(&mut bytes, SEQUENCE)?.content;
    der::next_if(&mut parts, INTEGER)?;
    let (kind, curve) = algorithm(&mut parts)?;
    let mut key = der::next_if(&mut parts, OCTET_STRING)?.content;
    match kind {
        RSA => pkcs1(key),
        EC => sec1(key, Some(curve)),
        ED25519 => {
            let seed = der::next_if(&mut key, OCTET_STRING)?.content;
            Some(PrivateKey::Ed25519(Zeroizing::new(seed.to_vec())))
        }
        _ => Some(PrivateKey::Other),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    };
    use rstest::rstest;

    use super::*;
    use crate::check::pem;

    fn read(pem: &str) -> PrivateKey {
        let blocks = pem::blocks(pem.as_bytes()).ok().unwrap();
        PrivateKey::find(&blocks).ok().unwrap().0
    }

    fn info(key: &KeyPair) -> Vec<u8> {
        let certificate = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        let certificate = certificate.self_signed(key).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate.der()).unwrap();
        parsed.public_key().raw.to_vec()
    }

    #[rstest]
    #[case::p256(&PKCS_ECDSA_P256_SHA256)]
    #[case::p384(&PKCS_ECDSA_P384_SHA384)]
    #[case::ed25519(&PKCS_ED25519)]
    fn a_key_belongs_to_its_own_certificate_and_to_no_other(
        #[case] algorithm: &'static rcgen::SignatureAlgorithm,
    ) {
        let one = KeyPair::generate_for(algorithm).unwrap();
        let other = KeyPair::generate_for(algorithm).unwrap();
        let key = read(&one.serialize_pem());
        assert_eq!(key.belongs_to(&info(&one)), Some(true));
        assert_eq!(key.belongs_to(&info(&other)), Some(false));
    }

    #[test]
    fn a_key_of_another_kind_does_not_belong_to_it() {
        let ec = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let ed = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        assert_eq!(
            read(&ec.serialize_pem()).belongs_to(&info(&ed)),
            Some(false)
        );
        assert_eq!(
            read(&ed.serialize_pem()).belongs_to(&info(&ec)),
            Some(false)
        );
    }

    #[rstest]
    #[case::encrypted("ENCRYPTED PRIVATE KEY", KeyFault::Encrypted)]
    #[case::swapped("CERTIFICATE", KeyFault::Certificate)]
    #[case::other("PUBLIC KEY", KeyFault::None)]
    #[case::torn("PRIVATE KEY", KeyFault::Unreadable)]
    fn what_is_no_key_says_why(#[case] label: &str, #[case] fault: KeyFault) {
        let text = format!("-----BEGIN {label}-----\nMAMC\n-----END {label}-----\n");
        let blocks = pem::blocks(text.as_bytes()).ok().unwrap();
        assert_eq!(PrivateKey::find(&blocks).err(), Some(fault));
    }
}
