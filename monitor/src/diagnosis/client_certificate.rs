//! Causes that lie in the certificate that a server asks of its client.

use super::case::alert_name;
use super::{Case, Verdict};
use crate::flow::Side;
use crate::handshake::ClientCertificate;
use crate::report::{Cause, Confidence, EndedBy, EndedHow, Inferred};
use crate::tls::alert;

/// The server ended it behind the client's answer to its CertificateRequest. The first rule that applies:
///
/// 1. The answer is in the clear (TLS 1.2 and before) and has no certificate: missing. Certain when the server says
///    handshake_failure, as RFC 5246 section 7.4.6 has it; likely when it hangs up.
/// 2. The answer is in the clear and has one: refused, likely; possible when the server hangs up.
/// 3. The client's flight has a record of the size of a Certificate without certificates (TLS 1.3): missing, likely; possible
///    when the server hangs up without a record of an alert's size.
/// 4. It has the records of one with certificates: refused, as sure as that.
pub(super) fn refused(case: &Case<'_>) -> Option<Verdict> {
    if case.decision.by != EndedBy::Server {
        return None;
    }
    let how = How::of(case)?;
    match case.talk.progress.client_certificate {
        Some(answer) => Some(in_the_clear(case, answer, how)),
        None => encrypted(case, how),
    }
}

/// The client's answer is in the clear and has no certificate, and the server says that it does not take that, in whichever
/// words: bad_certificate (Java), certificate_required or handshake_failure are certain, decode_error (GnuTLS) is likely.
pub(super) fn none_sent(case: &Case<'_>) -> Option<Verdict> {
    let last = case
        .final_alert()
        .filter(|last| last.from == Side::Server)?;
    if case.talk.progress.client_certificate != Some(ClientCertificate::None) {
        return None;
    }
    let confidence = match last.description {
        alert::BAD_CERTIFICATE
        | alert::CERTIFICATE_REQUIRED
        | alert::CERTIFICATE_UNKNOWN
        | alert::HANDSHAKE_FAILURE => Confidence::Certain,
        alert::DECODE_ERROR => Confidence::Likely,
        _ => return None,
    };
    let evidence = "the server asked for a client certificate, the client sent none".to_owned();
    Some(Verdict::new(Cause::ClientCertificateMissing, confidence, evidence).and(ending(case)))
}

/// How the server ended it, where that alone does not name a cause.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Alert,
    HungUp,
}

impl How {
    fn of(case: &Case<'_>) -> Option<Self> {
        let says_little = |description| {
            matches!(
                description,
                alert::HANDSHAKE_FAILURE | alert::DECRYPT_ERROR | alert::ACCESS_DENIED
            )
        };
        match (case.decision.how, case.final_alert()) {
            (EndedHow::Alert, Some(last)) => says_little(last.description).then_some(Self::Alert),
            (EndedHow::Alert, None) => Some(Self::Alert),
            _ => case.hung_up(Side::Server).then_some(Self::HungUp),
        }
    }
}

fn in_the_clear(case: &Case<'_>, answer: ClientCertificate, how: How) -> Verdict {
    let (why, confidence, what) = match (answer, how) {
        (ClientCertificate::None, How::Alert) => {
            (Cause::ClientCertificateMissing, Confidence::Certain, "none")
        }
        (ClientCertificate::None, How::HungUp) => {
            (Cause::ClientCertificateMissing, Confidence::Likely, "none")
        }
        (ClientCertificate::Some, How::Alert) => {
            (Cause::ClientCertificateRejected, Confidence::Likely, "one")
        }
        (ClientCertificate::Some, How::HungUp) => (
            Cause::ClientCertificateRejected,
            Confidence::Possible,
            "one",
        ),
    };
    let evidence = [
        "the server asked for a client certificate, the client sent ",
        what,
    ]
    .concat();
    Verdict::new(why, confidence, evidence).and(ending(case))
}

fn encrypted(case: &Case<'_>, how: How) -> Option<Verdict> {
    let flight = case.talk.progress.inferred().client;
    let holds = |what| flight.iter().any(|record| record.contains(&what));
    let (why, what) = match () {
        () if holds(Inferred::EmptyCertificate) => (
            Cause::ClientCertificateMissing,
            "a record of the size of a Certificate without certificates",
        ),
        () if holds(Inferred::Certificate) => (
            Cause::ClientCertificateRejected,
            "records of the size of a certificate",
        ),
        () => return None,
    };
    let confidence = match how {
        How::Alert => Confidence::Likely,
        How::HungUp => Confidence::Possible,
    };
    let evidence = ["the client's encrypted flight has ", what].concat();
    Some(Verdict::new(why, confidence, evidence).and(ending(case)))
}

fn ending(case: &Case<'_>) -> String {
    match case.final_alert() {
        Some(last) => ["the server then sent alert ", &alert_name(last)].concat(),
        None => case.ending("the ClientHello"),
    }
}
