//! The verdict when no rule knows: the facts, and no guess.

use super::{Case, Verdict};
use crate::report::{Cause, EndedHow};

/// What was seen, without a cause.
pub(super) fn facts(case: &Case<'_>) -> Verdict {
    let since = if case.hello_at().is_some() {
        "the ClientHello"
    } else {
        "the first packet"
    };
    let mut evidence = vec![format!(
        "{} {since}, at stage {}",
        case.ending(),
        case.talk.progress.stage()
    )];
    if case.decision.how == EndedHow::Timeout
        && case.hello_at().is_some()
        && !case.talk.hello_acked()
    {
        evidence.push("the ClientHello was never acknowledged".to_owned());
    }
    for (side, progress) in [
        ("client", &case.talk.progress.sides.client),
        ("server", &case.talk.progress.sides.server),
    ] {
        if let Some(reason) = progress.malformed {
            evidence.push(format!(
                "the {side}'s bytes do not parse: {}",
                reason.label()
            ));
        }
    }
    Verdict {
        cause: Cause::Unexplained,
        confidence: None,
        evidence,
    }
}
