//! Causes that lie in cipher suites, groups and signature schemes.

use super::offer::{Apart, Offer};
use super::refusal::Refusal;
use super::{Case, Verdict, alert};
use crate::report::{Cause, Confidence};
use crate::tls::ExtensionType;
use crate::tls::alert::{HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY};

/// One side says that the other's parameters are too weak: alert insufficient_security. What is apart is added as evidence.
pub(super) fn said_so(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    let says = last.description == INSUFFICIENT_SECURITY;
    let evidence = says.then(|| alert::sentence(case, last))?;
    let offer = case.offer();
    let apart = offer.and_then(|offer| Some(offer.told(offer.apart()?)));
    Some(Verdict::new(Cause::CipherMismatch, Confidence::Certain, evidence).and_all(apart))
}

/// The server refused the hello without saying why, and of the cipher suites that the client offers, or the groups, or the
/// kinds of signatures, it negotiated none lately.
///
/// 1. Alert handshake_failure, or RST, FIN or close_notify where hellos with this name (or without one) are answered: likely.
/// 2. The same after fewer than three handshakes to compare with: possible.
pub(super) fn apart(case: &Case<'_>) -> Option<Verdict> {
    if !case.refused_for_parameters() {
        return None;
    }
    let offer = case.offer()?;
    let what = offer.apart().filter(|what| *what != Apart::Versions)?;
    let confidence = if offer.has_much_contrast() {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let evidence = case.ending("the ClientHello");
    Some(Verdict::new(Cause::CipherMismatch, confidence, evidence).and(offer.told(what)))
}

/// Alert handshake_failure in place of a ServerHello means that no acceptable set of parameters was found (RFC 8446 section
/// 6.2). Some servers also send it for a name, or for want of a certificate, so with nothing to compare with it is no more
/// than possible; what was negotiated in versions that the client does not offer is nothing to compare with. A hello that
/// shares all with what was negotiated is refused for another reason.
pub(super) fn nothing_shared(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    let compares =
        |offer: &Offer<'_>| offer.has_contrast() && offer.apart() != Some(Apart::Versions);
    let offer = case.offer().filter(|offer| !compares(offer))?;
    let refused = case.refusal() == Some(Refusal::Vague);
    if !refused || last.description != HANDSHAKE_FAILURE {
        return None;
    }
    let evidence = alert::sentence(case, last);
    let verdict = Verdict::new(Cause::CipherMismatch, Confidence::Possible, evidence)
        .and("it says that client and server share no parameters")
        .and(offer.told(Apart::Suites));
    let verdict = verdict.and_all(offer.hint());
    let nameless = !case.hello()?.has(ExtensionType::SERVER_NAME);
    let hint = "the hello has no server_name either, which some servers refuse in the same way";
    Some(verdict.and_all(nameless.then(|| hint.to_owned())))
}
