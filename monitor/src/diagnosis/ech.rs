//! Encrypted Client Hello.

use super::case::millis;
use super::words::counted;
use super::{Baseline, Case, Verdict, alert};
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Doubt};
use crate::report::{Cause, Confidence, EndedBy, EndedHow};
use crate::tls::ServerName;
use crate::tls::alert::ECH_REQUIRED;

/// The client insists on Encrypted Client Hello and the server did not take it. The first rule that applies:
///
/// 1. Alert ech_required (RFC 9849 section 6.1.6) in the clear: certain. Few clients send it so.
/// 2. The client said goodbye in one go with its Finished, an alert that is encrypted, and the last handshakes for this name
///    that went on had another key: likely. A client that only looks whether the server is there, with a hello that looks like
///    Encrypted Client Hello (GREASE), would do the same.
pub(super) fn rejected(case: &Case<'_>) -> Option<Verdict> {
    let Some(last) = case.final_alert() else {
        return left(case);
    };
    (last.description == ECH_REQUIRED).then(|| {
        let evidence = alert::sentence(case, last);
        Verdict::new(Cause::EchRejected, Confidence::Certain, evidence)
    })
}

/// What is to be said against a handshake that was completed: its key is not the one that others use.
pub fn old_key(baseline: &Baseline, talk: &Conversation) -> Doubt {
    let moved = talk.last_moved().unwrap_or(talk.begun);
    let now = moved.max(baseline.last_use());
    match keys(baseline, talk, now) {
        Some(_) => Doubt::OldKey,
        None => Doubt::None,
    }
}

fn left(case: &Case<'_>) -> Option<Verdict> {
    let talk = case.talk;
    let refused = case.decision.by == EndedBy::Client && case.decision.how == EndedHow::Alert;
    let farewell = talk.progress.farewell.as_ref().filter(|_| refused)?;
    let behind = farewell.behind.filter(|_| farewell.is_at_once())?;
    let Keys { own, used, times } = keys(case.baseline, talk, case.now())?;
    let name = talk.progress.asked_name()?;
    let (len, behind) = (farewell.len, millis(behind));
    let evidence = format!(
        "the client offered Encrypted Client Hello with key {own} for {name}, and left by a {len}-byte record, an alert's size, {behind} behind its Finished"
    );
    let many = counted(times, "handshake");
    let others = format!("the last {many} for that name that went on had key {used}");
    Some(Verdict::new(Cause::EchRejected, Confidence::Likely, evidence).and(others))
}

/// The key that the client names, the one that the last handshakes had, and how many of them.
struct Keys {
    own: u8,
    used: u8,
    times: u8,
}

fn keys(baseline: &Baseline, talk: &Conversation, now: Timestamp) -> Option<Keys> {
    let own = talk.progress.offered_key()?;
    let name = talk.progress.asked_name().map(ServerName::as_bytes)?;
    let (used, times) = baseline.key_in_place_of(name, own, now)?;
    Some(Keys { own, used, times })
}
