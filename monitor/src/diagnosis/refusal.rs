//! How a server refuses a ClientHello.

use crate::handshake::{Conversation, Decision, SeenAlert};
use crate::report::{EndedBy, EndedHow, Outcome};
use crate::tls::alert;

/// How a server refuses a ClientHello, before any ServerHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// By saying that it does not know the name.
    Named,
    /// By RST or FIN, or close_notify.
    Wordless,
    /// By an alert, or an error of QUIC, that servers send for several reasons.
    Vague,
    /// By an alert, or an error of QUIC, that has a meaning of its own.
    Telling,
}

impl Refusal {
    /// How the server refused; `None` where it did not. A client that leaves is nobody's refusal, nor is what becomes of a
    /// hello that only asks.
    pub fn of(talk: &Conversation, decision: Decision) -> Option<Self> {
        if !refuses_hello(talk, decision) {
            return None;
        }
        if matches!(decision.how, EndedHow::Reset | EndedHow::Close) {
            return Some(Self::without_alert(talk));
        }
        Some(match final_alert(talk, decision)?.description {
            alert::UNRECOGNIZED_NAME => Self::Named,
            alert::CLOSE_NOTIFY => Self::Wordless,
            alert::ACCESS_DENIED
            | alert::HANDSHAKE_FAILURE
            | alert::INTERNAL_ERROR
            | alert::GENERAL_ERROR => Self::Vague,
            _ => Self::Telling,
        })
    }

    /// Over QUIC a close has an error code (RFC 9000 section 20.1). Nothing is said by none, NO_ERROR, or APPLICATION_ERROR;
    /// Envoy sends INTERNAL_ERROR where it has no filter chain for the name.
    fn without_alert(talk: &Conversation) -> Self {
        match talk.carrier.quic().and_then(|quic| quic.error) {
            None | Some(0x00 | 0x0c) => Self::Wordless,
            Some(0x01) => Self::Vague,
            Some(_) => Self::Telling,
        }
    }

    /// It does not say why.
    pub const fn is_mute(self) -> bool {
        matches!(self, Self::Wordless | Self::Vague)
    }
}

/// The server ended it after a ClientHello and before any ServerHello or HelloRetryRequest.
fn refuses_hello(talk: &Conversation, decision: Decision) -> bool {
    let progress = &talk.progress;
    let answered = progress.server_hello.is_some() || progress.retried;
    let reached = !talk.carrier.is_only_opening();
    progress.client_hello.is_some()
        && reached
        && !answered
        && !progress.sides.server.not_tls
        && decision.by == EndedBy::Server
        && decision.outcome == Outcome::Failed
}

/// The alert that ended it.
pub(super) fn final_alert(talk: &Conversation, decision: Decision) -> Option<SeenAlert> {
    let ended = decision.how == EndedHow::Alert;
    let mut alerts = talk.progress.alerts.iter().copied();
    alerts.find(|alert| ended && alert.is_final())
}
