//! Causes that lie in the server's certificate, where it can be read: TLS 1.2 and before.

use std::time::Duration;

use super::alert::said_so;
use super::case::alert_name;
use super::{Case, Verdict};
use crate::flow::Side;
use crate::frame::Timestamp;
use crate::handshake::Doubt;
use crate::report::{Cause, Confidence};
use crate::tls::{Certificate, Chain, Coverage, Names, ServerName, Staple, alert};

/// The client left after the server's Certificate, and what is wrong with that can be seen. The first rule that applies:
///
/// 1. Alert unknown_ca: `certificate-chain-incomplete` when the leaf's issuer is missing among several that were sent
///    (likely), or they are out of order (possible: most clients put them in order); else what the alert says.
/// 2. Alert certificate_expired: what the alert says, but `certificate-not-yet-valid` when the dates say that.
/// 3. Alert bad_certificate or certificate_unknown: the fault that can be seen, certain when it is the only one. None can
///    be seen: what the alert says.
/// 4. Alert certificate_revoked or bad_certificate_status_response: what the alert says.
/// 5. The client left without a word about certificates: the fault that can be seen, likely; possible when the fault is
///    one that many clients are told to accept.
/// 6. The client completed the handshake, and left without a byte of data: the same.
///
/// What else can be seen is added as evidence.
pub(super) fn refused(case: &Case<'_>) -> Option<Verdict> {
    let (chain, at) = case.chain.as_ref()?;
    let asked = case.talk.progress.asked_name();
    let faults = Faults {
        chain,
        staple: case.staple.as_ref(),
        asked,
        at: *at,
    };
    match Refusal::of(case)? {
        Refusal::UnknownIssuer => faults.with_issuer(case),
        Refusal::Expired => faults.with_dates(case),
        Refusal::Certificate => faults.with_any(case),
        Refusal::Status => Some(faults.explained(said_so(case)?)),
        Refusal::Wordless => faults.in_silence(case, Refusal::Wordless),
        Refusal::Unused => faults.in_silence(case, Refusal::Unused),
    }
}

/// How a client shows that it does not take a certificate.
enum Refusal {
    /// Alert unknown_ca.
    UnknownIssuer,
    /// Alert certificate_expired.
    Expired,
    /// An alert about the certificate that does not say what is wrong.
    Certificate,
    /// An alert about the status of the certificate.
    Status,
    /// It leaves before its Finished, by RST, FIN or an alert that is not about certificates.
    Wordless,
    /// It completes the handshake, and leaves without a byte of data.
    Unused,
}

impl Refusal {
    fn of(case: &Case<'_>) -> Option<Self> {
        if case.talk.progress.is_established() {
            return Some(Self::Unused);
        }
        if case.talk.progress.sides.client.finished.is_some() || case.talk.carrier.left_early() {
            return None;
        }
        if case.hung_up(Side::Client) {
            return Some(Self::Wordless);
        }
        let last = case
            .final_alert()
            .filter(|last| last.from == Side::Client)?;
        match last.description {
            alert::UNKNOWN_CA => Some(Self::UnknownIssuer),
            alert::CERTIFICATE_EXPIRED => Some(Self::Expired),
            alert::BAD_CERTIFICATE | alert::CERTIFICATE_UNKNOWN => Some(Self::Certificate),
            alert::CERTIFICATE_REVOKED | alert::BAD_CERTIFICATE_STATUS_RESPONSE => {
                Some(Self::Status)
            }
            alert::HANDSHAKE_FAILURE | alert::CLOSE_NOTIFY => Some(Self::Wordless),
            _ => None,
        }
    }
}

/// What is to be said against a certificate, if the client completes the handshake and leaves without a word. A client that
/// asks for no name may be content with any certificate: to it a self-signed one is none that it refuses.
pub fn doubt(chain: &Chain, asked: Option<&ServerName>, at: Timestamp) -> Doubt {
    let is_out_of_date = chain.expired(at).is_some() || chain.not_yet_valid(at).is_some();
    match () {
        () if chain.leaf.coverage == Some(Coverage::NotCovered) => Doubt::Grave,
        () if is_out_of_date => Doubt::Slight,
        () if asked.is_some() && chain.leaf.self_signed => Doubt::Slight,
        () => Doubt::None,
    }
}

/// A certificate chain, for which name, and when it was sent.
struct Faults<'a> {
    chain: &'a Chain,
    staple: Option<&'a Staple>,
    asked: Option<&'a ServerName>,
    at: Timestamp,
}

/// Something wrong with a chain that is in plain sight.
struct Fault {
    cause: Cause,
    what: String,
    /// Clients are often told to accept it.
    is_common: bool,
}

