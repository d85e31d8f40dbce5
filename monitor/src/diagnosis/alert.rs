//! Causes that one side names by an alert, but for those that have a file of their own.

use super::case::alert_name;
use super::words::{LATELY, counted};
use super::{Case, Verdict};
use crate::flow::Side;
use crate::handshake::{SeenAlert, ended_by};
use crate::report::{Cause, Confidence, EndedHow};
use crate::tls::alert;

/// The alert says what is wrong (RFC 8446 section 6.2, RFC 5246 section 7.2.2). Alerts that can mean several things, such as
/// handshake_failure, say nothing here.
pub(super) fn said_so(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    let named = match last.from {
        Side::Client => by_client(last.description),
        Side::Server => by_server(last.description),
    };
    let why = named.or_else(|| malformed(last.description))?;
    // OpenSSL says decode_error to a peer that hangs up, too: what that peer sent must have been seen.
    let peer = last.from.other();
    let unseen = !case.talk.has_seen(peer) || case.talk.gap(peer).is_some();
    if why == Cause::MalformedMessage && unseen {
        return None;
    }
    let evidence = sentence(case, last);
    Some(Verdict::new(why, Confidence::Certain, evidence))
}

/// An alert that says little, of the side whose peer sent what cannot be read here either: Java answers so.
pub(super) fn cannot_read(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    let says_little = matches!(
        last.description,
        alert::HANDSHAKE_FAILURE | alert::INTERNAL_ERROR
    );
    let peer = last.from.other();
    let what = case.talk.progress.sides[peer].malformed;
    let what = what.filter(|_| says_little && case.talk.gap(peer).is_none())?;
    let evidence = format!(
        "the {}'s bytes do not parse: {}",
        ended_by(peer),
        what.label()
    );
    let verdict = Verdict::new(Cause::MalformedMessage, Confidence::Likely, evidence);
    Some(verdict.and(sentence(case, last)))
}

/// Who sent which alert, and when.
pub(super) fn sentence(case: &Case<'_>, last: SeenAlert) -> String {
    let stage = case.talk.progress.stage();
    format!(
        "{} sent alert {} after {stage}",
        ended_by(last.from),
        alert_name(last)
    )
}

/// The client left with a record of an encrypted alert's size where its Finished should be (TLS 1.3).
pub(super) fn encrypted(case: &Case<'_>) -> Option<Verdict> {
    let client = &case.talk.progress.sides.client;
    let inferred = case.decision.how == EndedHow::Alert
        && case.final_alert().is_none()
        && client.finished.is_none();
    let size = client
        .maybe_alert
        .filter(|_| inferred && case.talk.is_tls13())?;
    let evidence = format!(
        "client sent a {size}-byte protected record, an alert's size, in place of Finished, and left"
    );
    let verdict = Verdict::new(Cause::CertificateRejected, Confidence::Likely, evidence);
    Some(verdict.and_all(others(case)))
}

/// Whether others take what this client refuses: what it is, is encrypted. Where nobody takes it, it may be the signature as
/// well, made with a key that is not the certificate's.
fn others(case: &Case<'_>) -> Option<String> {
    /// From so many on it is no chance.
    const SEVERAL: u32 = 3;
    let all = case.own_name();
    match (all.completed, all.answered) {
        (0, SEVERAL..) => Some(format!(
            "none of the {} that this endpoint answered {LATELY} was completed: its certificate, or a key that is not its certificate's",
            counted(all.answered, "handshake")
        )),
        (0, _) => None,
        (completed, _) => Some(format!(
            "{} for that name completed on this endpoint {LATELY}",
            counted(completed, "handshake")
        )),
    }
}

const fn by_client(description: u8) -> Option<Cause> {
    match description {
        alert::CERTIFICATE_EXPIRED => Some(Cause::CertificateExpired),
        alert::UNKNOWN_CA => Some(Cause::CertificateUntrusted),
        alert::BAD_CERTIFICATE
        | alert::UNSUPPORTED_CERTIFICATE
        | alert::CERTIFICATE_REVOKED
        | alert::BAD_CERTIFICATE_STATUS_RESPONSE
        | alert::CERTIFICATE_UNKNOWN => Some(Cause::CertificateRejected),
        alert::USER_CANCELED => Some(Cause::ClientAbandoned),
        _ => None,
    }
}

const fn by_server(description: u8) -> Option<Cause> {
    match description {
        alert::CERTIFICATE_REQUIRED => Some(Cause::ClientCertificateMissing),
        alert::BAD_CERTIFICATE
        | alert::UNSUPPORTED_CERTIFICATE
        | alert::CERTIFICATE_REVOKED
        | alert::CERTIFICATE_UNKNOWN
        | alert::CERTIFICATE_EXPIRED
        | alert::UNKNOWN_CA => Some(Cause::ClientCertificateRejected),
        alert::INTERNAL_ERROR => Some(Cause::ServerInternalError),
        _ => None,
    }
}

const fn malformed(description: u8) -> Option<Cause> {
    match description {
        alert::DECODE_ERROR
        | alert::ILLEGAL_PARAMETER
        | alert::UNEXPECTED_MESSAGE
        | alert::BAD_RECORD_MAC => Some(Cause::MalformedMessage),
        _ => None,
    }
}
