//! When a handshake is decided, and as what.

use super::conversation::Conversation;
use super::deadlines::PATIENCE;
use super::progress::SeenAlert;
use super::vanished::{BEYOND_CHANCE, Shown};
use super::{Doubt, doubt, farewell};
use crate::flow::{End, Ending, Side, Sides};
use crate::frame::Timestamp;
use crate::report::{EndedBy, EndedHow, Outcome};
use crate::tls::alert::CLOSE_NOTIFY;

/// What made us look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A packet of this conversation.
    Packet,
    /// Its deadline has passed.
    Deadline,
    /// The capture is over.
    CaptureEnd,
}

/// What became of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What became of it.
    pub outcome: Outcome,
    /// Who ended it.
    pub by: EndedBy,
    /// How.
    pub how: EndedHow,
    /// When it was decided.
    pub at: Timestamp,
}

impl Decision {
    /// The handshake completed.
    pub fn is_established(self) -> bool {
        self.outcome == Outcome::Established
    }
}

/// Decides a handshake as soon as what was seen decides it. The first rule that applies:
///
/// 1. Both sides finished (TLS 1.3: and the server went on after the client's Finished): see [`doubt::completed`].
/// 2. A fatal alert, or a close_notify, answers or follows a ClientHello: failed, by whoever sent it.
/// 3. The server answers a ClientHello in cleartext, or answers cleartext: failed, or not TLS.
/// 4. One side ended the TCP connection: see [`by_end`]. A client that closed its side before the server had answered may
///    still listen, so the server's last word is waited for.
/// 5. Time is up: see [`by_silence`].
/// 6. The capture is over: incomplete, unless a client has knocked in vain often enough.
///
/// One that was completed with a key of Encrypted Client Hello that is out of use: see [`farewell::behind_old_key`].
#[inline]
pub fn decide(talk: &Conversation, trigger: Trigger, now: Timestamp) -> Option<Decision> {
    if trigger == Trigger::Packet && !is_eventful(talk) {
        return None;
    }
    decide_whatever(talk, trigger, now)
}

/// Whether something was seen that a packet can decide it by. Of nearly all packets there is nothing.
#[inline]
fn is_eventful(talk: &Conversation) -> bool {
    let Sides { client, server } = &talk.progress.sides;
    client.not_tls
        || server.not_tls
        || !talk.progress.alerts.is_empty()
        || talk.carrier.end().is_some()
        || talk.progress.is_established()
}

fn decide_whatever(talk: &Conversation, trigger: Trigger, now: Timestamp) -> Option<Decision> {
    let decision = decide_by_rules(talk, trigger, now)?;
    if talk.doubt == Doubt::OldKey && decision.is_established() {
        return farewell::behind_old_key(talk, trigger, decision);
    }
    Some(decision)
}

fn decide_by_rules(talk: &Conversation, trigger: Trigger, now: Timestamp) -> Option<Decision> {
    if talk.progress.is_established() {
        return doubt::completed(talk, trigger, now);
    }
    by_alert(talk)
        .or_else(|| by_cleartext(talk, trigger, now))
        .or_else(|| ended_by_now(talk, trigger).map(|end| by_end(talk, end)))
        .or_else(|| match trigger {
            Trigger::Packet => None,
            Trigger::Deadline => Some(by_silence(talk, now)),
            Trigger::CaptureEnd => Some(by_capture_end(talk, now)),
        })
}

fn by_alert(talk: &Conversation) -> Option<Decision> {
    let mut alerts = talk.progress.alerts.iter();
    let alert = alerts.find(|alert| alert.is_final() && !answers_close(talk, alert))?;
    let spoken = talk.streams.client.bytes() > 0 || talk.joined_late;
    spoken.then(|| Decision {
        outcome: Outcome::Failed,
        by: ended_by(alert.from),
        how: EndedHow::Alert,
        at: alert.at,
    })
}

/// An alert that need not be about the hello: the client had closed its side before, and the server had taken the hello
/// (it sent ServerHello), or says no more than that it closes too.
fn answers_close(talk: &Conversation, alert: &SeenAlert) -> bool {
    let taken = talk.progress.server_hello.is_some() || alert.description == CLOSE_NOTIFY;
    talk.carrier.left_early() && alert.from == Side::Server && taken
}

