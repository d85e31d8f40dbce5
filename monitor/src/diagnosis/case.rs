//! What a rule sees.

use std::sync::Arc;
use std::time::Duration;

use super::{Baseline, Tried};
use crate::flow::Side;
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Decision, SeenAlert};
use crate::report::{EndedBy, EndedHow, LegReport};
use crate::tls::{Chain, ClientHello, Staple, names};

/// One decided conversation, and what its endpoint did for others lately.
#[derive(Debug)]
pub struct Case<'a> {
    /// What was seen.
    pub talk: &'a Conversation,
    /// What became of it.
    pub decision: Decision,
    /// The server's certificates, where it sent them in the clear, and when.
    pub chain: Option<(Arc<Chain>, Timestamp)>,
    /// The OCSP response that was stapled to them.
    pub staple: Option<Staple>,
    /// The interfaces it passed under several addresses, the nearest to the client first; none where it is one.
    pub legs: Vec<LegReport>,
    /// What the endpoint did for others.
    pub baseline: &'a Baseline,
}

impl Case<'_> {
    /// The ClientHello.
    pub fn hello(&self) -> Option<&ClientHello> {
        self.talk
            .progress
            .client_hello
            .as_ref()
            .map(|(hello, _)| hello.as_ref())
    }

    /// When the last byte of the ClientHello came.
    pub fn hello_at(&self) -> Option<Timestamp> {
        self.talk.progress.client_hello.as_ref().map(|(_, at)| *at)
    }

    /// The server ended it after a ClientHello and before any ServerHello or HelloRetryRequest.
    pub fn refused_hello(&self) -> bool {
        let progress = &self.talk.progress;
        let answered = progress.server_hello.is_some() || progress.retried;
        let reached = !self.talk.carrier.is_only_opening();
        progress.client_hello.is_some()
            && reached
            && !answered
            && self.decision.by == EndedBy::Server
    }

    /// The alert that ended it.
    pub fn final_alert(&self) -> Option<SeenAlert> {
        let ended = self.decision.how == EndedHow::Alert;
        self.talk
            .progress
            .alerts
            .iter()
            .copied()
            .find(|alert| ended && alert.is_final())
    }

    /// How long after the ClientHello (else after the first packet) it ended.
    pub fn delay(&self) -> Duration {
        self.decision
            .at
            .since(self.hello_at().unwrap_or(self.talk.begun))
    }

    /// What the endpoint did with hellos that carried a name.
    pub fn with_sni(&self) -> Tried {
        self.baseline.with_sni(self.decision.at)
    }

    /// What the endpoint did with hellos that carried none.
    pub fn without_sni(&self) -> Tried {
        self.baseline.without_sni(self.decision.at)
    }

    /// How it ended, in words: `server RST 0.3 ms after`, `server alert unrecognized_name 1.2 ms after`.
    pub fn ending(&self) -> String {
        let by = self.decision.by;
        let delay = millis(self.delay());
        let [reset, close] = self.talk.carrier.words();
        match (self.decision.how, self.final_alert()) {
            (EndedHow::Reset, _) => format!("{by} {reset} {delay} after"),
            (EndedHow::Close, _) => {
                let error = self.talk.carrier.quic().and_then(|quic| quic.error);
                let named = error.map_or_else(String::new, |error| {
                    format!(" with error {}", error_name(error))
                });
                format!("{by} {close}{named} {delay} after")
            }
            (EndedHow::Alert, Some(alert)) => {
                format!("{by} alert {} {delay} after", alert_name(alert))
            }
            (EndedHow::Alert, None) => {
                format!("{by} record of an encrypted alert's size {delay} after")
            }
            (EndedHow::Timeout, _) => format!("no answer within {delay} of"),
            (EndedHow::None, _) => format!("not ended {delay} after"),
        }
    }

    /// Whether that side ended it by RST or FIN.
    pub fn hung_up(&self, side: Side) -> bool {
        let by = crate::handshake::ended_by(side);
        self.decision.by == by && matches!(self.decision.how, EndedHow::Reset | EndedHow::Close)
    }
}

/// The IANA name of an alert, else its number.
pub(super) fn alert_name(alert: SeenAlert) -> String {
    names::alert(alert.description).map_or_else(|| format!("{}", alert.description), str::to_owned)
}

/// The IANA name of a QUIC transport error, else its number.
pub(super) fn error_name(error: u64) -> String {
    names::quic_error(error).map_or_else(|| format!("{error:#x}"), str::to_owned)
}

/// A duration as people read it: `0.31 ms`, `12 ms`, `3.0 s`.
pub(crate) fn millis(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    match ms {
        ms if ms < 1.0 => format!("{ms:.2} ms"),
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}
