//! The OCSP response stapled to a certificate, as the report shows it.

use schemars::JsonSchema;
use serde::Serialize;

use super::Validity;
use crate::frame::Timestamp;
use crate::label::labelled;
use crate::tls::{Date, OcspStatus, Staple, names};

labelled! {
    /// What an OCSP responder says of a certificate.
    pub enum OcspWord {
        /// It is not revoked.
        Good = "good",
        /// It is revoked.
        Revoked = "revoked",
        /// The responder does not know it.
        Unknown = "unknown",
    }
}

/// The OCSP response that the server stapled to its certificate (RFC 6066 section 8). Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StapleReport {
    /// Whether the responder answered: `successful`, `try_later` and the like (RFC 6960 section 4.2.1); null when that
    /// cannot be read. All below is null when it did not.
    pub response: Option<&'static str>,
    /// What it says.
    pub status: Option<OcspWord>,
    /// It is about the server's certificate, by the serial number; null when one of them could not be read.
    pub for_certificate: Option<bool>,
    /// Whether it was current when it was sent, by the clock of the capture.
    pub validity: Option<Validity>,
    /// When the responder signed it, RFC 3339.
    pub produced_at: Option<Date>,
    /// When the status was known to be so, RFC 3339.
    pub this_update: Option<Date>,
    /// When there will be news, RFC 3339.
    pub next_update: Option<Date>,
    /// Since when it is revoked, RFC 3339.
    pub revoked_at: Option<Date>,
    /// Why it was revoked, as in `keyCompromise` (RFC 5280 section 5.3.1); null when the response does not say.
    pub revocation_reason: Option<&'static str>,
}

impl StapleReport {
    /// What is reported of a staple that was sent at this time, with the certificate of this serial number.
    pub(super) fn of(staple: &Staple, serial: Option<&str>, at: Timestamp) -> Self {
        let answer = staple.answer.as_ref();
        let status = answer.and_then(|answer| answer.status);
        let (revoked_at, reason) = match status {
            Some(OcspStatus::Revoked { at, reason }) => (at, reason),
            _ => (None, None),
        };
        Self {
            response: staple.response.and_then(names::ocsp_response),
            status: status.map(word),
            for_certificate: answer
                .zip(serial)
                .map(|(answer, serial)| answer.serial == *serial),
            validity: answer.and_then(|answer| validity(answer, at)),
            produced_at: staple.produced_at,
            this_update: answer.and_then(|answer| answer.this_update),
            next_update: answer.and_then(|answer| answer.next_update),
            revoked_at,
            revocation_reason: reason.and_then(names::revocation_reason),
        }
    }
}

const fn word(status: OcspStatus) -> OcspWord {
    match status {
        OcspStatus::Good => OcspWord::Good,
        OcspStatus::Revoked { .. } => OcspWord::Revoked,
        OcspStatus::Unknown => OcspWord::Unknown,
    }
}

fn validity(answer: &crate::tls::OcspAnswer, at: Timestamp) -> Option<Validity> {
    let begin = answer.this_update?;
    Some(match answer.next_update {
        _ if begin.is_after(at) => Validity::NotYetValid,
        Some(_) if answer.is_stale(at) => Validity::Expired,
        _ => Validity::Valid,
    })
}