/// The end of the connection, unless the server may still say something that tells more.
fn ended_by_now(talk: &Conversation, trigger: Trigger) -> Option<End> {
    let waits = trigger == Trigger::Packet && talk.awaits_last_word();
    talk.carrier.end().filter(|_| !waits)
}

/// The server answered in cleartext, or answered cleartext. First bytes that may still turn out to be a protocol that is
/// known are waited for.
fn by_cleartext(talk: &Conversation, trigger: Trigger, now: Timestamp) -> Option<Decision> {
    let over = ended_by_now(talk, trigger).is_some() || trigger != Trigger::Packet;
    let told = |side: Side| over || talk.first_bytes[side].is_settled();
    if talk.progress.sides.client.not_tls {
        let answered = talk.streams.server.bytes() > 0 && told(Side::Client);
        return (answered && !over).then(|| undecided(Outcome::NotTls, now));
    }
    let answered = talk.progress.client_hello.is_some() && talk.progress.sides.server.not_tls;
    (answered && told(Side::Server)).then(|| Decision {
        outcome: Outcome::Failed,
        by: EndedBy::Server,
        how: match talk.carrier.end() {
            Some(end) if end.by == Side::Server => ended_how(end),
            _ => EndedHow::None,
        },
        at: now,
    })
}

/// One side ended the connection before the handshake was established. The first rule that applies:
///
/// 1. The client's bytes are not TLS, or a dialogue that has not led to it: not TLS. A proxy's header alone, before the client
///    left by itself: a probe.
/// 2. Only one direction was captured, or bytes are missing: incomplete. A server's RST in answer to a SYN needs no more.
/// 3. The client sent nothing: see [`wordless`]. What arrived of it behind a hole is something.
/// 4. The client sent a record of an alert's size in place of its Finished (TLS 1.3): failed, by its alert, as inferred.
/// 5. The client sent Finished (TLS 1.3) and left by itself, or said goodbye before the server did: established; it had all
///    it needed to refuse. But failed when it had answered a CertificateRequest, said no goodbye, and the server's answer has
///    an alert's size.
/// 6. The last thing one side sent before it left is a record of an alert's size: failed, by an alert, as inferred.
/// 7. Else failed.
///
/// A reset that surely comes from neither side is the network's, and so is an ICMP message that is not from the server's address.
fn by_end(talk: &Conversation, end: End) -> Decision {
    let decision = |outcome, how| Decision {
        outcome,
        by: ended_by_whom(talk, end),
        how,
        at: end.at,
    };
    let refused = end.by == Side::Server && talk.carrier.is_only_opening();
    let said_goodbye = talk.progress.farewell.is_some();
    let client_finished = talk.progress.sides.client.finished.is_some() && talk.is_tls13();
    match () {
        () if talk.preamble.is_header_alone() && end.by == Side::Client => {
            decision(Outcome::Probe, ended_how(end))
        }
        () if talk.is_cleartext() => decision(Outcome::NotTls, ended_how(end)),
        () if is_blind(talk) && !refused => decision(Outcome::Incomplete, ended_how(end)),
        () if !talk.client_spoke() => decision(wordless(talk, end), ended_how(end)),
        () if talk.progress.client_refuses() => refused_by(Side::Client, end.at),
        () if client_finished && (end.by == Side::Client || said_goodbye) => {
            if talk.progress.server_refuses() {
                return refused_by(Side::Server, end.at);
            }
            decision(Outcome::Established, ended_how(end))
        }
        () if encrypted_alert(talk, end.by) => decision(Outcome::Failed, EndedHow::Alert),
        () => decision(Outcome::Failed, ended_how(end)),
    }
}

/// The connection ended and the client had sent nothing. A client that opens and closes is a probe, and so is one that
/// idles until the server has had enough; a server that hangs up at once is a failure, and so is a SYN that is refused.
fn wordless(talk: &Conversation, end: End) -> Outcome {
    let opened = talk.carrier.opened().unwrap_or(talk.begun);
    let at_once = end.at.since(opened) < PATIENCE;
    match (end.by, end.how) {
        (Side::Server, Ending::Reset) if at_once || talk.carrier.is_only_opening() => {
            Outcome::Failed
        }
        _ => Outcome::Probe,
    }
}

