//! Causes that lie on the path between the two: packets that are too large for it, resets that neither of them sent.

use super::case::millis;
use super::{Case, Verdict};
use crate::flow::Foreign;
use crate::handshake::{BEYOND_CHANCE, Behind, PATIENCE, Shown, Vanished, ended_by};
use crate::report::{Cause, Confidence, EndedBy, EndedHow};

/// Large segments of one side vanish on the way while small ones pass. The first rule that applies:
///
/// 1. A large segment was sent six times or more and never acknowledged, and a small one behind it arrived: certain; sent
///    three times, or four and of several behind it some arrived: likely.
/// 2. It was sent four times or more, and nothing behind it tells whether small ones still pass: possible.
/// 3. The capture is where the receiver is: a small segment arrived, the large ones before it never did, and the receiver
///    asked for them for a second or longer: likely.
pub(super) fn mtu_blackhole(case: &Case<'_>) -> Option<Verdict> {
    let vanished = case.talk.vanished()?;
    let (confidence, evidence) = match vanished.shown {
        Shown::Sent { times, behind } => (
            match (behind, times) {
                (Behind::Small, BEYOND_CHANCE..) => Confidence::Certain,
                (Behind::Small | Behind::Some, _) => Confidence::Likely,
                (Behind::Nothing, _) => Confidence::Possible,
            },
            sent(&vanished, times, behind),
        ),
        Shown::NeverCame { since } => {
            let waited = case.decision.at.since(since);
            if waited < PATIENCE {
                return None;
            }
            let [from, to] = names(&vanished);
            let evidence = vec![format!(
                "{} bytes of the {from} never arrived, though a smaller segment behind them did and the {to} asked for them, for {}",
                vanished.bytes,
                millis(waited)
            )];
            (Confidence::Likely, evidence)
        }
    };
    Some(Verdict {
        cause: Cause::PathMtuBlackhole,
        confidence: Some(confidence),
        evidence,
    })
}

fn sent(vanished: &Vanished, times: u16, behind: Behind) -> Vec<String> {
    let [from, to] = names(vanished);
    let sent = format!(
        "a segment of {} bytes of the {from} was sent {times} times and never acknowledged",
        vanished.bytes
    );
    let small = match behind {
        Behind::Small => format!(
            "the smaller segment behind it arrived: the {to} asked for what is missing"
        ),
        Behind::Some => format!(
            "some of what was sent behind it arrived: the {to} asked for what is missing"
        ),
        Behind::Nothing => "smaller ones passed before it; a path that drops all of the connection's packets from then on looks the same".to_owned(),
    };
    vec![sent, small]
}

fn names(vanished: &Vanished) -> [&'static str; 2] {
    [vanished.from, vanished.from.other()].map(|side| ended_by(side).label())
}

/// A reset that does not look like the packets of whom it claims to come from: by its hop limit and by another sign.
pub(super) fn reset_in_transit(case: &Case<'_>) -> Option<Verdict> {
    let foreign = case
        .talk
        .foreign_reset()
        .filter(|foreign| foreign.is_sure())?;
    let is_nobodys = case.decision.by == EndedBy::Network && case.decision.how == EndedHow::Reset;
    is_nobodys.then(|| odd_reset(case, foreign, Confidence::Likely))
}

/// The same by its hop limit alone. Asked last: what else explains a reset explains it better.
pub(super) fn reset_from_elsewhere(case: &Case<'_>) -> Option<Verdict> {
    let foreign = case.talk.foreign_reset()?;
    let is_reset = case.decision.how == EndedHow::Reset;
    is_reset.then(|| odd_reset(case, foreign, Confidence::Possible))
}

fn odd_reset(case: &Case<'_>, foreign: Foreign, confidence: Confidence) -> Verdict {
    let [usual, own] = foreign.hop_limits;
    let from = case.talk.carrier.end().map(|end| ended_by(end.by));
    let from = from.map_or("sender", EndedBy::label);
    let evidence = format!(
        "the RST came with hop limit {own}, all other packets of the {from} with {usual}: it came another way"
    );
    let signs = [
        (
            foreign.made_here,
            "it was made on this host, the others came from elsewhere",
        ),
        (
            foreign.odd_id,
            "its IP identification is none of that side's",
        ),
        (
            foreign.odd_place,
            "its sequence number is behind all that side has sent",
        ),
    ];
    let signs = signs.into_iter().filter(|(is_so, _)| *is_so);
    let verdict = Verdict::new(Cause::ResetInTransit, confidence, evidence);
    signs.fold(verdict, |verdict, (_, sign)| verdict.and(sign))
}

/// A reset that was seen on one interface, and not on the one that is nearer to whom it claims to come from: likely, for the
/// capture may have lost it there.
pub(super) fn reset_between_legs(case: &Case<'_>) -> Option<Verdict> {
    let is_nobodys = case.decision.by == EndedBy::Network && case.decision.how == EndedHow::Reset;
    let open = case.legs.iter().find(|leg| leg.ended.is_none())?;
    let seen = case.legs.iter().find(|leg| leg.ended.is_some())?;
    is_nobodys.then(|| {
        let evidence = format!(
            "an RST was seen on {}, and none on {}, which is nearer to whom it claims to come from: something between the two made it",
            seen.interface, open.interface
        );
        Verdict::new(Cause::ResetInTransit, Confidence::Likely, evidence)
            .and(case.ending("the ClientHello"))
    })
}
