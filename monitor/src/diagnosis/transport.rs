//! Causes that TCP alone shows: nobody there, nobody answers, somebody leaves.

use super::case::millis;
use super::{Case, Verdict};
use crate::flow::{Refused, Side};
use crate::handshake::PATIENCE;
use crate::report::{Cause, Confidence, EndedHow, Stage};
use crate::wire::Unreached;

/// The SYN was answered by RST; it, or QUIC's first packet, by ICMP.
pub(super) fn connection_refused(case: &Case<'_>) -> Option<Verdict> {
    let carrier = &case.talk.carrier;
    if !carrier.is_only_opening() {
        return None;
    }
    let evidence = match carrier.unreachable() {
        Some(refused) => unreachable(case, refused),
        None if case.hung_up(Side::Server) => {
            let delay = millis(case.delay());
            format!("server RST {delay} after the SYN: nothing listens on that port")
        }
        None => return None,
    };
    let (why, sure) = (Cause::ConnectionRefused, Confidence::Certain);
    Some(Verdict::new(why, sure, evidence))
}

/// Which ICMP message, from whom, and what it means.
fn unreachable(case: &Case<'_>, refused: &Refused) -> String {
    let talk = case.talk;
    let meaning = match (refused.why, talk.carrier.quic()) {
        (Unreached::Port, Some(_)) => "nothing listens on that UDP port",
        (Unreached::Port, None) => {
            "a firewall rejects it, or a Service without endpoints: a host where nothing listens answers RST"
        }
        (Unreached::Prohibited, _) => "a firewall rejects it",
        (Unreached::Protocol, _) => "that host does not speak the protocol",
        (Unreached::Host, _) => "the last router does not find the host",
        (Unreached::Network, _) => "a router knows no way there",
    };
    let opening = talk.carrier.tcp().map_or("first packet", |_| "SYN");
    let (label, by) = (refused.why.label(), refused.by);
    let delay = millis(refused.at.since(talk.begun));
    format!("ICMP {label} from {by} {delay} after the {opening}: {meaning}")
}

/// The SYN was not answered at all. A client that sent it again has had no answer; one that did not may have had one that
/// passed elsewhere.
pub(super) fn connection_timeout(case: &Case<'_>) -> Option<Verdict> {
    let tcp = case.talk.carrier.tcp()?;
    if !tcp.is_only_opening() || case.decision.how != EndedHow::Timeout {
        return None;
    }
    let confidence = if tcp.syns > 1 {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let waited = millis(case.delay());
    let evidence = format!("{} SYN sent, none answered within {waited}", tcp.syns);
    Some(Verdict::new(Cause::ConnectionTimeout, confidence, evidence))
}

/// It was the server's turn: it had acknowledged all that the client said, and nothing came back, until time was up or the
/// client had waited long enough.
pub(super) fn server_silent(case: &Case<'_>) -> Option<Verdict> {
    let talk = case.talk;
    if talk.awaited() != Some(Side::Server) || talk.progress.client_hello.is_none() {
        return None;
    }
    let what = match talk.progress.stage() {
        Stage::ClientHello => "the ClientHello was acknowledged".to_owned(),
        stage => format!("all that was sent was acknowledged, up to stage {stage}"),
    };
    let quiet = case.decision.at.since(talk.last_moved()?);
    let waited = millis(quiet);
    if case.decision.how == EndedHow::Timeout {
        let evidence = format!("{what}, and no byte came back within {waited}");
        return Some(Verdict::new(
            Cause::ServerSilent,
            Confidence::Certain,
            evidence,
        ));
    }
    (case.hung_up(Side::Client) && quiet >= PATIENCE).then(|| {
        let evidence = format!("{what}, no byte came back, and the client gave up after {waited}");
        Verdict::new(Cause::ServerSilent, Confidence::Likely, evidence)
    })
}

/// The client left before the server had said anything, and had not waited for long. What the server said afterwards, if
/// it did, the client had not waited for.
pub(super) fn client_abandoned(case: &Case<'_>) -> Option<Verdict> {
    let talk = case.talk;
    let unanswered = talk.streams.server.bytes() == 0 || talk.carrier.left_early();
    if !unanswered
        || !talk.has_seen(Side::Server)
        || talk.is_cleartext()
        || talk.streams.client.bytes() == 0
        || !case.hung_up(Side::Client)
    {
        return None;
    }
    let evidence = case.ending(match talk.progress.stage() {
        Stage::Connect => "part of a ClientHello, before the server had answered",
        _ => "the ClientHello, before the server had answered",
    });
    Some(Verdict::new(
        Cause::ClientAbandoned,
        Confidence::Certain,
        evidence,
    ))
}