/// Nothing more came in time. The first rule that applies:
///
/// 1. The client's bytes are not TLS, or a dialogue that has not led to it: not TLS.
/// 2. The client sent Finished (TLS 1.3), and the server did not object: established.
/// 3. No SYN was answered: failed. The server does not speak the client's version of QUIC: failed, by the server.
/// 4. Only one direction was captured, or bytes are missing: incomplete.
/// 5. Large segments vanish on the way: failed, by the network.
/// 6. The client sent nothing: a probe.
/// 7. The client sent a record of an alert's size in place of its Finished (TLS 1.3): failed, by its alert, as inferred.
/// 8. Else failed, by the side whose turn it was; where its peer did not even acknowledge what was said, nobody knows by whom.
fn by_silence(talk: &Conversation, now: Timestamp) -> Decision {
    let failed = |by| Decision {
        outcome: Outcome::Failed,
        by,
        how: EndedHow::Timeout,
        at: now,
    };
    match () {
        () if talk.is_cleartext() => undecided(Outcome::NotTls, now),
        () if talk.progress.sides.client.finished.is_some() && talk.is_tls13() => {
            undecided(Outcome::Established, now)
        }
        () if !talk.has_seen(Side::Server) && talk.carrier.is_only_opening() => {
            failed(EndedBy::Unknown)
        }
        () if talk.carrier.negotiated_away().is_some() => Decision {
            how: EndedHow::Close,
            ..failed(EndedBy::Server)
        },
        () if is_blind(talk) => undecided(Outcome::Incomplete, now),
        () if talk.vanished().is_some() => failed(EndedBy::Network),
        () if !talk.client_spoke() => undecided(Outcome::Probe, now),
        () if talk.progress.client_refuses() => refused_by(Side::Client, now),
        () => failed(talk.awaited().map_or(EndedBy::Unknown, ended_by)),
    }
}

/// The capture is over and the handshake is not decided. A client that sends its SYN again and again has no answer, and a
/// large segment that is sent again and again does not arrive, though the capture did not wait for as long as we would have.
fn by_capture_end(talk: &Conversation, now: Timestamp) -> Decision {
    const IN_VAIN: u32 = 3;
    let unanswered = talk.carrier.is_only_opening() && !talk.has_seen(Side::Server);
    let vanishes = matches!(
        talk.vanished().map(|vanished| vanished.shown),
        Some(Shown::Sent { times, .. }) if times >= BEYOND_CHANCE
    );
    if vanishes || (unanswered && talk.knocks() >= IN_VAIN) {
        return by_silence(talk, now);
    }
    undecided(Outcome::Incomplete, now)
}

/// Whether too little was captured to say how it ended.
fn is_blind(talk: &Conversation) -> bool {
    let one_sided = !talk.has_seen(Side::Server) || !talk.has_seen(Side::Client);
    let joined_within = talk.joined_late && talk.progress.client_hello.is_none();
    one_sided
        || joined_within
        || talk.lacks_hello()
        || [Side::Client, Side::Server]
            .into_iter()
            .any(|side| talk.gap(side).is_some() && !talk.is_missing_at_peer(side))
}

/// By an alert that is encrypted.
const fn refused_by(side: Side, at: Timestamp) -> Decision {
    Decision {
        outcome: Outcome::Failed,
        by: ended_by(side),
        how: EndedHow::Alert,
        at,
    }
}

fn encrypted_alert(talk: &Conversation, by: Side) -> bool {
    talk.progress.sides[by].maybe_alert.is_some()
}

pub(super) const fn undecided(outcome: Outcome, at: Timestamp) -> Decision {
    Decision {
        outcome,
        by: EndedBy::Unknown,
        how: EndedHow::None,
        at,
    }
}

fn ended_by_whom(talk: &Conversation, end: End) -> EndedBy {
    match talk.foreign_reset() {
        Some(foreign) if foreign.is_sure() => EndedBy::Network,
        _ if is_refused_on_the_way(talk) => EndedBy::Network,
        _ => ended_by(end.by),
    }
}

fn is_refused_on_the_way(talk: &Conversation) -> bool {
    let refused = talk.carrier.unreachable();
    refused.is_some_and(|refused| refused.by != talk.endpoints.server.address)
}

/// The report's word for a side.
pub const fn ended_by(side: Side) -> EndedBy {
    match side {
        Side::Client => EndedBy::Client,
        Side::Server => EndedBy::Server,
    }
}

pub(super) const fn ended_how(end: End) -> EndedHow {
    match end.how {
        Ending::Close => EndedHow::Close,
        Ending::Reset => EndedHow::Reset,
    }
}
