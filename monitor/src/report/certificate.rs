//! The server's certificate, as the report shows it.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::StapleReport;
use crate::frame::Timestamp;
use crate::label::labelled;
use crate::tls::{Chain, Coverage, Date, Key, SerialText, Sha256Text, Staple};

labelled! {
    /// Whether a certificate was valid when it was sent.
    pub enum Validity {
        /// The packet came within its validity.
        Valid = "valid",
        /// The packet came after it.
        Expired = "expired",
        /// The packet came before it.
        NotYetValid = "not_yet_valid",
    }
}

/// The server's certificate (RFC 5280), where it was sent in the clear: TLS 1.2 and before. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CertificateReport {
    /// Whose it is, in the manner of RFC 4514; null when that could not be read.
    pub subject: Option<Arc<str>>,
    /// Who issued it.
    pub issuer: Option<Arc<str>>,
    /// The DNS names and IP addresses it is for, at most a hundred; its common name when it has no subjectAltName.
    pub names: Arc<[Arc<str>]>,
    /// The first second of its validity, RFC 3339.
    pub not_before: Option<Date>,
    /// The last second of its validity, RFC 3339.
    pub not_after: Option<Date>,
    /// Whether it was valid when it was sent, by the clock of the capture; null when its dates could not be read.
    pub validity: Option<Validity>,
    /// How many certificates the server sent.
    pub chain: u32,
    /// Each certificate is followed by that of its issuer.
    pub ordered: bool,
    /// The certificate of its issuer was sent, or it is its own issuer; null when it came alone: its issuer may be a root,
    /// which need not be sent.
    pub complete: Option<bool>,
    /// It is its own issuer.
    pub self_signed: bool,
    /// Its names cover the SNI (RFC 9525); null when the client sent none.
    pub covers_sni: Option<bool>,
    /// The OCSP response that the server stapled to it; null when it sent none.
    pub ocsp: Option<StapleReport>,
    /// Its serial number, hexadecimal; null when it could not be read.
    pub serial: Option<SerialText>,
    /// Its key.
    pub key: Option<KeyReport>,
    /// The algorithm of its signature.
    pub signature_algorithm: Option<Cow<'static, str>>,
    /// SHA-256 of its DER, hexadecimal.
    pub fingerprint_sha256: Sha256Text,
    /// Fields of it that could not be read.
    pub unreadable: Vec<&'static str>,
}

/// The key of a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct KeyReport {
    /// `RSA`, `P-256`, `Ed25519` and the like; an object identifier where it has no such name.
    pub algorithm: Cow<'static, str>,
    /// Its size in bits; null when not known.
    pub bits: Option<u32>,
}

impl CertificateReport {
    /// What is reported of a chain that was sent at this time.
    pub(crate) fn of(chain: &Chain, staple: Option<&Staple>, at: Timestamp) -> Self {
        let leaf = &chain.leaf;
        let serial = leaf.serial.as_deref();
        let own = &leaf.certificate;
        Self {
            subject: own.subject.clone(),
            issuer: own.issuer.clone(),
            names: leaf.names.kept.clone(),
            not_before: own.not_before,
            not_after: own.not_after,
            validity: validity(chain, at),
            chain: u32::try_from(chain.sent).unwrap_or(u32::MAX),
            ordered: chain.ordered,
            complete: chain.complete,
            self_signed: leaf.self_signed,
            covers_sni: leaf.coverage.map(|how| how == Coverage::Covered),
            ocsp: staple.map(|staple| StapleReport::of(staple, serial, at)),
            serial: leaf.serial,
            key: leaf.key.as_ref().map(key),
            signature_algorithm: leaf.signature_algorithm.clone(),
            fingerprint_sha256: leaf.fingerprint,
            unreadable: leaf.unreadable.clone(),
        }
    }
}

fn validity(chain: &Chain, at: Timestamp) -> Option<Validity> {
    let own = &chain.leaf.certificate;
    match (own.not_before, own.not_after) {
        _ if own.has_expired(at) => Some(Validity::Expired),
        _ if own.is_not_yet_valid(at) => Some(Validity::NotYetValid),
        (Some(_), Some(_)) => Some(Validity::Valid),
        _ => None,
    }
}

fn key(key: &Key) -> KeyReport {
    KeyReport {
        algorithm: key.algorithm.clone(),
        bits: key.bits,
    }
}
