//! The verdict when no rule knows: the facts, and no guess.

use super::words::{LATELY, counted};
use super::{Case, Verdict};
use crate::flow::Side;
use crate::handshake::ended_by;
use crate::report::{Cause, EndedHow};

/// What was seen, without a cause.
pub(super) fn facts(case: &Case<'_>) -> Verdict {
    let since = if case.hello_at().is_some() {
        "the ClientHello"
    } else {
        "the first packet"
    };
    let mut evidence = vec![format!(
        "{}, at stage {}",
        case.ending(since),
        case.talk.progress.stage()
    )];
    evidence.extend(stalled(case));
    evidence.extend(answered_others(case));
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

/// Where a handshake that nobody ended stands.
fn stalled(case: &Case<'_>) -> Option<String> {
    let talk = case.talk;
    if case.decision.how != EndedHow::Timeout {
        return None;
    }
    if let Some(side) = talk.awaited() {
        let side = ended_by(side);
        return Some(format!(
            "all that was said was acknowledged, and the {side} did not go on"
        ));
    }
    // Live, the kernel sends no pure acknowledgements once records are encrypted.
    let sides = &talk.progress.sides;
    let is_sealed = !(sides.client.protected.is_empty() && sides.server.protected.is_empty());
    let unacknowledged = if is_sealed {
        "no acknowledgement of it was seen"
    } else {
        "never acknowledged"
    };
    let sent = |side| talk.carrier.tcp().map(|tcp| tcp.seen[side].head);
    [Side::Client, Side::Server]
        .into_iter()
        .find_map(|side| Some((side, sent(side).filter(|head| !head.is_empty())?)))
        .map(|(side, head)| {
            format!(
                "a segment of the {} ({} bytes) was sent {} times and {unacknowledged}",
                ended_by(side),
                head.len(),
                head.sent()
            )
        })
}

/// The server refused the hello, and answers others that ask for the same.
fn answered_others(case: &Case<'_>) -> Option<String> {
    let own = case.refusal().map(|_| case.own_name())?;
    let what = match case.talk.progress.asked_name() {
        Some(name) => format!("for {name}"),
        None => "without server_name".to_owned(),
    };
    (own.answered > 0).then(|| {
        let many = counted(own.answered, "hello");
        format!("this endpoint answered {many} {what} {LATELY}: it is not the name")
    })
}
