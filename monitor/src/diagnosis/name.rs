//! Causes that lie in the server name: missing, or not served.

use super::baseline::Tried;
use super::refusal::Refusal;
use super::words::{LATELY, counted};
use super::{Case, Verdict};
use crate::report::{Cause, Confidence};
use crate::tls::alert::MISSING_EXTENSION;
use crate::tls::{ClientHello, ExtensionType, Version};

/// From so many hellos with a name on, it does not matter that none of them was established before the refusal.
const ENOUGH: u32 = 3;

/// The ClientHello carried no server_name, and the server ended it before any ServerHello.
///
/// 1. Hellos without a name are answered on this endpoint: then it is something else.
/// 2. The alert is missing_extension: see [`missing`]. Another that has a meaning of its own: then that is the cause. One that
///    servers also send for a missing name counts when hellos with a name complete here: likely.
/// 3. The alert is unrecognized_name, or RST or FIN while hellos with a name complete on this endpoint, at least one before
///    or three after: certain. Likely where what the client offers may be the reason as well.
/// 4. The endpoint may have been down at that time: possible.
/// 5. Hellos with a name are refused as well, and none completes: possible.
/// 6. Nothing to compare with yet: likely.
pub(super) fn no_sni_rejected(case: &Case<'_>) -> Option<Verdict> {
    let nameless = !case.hello()?.has(ExtensionType::SERVER_NAME);
    let refusal = case.refusal()?;
    if !nameless || case.without_sni().answered > 0 {
        return None;
    }
    let (with_sni, offer) = (case.with_sni(), case.offer()?);
    let hint = offer.hint();
    let completes = with_sni.completed > 0 && case.was_up();
    let enough = with_sni.completed >= ENOUGH || case.baseline.had_completed(case.decision.at);
    let confidence = match refusal {
        Refusal::Named => Confidence::Certain,
        Refusal::Wordless if completes && enough && !offer.may_be_the_reason() => {
            Confidence::Certain
        }
        Refusal::Wordless | Refusal::Vague if completes => Confidence::Likely,
        Refusal::Wordless if with_sni.completed > 0 => Confidence::Possible,
        Refusal::Wordless if with_sni.refused > 0 && with_sni.answered == 0 => Confidence::Possible,
        Refusal::Wordless => Confidence::Likely,
        Refusal::Telling => missing(case)?.0,
        Refusal::Vague => return None,
    };
    let evidence = case.ending("a ClientHello without server_name");
    let lacks = missing(case).map(|(_, what)| what);
    Some(
        Verdict::new(Cause::NoSniRejected, confidence, evidence)
            .and_all(lacks)
            .and(contrast(with_sni))
            .and_all(own_kind(case))
            .and_all(hint)
            .and_all(trouble(case, with_sni)),
    )
}

/// The server says missing_extension to a hello without server_name (RFC 8446 section 9.2), and what else may be what it
/// misses. A hello for TLS 1.3 that has all that must be in it lacks nothing but the name: certain. Before TLS 1.3 nothing has
/// to be there: likely. One that lacks what TLS 1.3 demands: possible.
fn missing(case: &Case<'_>) -> Option<(Confidence, String)> {
    let last = case.final_alert()?;
    let hello = case.hello()?;
    if last.description != MISSING_EXTENSION {
        return None;
    }
    if !hello.offered_versions().any(Version::is_tls13) {
        let what = "what must be in a hello before TLS 1.3 no standard says".to_owned();
        return Some((Confidence::Likely, what));
    }
    let demanded = demanded(case.talk.carrier.quic().is_some(), hello);
    let lacking: Vec<_> = demanded.filter(|(kind, _)| !hello.has(*kind)).collect();
    Some(match &lacking[..] {
        [] => (
            Confidence::Certain,
            "all other extensions that TLS 1.3 demands are there".to_owned(),
        ),
        [(_, first), ..] => (Confidence::Possible, format!("{first} is missing as well")),
    })
}

