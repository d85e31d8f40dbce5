//! Causes that lie in the protocol version.

use super::offer::{Apart, offers};
use super::{Case, Verdict, alert};
use crate::flow::Side;
use crate::report::{Cause, Confidence};
use crate::tls::alert::{
    HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, INAPPROPRIATE_FALLBACK, PROTOCOL_VERSION,
};

/// One side says that the version is wrong: alert protocol_version or inappropriate_fallback. What was offered and what is
/// negotiated here is added as evidence.
pub(super) fn said_so(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    let says = matches!(last.description, PROTOCOL_VERSION | INAPPROPRIATE_FALLBACK);
    let evidence = says.then(|| alert::sentence(case, last))?;
    let verdict = Verdict::new(
        Cause::ProtocolVersionMismatch,
        Confidence::Certain,
        evidence,
    );
    Some(match last.from {
        _ if last.description == INAPPROPRIATE_FALLBACK => verdict.and(
            "the hello has TLS_FALLBACK_SCSV: the client came with a higher version before (RFC 7507)",
        ),
        Side::Client => verdict.and_all(chosen(case)),
        Side::Server => {
            verdict.and_all(case.offer().map(|offer| offer.told(Apart::Versions)))
        }
    })
}

/// The server refused the hello without saying why, and of the versions that the client offers it negotiated none lately.
///
/// 1. Alert handshake_failure, which is the word for parameters, while the client lacks suites that every server of its version
///    takes: nothing that was negotiated in other versions tells which of the two it is. See [`cipher`](super::cipher).
/// 2. Alert handshake_failure, or RST, FIN or close_notify where hellos with this name (or without one) are answered: likely.
/// 3. The same after fewer than three handshakes to compare with: possible.
///
/// Where the name itself may be the reason, that rule comes first; it says that the versions are apart too.
pub(super) fn apart(case: &Case<'_>) -> Option<Verdict> {
    if !case.refused_for_parameters() {
        return None;
    }
    let offer = case
        .offer()
        .filter(|offer| offer.apart() == Some(Apart::Versions))?;
    let about_parameters = case
        .final_alert()
        .is_some_and(|last| last.description == HANDSHAKE_FAILURE);
    if about_parameters && offer.may_lack_suites() {
        return None;
    }
    let confidence = if offer.has_much_contrast() {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let evidence = case.ending("the ClientHello");
    Some(
        Verdict::new(Cause::ProtocolVersionMismatch, confidence, evidence)
            .and(offer.told(Apart::Versions)),
    )
}

/// The server chose a version that the client does not offer, and the client left: likely.
pub(super) fn not_offered(case: &Case<'_>) -> Option<Verdict> {
    let (answer, _) = case.talk.progress.server_hello.as_ref()?;
    let complains = case.final_alert().is_some_and(|last| {
        let vague = matches!(last.description, ILLEGAL_PARAMETER | HANDSHAKE_FAILURE);
        last.from == Side::Client && vague
    });
    let left = case.hung_up(Side::Client) || complains;
    let refused = left && !offers(case.hello()?, answer.version());
    refused.then(|| {
        let evidence = case.ending("the ClientHello");
        Verdict::new(Cause::ProtocolVersionMismatch, Confidence::Likely, evidence)
            .and_all(chosen(case))
    })
}

/// What the server chose, beside what the client offers.
fn chosen(case: &Case<'_>) -> Option<String> {
    let (answer, _) = case.talk.progress.server_hello.as_ref()?;
    let offer = case.offer()?.client(Apart::Versions);
    Some(format!(
        "the server chose {}, the client offers {offer}",
        answer.version()
    ))
}
