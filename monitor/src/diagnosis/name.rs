//! Causes that lie in the server name: missing, or not served.

use super::baseline::Tried;
use super::{Case, Verdict};
use crate::flow::Side;
use crate::report::{Cause, Confidence};
use crate::tls::{ExtensionType, alert};

/// The ClientHello carried no server_name, and the server ended it before any ServerHello.
///
/// 1. Hellos without a name are answered on this endpoint: then it is something else.
/// 2. An alert that has a meaning of its own: then that is the cause. One that servers also send for a missing name
///    counts when hellos with a name complete here: likely.
/// 3. The alert is unrecognized_name, or RST or FIN while hellos with a name complete on this endpoint: certain.
/// 4. Hellos with a name are refused as well, and none completes: possible.
/// 5. Nothing to compare with yet: likely.
pub(super) fn no_sni_rejected(case: &Case<'_>) -> Option<Verdict> {
    let nameless = case
        .hello()
        .is_some_and(|hello| !hello.has(ExtensionType::SERVER_NAME));
    if !nameless || !case.refused_hello() || case.without_sni().answered > 0 {
        return None;
    }
    let with_sni = case.with_sni();
    let confidence = match refusal(case)? {
        Refusal::Named => Confidence::Certain,
        Refusal::Wordless if with_sni.completed > 0 => Confidence::Certain,
        Refusal::Vague if with_sni.completed > 0 => Confidence::Likely,
        Refusal::Wordless if with_sni.refused > 0 && with_sni.answered == 0 => Confidence::Possible,
        Refusal::Wordless => Confidence::Likely,
        Refusal::Vague => return None,
    };
    let evidence = format!("{} a ClientHello without server_name", case.ending());
    Some(
        Verdict::new(Cause::NoSniRejected, confidence, evidence)
            .and(contrast(with_sni, "hellos with SNI")),
    )
}

/// The ClientHello carried a server_name, and the server ended it before any ServerHello.
///
/// 1. This name is answered on this endpoint: then it is something else.
/// 2. The alert is unrecognized_name, or RST or FIN while other names complete on this endpoint: certain. An alert that
///    servers send for other reasons too, or more names in use than are kept apart: likely.
/// 3. Nothing completes on this endpoint, as far as was seen: possible.
pub(super) fn unknown_sni(case: &Case<'_>) -> Option<Verdict> {
    let name = case.hello()?.server_name.as_ref()?;
    let here = case.baseline.named(name.as_bytes(), case.decision.at);
    if !case.refused_hello() || here.answered > 0 {
        return None;
    }
    let others = case.with_sni();
    let confidence = match refusal(case)? {
        Refusal::Named => Confidence::Certain,
        Refusal::Wordless if others.completed > 0 && case.baseline.knows_all_names() => {
            Confidence::Certain
        }
        Refusal::Wordless | Refusal::Vague if others.completed > 0 => Confidence::Likely,
        Refusal::Wordless => Confidence::Possible,
        Refusal::Vague => return None,
    };
    let evidence = format!("{} a ClientHello for {name}", case.ending());
    Some(
        Verdict::new(Cause::UnknownSni, confidence, evidence)
            .and(contrast(others, "hellos with another name")),
    )
}

/// How the server refused.
enum Refusal {
    /// By saying that it does not know the name.
    Named,
    /// By RST or FIN.
    Wordless,
    /// By an alert that some servers send for a name they do not serve, and also for other reasons.
    Vague,
}

fn refusal(case: &Case<'_>) -> Option<Refusal> {
    if case.hung_up(Side::Server) {
        return is_wordless(case).then_some(Refusal::Wordless);
    }
    match case.final_alert()?.description {
        alert::UNRECOGNIZED_NAME => Some(Refusal::Named),
        alert::CLOSE_NOTIFY => Some(Refusal::Wordless),
        alert::ACCESS_DENIED | alert::HANDSHAKE_FAILURE | alert::INTERNAL_ERROR => {
            Some(Refusal::Vague)
        }
        _ => None,
    }
}

/// Over QUIC a close has an error code (RFC 9000 section 20.1). What says nothing of its own: none, NO_ERROR,
/// APPLICATION_ERROR, and INTERNAL_ERROR, which Envoy sends where it has no filter chain for the name.
fn is_wordless(case: &Case<'_>) -> bool {
    let error = case.talk.carrier.quic().and_then(|quic| quic.error);
    matches!(error, None | Some(0x00 | 0x01 | 0x0c))
}

fn contrast(others: Tried, what: &str) -> String {
    match (others.completed, others.refused) {
        (0, 0) => format!("no {what} seen on this endpoint to compare with"),
        (0, refused) => format!(
            "{refused} {what} were refused on this endpoint in the last 5 min as well, none completed"
        ),
        (completed, _) => {
            format!("{completed} {what} completed on this endpoint in the last 5 min")
        }
    }
}
