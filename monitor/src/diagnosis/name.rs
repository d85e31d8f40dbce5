//! Causes that lie in the server name: missing, or not served.

use super::baseline::Tried;
use super::refusal::Refusal;
use super::words::{LATELY, counted};
use super::{Case, Verdict};
use crate::report::{Cause, Confidence};
use crate::tls::ExtensionType;

/// From so many hellos with a name on, it does not matter that none of them was established before the refusal.
const ENOUGH: u32 = 3;

/// The ClientHello carried no server_name, and the server ended it before any ServerHello.
///
/// 1. Hellos without a name are answered on this endpoint: then it is something else.
/// 2. An alert that has a meaning of its own: then that is the cause. One that servers also send for a missing name
///    counts when hellos with a name complete here: likely.
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
        Refusal::Vague | Refusal::Telling => return None,
    };
    let evidence = format!("{} a ClientHello without server_name", case.ending());
    Some(
        Verdict::new(Cause::NoSniRejected, confidence, evidence)
            .and(contrast(with_sni))
            .and_all(own_kind(case))
            .and_all(hint)
            .and_all(trouble(case, with_sni)),
    )
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
    let evidence = format!("{} a ClientHello for {name}", case.ending());
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