impl Faults<'_> {
    fn with_issuer(&self, case: &Case<'_>) -> Option<Verdict> {
        let mut verdict = said_so(case)?;
        if let Some(fault) = self.order() {
            verdict.cause = fault.cause;
            let missing = self.chain.complete == Some(false);
            verdict.confidence = Some(if missing {
                Confidence::Likely
            } else {
                Confidence::Possible
            });
        }
        let alone = (self.chain.complete.is_none()).then(|| self.alone());
        let verdict = self.explained(verdict);
        Some(alone.into_iter().fold(verdict, Verdict::and))
    }

    fn with_dates(&self, case: &Case<'_>) -> Option<Verdict> {
        let mut verdict = said_so(case)?;
        let expired = self.chain.expired(self.at).is_some();
        if !expired && self.chain.not_yet_valid(self.at).is_some() {
            verdict.cause = Cause::CertificateNotYetValid;
        } else if !expired {
            verdict = verdict.and(format!(
                "by this capture's clock none of the {} certificates sent has expired: the client's clock may be wrong, or it expects another chain",
                self.chain.sent
            ));
        }
        Some(self.explained(verdict))
    }

    fn with_any(&self, case: &Case<'_>) -> Option<Verdict> {
        let mut verdict = said_so(case)?;
        let faults = self.all();
        if let Some(fault) = faults.first() {
            verdict.cause = fault.cause;
            let sure = faults.len() == 1 && !fault.is_common;
            verdict.confidence = Some(if sure {
                Confidence::Certain
            } else {
                Confidence::Likely
            });
        }
        Some(self.explained(verdict))
    }

    fn in_silence(&self, case: &Case<'_>, refusal: Refusal) -> Option<Verdict> {
        let faults = self.all();
        let fault = faults.first()?;
        let confidence = if fault.is_common {
            Confidence::Possible
        } else {
            Confidence::Likely
        };
        let evidence = match (refusal, case.final_alert()) {
            (Refusal::Unused, _) => case.ending(
                "the ClientHello: the handshake was complete, and not a byte of data followed",
            ),
            (_, Some(alert)) => format!(
                "the client left after the server's certificate, with alert {}",
                alert_name(alert)
            ),
            (_, None) => "the client left after the server's certificate, with no alert".to_owned(),
        };
        Some(self.explained(Verdict::new(fault.cause, confidence, evidence)))
    }

    /// The verdict, and all that is wrong as its evidence.
    fn explained(&self, verdict: Verdict) -> Verdict {
        let faults = self.all().into_iter();
        faults.map(|fault| fault.what).fold(verdict, Verdict::and)
    }

    /// The leaf came alone: whether its issuer should have been sent cannot be seen.
    fn alone(&self) -> String {
        let issuer = self.chain.leaf.certificate.issuer.as_deref();
        let issuer = issuer.filter(|issuer| !issuer.is_empty());
        let issuer = issuer.unwrap_or("(unknown)");
        format!("the server sent its certificate alone, without that of its issuer {issuer}")
    }

    /// All that is wrong, what explains a refusal best first.
    fn all(&self) -> Vec<Fault> {
        [
            self.dates(),
            self.status(),
            self.name(),
            self.order(),
            self.own_issuer(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn dates(&self) -> Option<Fault> {
        if let Some(one) = self.chain.expired(self.at) {
            let ago = one.not_after.map(|end| end.distance(self.at));
            let date = one.not_after.map(|end| end.to_string());
            return Some(Fault::of(
                Cause::CertificateExpired,
                one,
                "expired",
                ago.zip(date),
                "ago",
            ));
        }
        let one = self.chain.not_yet_valid(self.at)?;
        let until = one.not_before.map(|begin| begin.distance(self.at));
        let date = one.not_before.map(|begin| begin.to_string());
        let cause = Cause::CertificateNotYetValid;
        Some(Fault::of(
            cause,
            one,
            "becomes valid",
            until.zip(date),
            "later",
        ))
    }

    fn name(&self) -> Option<Fault> {
        let names = &self.chain.leaf.names;
        let what = match self.chain.leaf.coverage? {
            Coverage::Covered => return None,
            Coverage::CommonNameOnly => "the certificate has no subjectAltName; its common name would match, which clients need not look at (RFC 9525)".to_owned(),
            Coverage::NotCovered if names.kept.is_empty() => "the certificate names no host".to_owned(),
            Coverage::NotCovered => format!("the certificate is for {}, not for {}", listed(names), self.asked?),
        };
        Some(Fault {
            cause: Cause::CertificateHostnameMismatch,
            what,
            is_common: self.chain.leaf.coverage == Some(Coverage::CommonNameOnly),
        })
    }

    fn order(&self) -> Option<Fault> {
        let what = match self.chain.complete {
            Some(false) => format!(
                "{} certificates were sent, and that of the leaf's issuer is not among them",
                self.chain.sent
            ),
            _ if !self.chain.ordered && !self.chain.leaf.self_signed => format!(
                "the {} certificates sent are not in order: each should be followed by that of its issuer",
                self.chain.sent
            ),
            _ => return None,
        };
        Some(Fault {
            cause: Cause::CertificateChainIncomplete,
            what,
            is_common: true,
        })
    }

    fn own_issuer(&self) -> Option<Fault> {
        let leaf = &self.chain.leaf;
        leaf.self_signed.then(|| Fault {
            cause: Cause::CertificateUntrusted,
            what: format!(
                "the certificate {} is self-signed",
                leaf.certificate.subject_or_unknown()
            ),
            is_common: true,
        })
    }
}

impl Fault {
    /// `the certificate CN=a expired 3 days ago (2025-…)`.
    fn of(
        cause: Cause,
        one: &Certificate,
        verb: &str,
        when: Option<(Duration, String)>,
        tense: &str,
    ) -> Self {
        let (far, date) = when.unwrap_or_default();
        let subject = one.subject_or_unknown();
        Self {
            cause,
            what: format!(
                "the certificate {subject} {verb} {} {tense}, at {date}",
                days(far)
            ),
            is_common: false,
        }
    }
}

/// The first few names of a certificate.
fn listed(names: &Names) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<&str> = names.kept.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = (names.kept.len() + names.left_out).saturating_sub(shown.len());
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A long duration as people say it.
fn days(duration: Duration) -> String {
    const HOUR: u64 = 3600;
    match duration.as_secs() {
        seconds if seconds < 2 * HOUR => format!("{} min", seconds / 60),
        seconds if seconds < 48 * HOUR => format!("{} hours", seconds / HOUR),
        seconds => format!("{} days", seconds / (24 * HOUR)),
    }
}

mod staple;
mod unfinished;
mod visible;

pub(super) use unfinished::left_unfinished;
pub(crate) use visible::visible;

#[cfg(test)]
mod tests;
