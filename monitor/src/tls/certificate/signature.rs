//! With which algorithm a certificate was signed.

use std::borrow::Cow;

use x509_parser::prelude::FromDer;
use x509_parser::x509::AlgorithmIdentifier;

/// The name of the algorithm in an AlgorithmIdentifier, as RFC 8017, 5758 and 8410 have it; else its object identifier.
pub(super) fn read(der: &[u8]) -> Option<Cow<'static, str>> {
    let (_, identifier) = AlgorithmIdentifier::from_der(der).ok()?;
    let oid = identifier.algorithm.to_id_string();
    Some(known(&oid).map_or_else(|| oid.into(), Cow::Borrowed))
}

fn known(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        "1.2.840.10040.4.3" => "dsa-with-sha1",
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1" => "ecdsa-with-SHA224",
        "1.2.840.10045.4.3.2" => "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3" => "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4" => "ecdsa-with-SHA512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => return None,
    })
}