/// What a hello for TLS 1.3 must have (RFC 8446 sections 4.2.9 and 9.2, RFC 9001 section 8.2).
fn demanded(
    is_quic: bool,
    hello: &ClientHello,
) -> impl Iterator<Item = (ExtensionType, &'static str)> {
    let resumes = hello.has(ExtensionType::PRE_SHARED_KEY);
    [
        (
            ExtensionType::SIGNATURE_ALGORITHMS,
            "signature_algorithms",
            true,
        ),
        (ExtensionType::SUPPORTED_GROUPS, "supported_groups", true),
        (ExtensionType::KEY_SHARE, "key_share", true),
        (
            ExtensionType::PSK_KEY_EXCHANGE_MODES,
            "psk_key_exchange_modes",
            resumes,
        ),
        (
            ExtensionType::QUIC_TRANSPORT_PARAMETERS,
            "quic_transport_parameters",
            is_quic,
        ),
    ]
    .into_iter()
    .filter(|(_, _, demanded)| *demanded)
    .map(|(kind, name, _)| (kind, name))
}

/// The ClientHello carried a server_name, and the server ended it before any ServerHello.
///
/// 1. This name is answered on this endpoint: then it is something else.
/// 2. The alert is unrecognized_name: certain.
/// 3. RST or FIN while other names complete on this endpoint: likely. Certain once this name was refused again after others
///    had completed: a server that restarts does not refuse the same name twice and serve others in between.
/// 4. An alert that servers send for other reasons too, while other names complete: likely.
/// 5. Nothing completes on this endpoint, as far as was seen, or it may have been down at that time: possible.
pub(super) fn unknown_sni(case: &Case<'_>) -> Option<Verdict> {
    let name = case.hello()?.server_name.as_ref()?;
    let refusal = case.refusal()?;
    if case.named(name.as_bytes()).answered > 0 {
        return None;
    }
    let (others, offer) = (case.with_sni(), case.offer()?);
    let hint = offer.hint();
    let completes = others.completed > 0 && case.was_up();
    let again = case.baseline.refused_again(name.as_bytes());
    let sure = again.is_some() && !offer.may_be_the_reason() && case.baseline.knows_all_names();
    let confidence = match refusal {
        Refusal::Named => Confidence::Certain,
        Refusal::Wordless if completes && sure => Confidence::Certain,
        Refusal::Wordless | Refusal::Vague if completes => Confidence::Likely,
        Refusal::Wordless => Confidence::Possible,
        Refusal::Vague | Refusal::Telling => return None,
    };
    let evidence = case.ending(&format!("a ClientHello for {name}"));
    let again = again.filter(|_| completes);
    let again = again.map(|times| {
        format!("it was refused {times} times, while other names completed in between")
    });
    Some(
        Verdict::new(Cause::UnknownSni, confidence, evidence)
            .and(among(others))
            .and_all(again)
            .and_all(hint)
            .and_all(trouble(case, others)),
    )
}

/// What became of others.
fn contrast(others: Tried) -> String {
    let hellos = |count| format!("{} with SNI", counted(count, "hello"));
    match (others.completed, others.refused) {
        (0, 0) => "no hellos with SNI seen on this endpoint to compare with".to_owned(),
        (0, refused) => format!(
            "{} {} refused on this endpoint {LATELY} as well, none completed",
            hellos(refused),
            if refused == 1 { "was" } else { "were" }
        ),
        (completed, _) => format!("{} completed on this endpoint {LATELY}", hellos(completed)),
    }
}

/// What became of hellos with a name, this one among them.
fn among(all: Tried) -> String {
    match (all.completed, all.refused) {
        (0, 0 | 1) => {
            "no hellos with another name seen on this endpoint to compare with".to_owned()
        }
        (0, refused) => {
            format!("all {refused} hellos with SNI were refused on this endpoint {LATELY}")
        }
        (completed, _) => format!(
            "{} with another name completed on this endpoint {LATELY}",
            counted(completed, "hello")
        ),
    }
}

/// What became of hellos without a name, this one among them.
fn own_kind(case: &Case<'_>) -> Option<String> {
    let own = case.without_sni();
    let how = if own.reset == own.refused {
        "reset"
    } else {
        "refused"
    };
    (own.refused > 1).then(|| format!("0 hellos without SNI completed, {} were {how}", own.refused))
}

/// That the endpoint may have been down.
fn trouble(case: &Case<'_>, others: Tried) -> Option<String> {
    let doubtful = others.completed > 0 && !case.was_up();
    doubtful.then(|| {
        "around that time it refused what it answers otherwise: it may have been down".to_owned()
    })
}
