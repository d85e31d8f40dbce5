//! The cause that lies in an endpoint as a whole: it refuses everybody.

use super::baseline::Refusals;
use super::refusal::Refusal;
use super::words::{LATELY, counted};
use super::{Case, Verdict};
use crate::report::{Cause, Confidence};
use crate::tls::alert::HANDSHAKE_FAILURE;

/// The endpoint answers nobody any more: hellos with different names, or with names and without, are refused without saying
/// why, and none was answered since the first of them.
///
/// 1. Five refusals or more, of three different names or more (no name counts as one more), of two clients or more or of
///    names that were answered shortly before: likely.
/// 2. Three refusals or more, of three different names or more: possible.
///
/// A single refusal never says so, and it is never certain: a load balancer without a backend does the same. What is no more
/// than possible does not stand against an alert that has a name of its own, such as internal_error.
pub(super) fn without_certificate(case: &Case<'_>) -> Option<Verdict> {
    let run = case.baseline.refusals();
    let is_one = case.refusal().is_some_and(Refusal::is_mute);
    let within = run.since <= case.decision.at;
    let (count, variety) = (run.count, run.variety());
    if !is_one || !within || count < Refusals::FEW || variety < Refusals::VARIOUS {
        return None;
    }
    let spread = run.clients() > 1 || run.served;
    let confidence = if count >= Refusals::MANY && spread {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    if confidence == Confidence::Possible && says_something(case) {
        return None;
    }
    let evidence = case.ending("the ClientHello");
    let refused = format!(
        "this endpoint refused all {} since {}: {}, {} without a name, of {}",
        counted(count, "hello"),
        run.since,
        counted(run.names(), "name"),
        run.nameless,
        counted(run.clients(), "client"),
    );
    let verdict =
        Verdict::new(Cause::EndpointWithoutCertificate, confidence, evidence).and(refused);
    Some(verdict.and(before(case)))
}

/// The refusal has an alert, or an error of QUIC, other than handshake_failure.
fn says_something(case: &Case<'_>) -> bool {
    let alert = case.final_alert().map(|last| last.description);
    let failure = alert == Some(HANDSHAKE_FAILURE);
    case.refusal() == Some(Refusal::Vague) && !failure
}

/// What it did before.
fn before(case: &Case<'_>) -> String {
    let now = case.now();
    let (with, without) = (case.baseline.with_sni(now), case.baseline.without_sni(now));
    match with.answered.saturating_add(without.answered) {
        0 => format!("it answered nobody {LATELY}"),
        answered => format!(
            "before, it answered {} {LATELY}",
            counted(answered, "hello")
        ),
    }
}
