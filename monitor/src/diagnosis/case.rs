//! What a rule sees.

use std::sync::Arc;
use std::time::Duration;

use super::offer::Offer;
use super::refusal::{self, Refusal};
use super::{Baseline, Proofs, Tried};
use crate::flow::Side;
use crate::frame::Timestamp;
use crate::handshake::{Conversation, Decision, SeenAlert};
use crate::report::{EndedHow, LegReport};
use crate::tls::{Chain, ClientHello, ServerName, Staple, alert, names};

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
    /// How many more signatures may be checked; none where none may.
    pub proofs: Option<&'a Proofs>,
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

    /// How the server refused the hello; `None` where it did not.
    pub fn refusal(&self) -> Option<Refusal> {
        Refusal::of(self.talk, self.decision)
    }

    /// The server refused the hello in a way that fits parameters that it does not take: by alert handshake_failure; without
    /// a word, where hellos with this name (or without one) are answered, so that it is not for the name.
    pub(super) fn refused_for_parameters(&self) -> bool {
        match self.refusal() {
            Some(Refusal::Vague) => self
                .final_alert()
                .is_some_and(|last| last.description == alert::HANDSHAKE_FAILURE),
            Some(Refusal::Wordless) => self.own_name().answered > 0,
            _ => false,
        }
    }

    /// What the client offers, beside what its endpoint negotiated with others lately.
    pub(super) fn offer(&self) -> Option<Offer<'_>> {
        let name = self.talk.progress.asked_name().map(ServerName::as_bytes);
        Some(Offer {
            hello: self.hello()?,
            profile: self.baseline.profile(name, self.now()),
        })
    }

    /// Up to when the endpoint was watched: the decision, or later when a verdict is looked at again.
    pub fn now(&self) -> Timestamp {
        self.decision.at.max(self.baseline.last_use())
    }

    /// Whether nothing speaks against the endpoint's having been up when it was decided.
    pub fn was_up(&self) -> bool {
        self.baseline.was_up(self.decision.at)
    }

    /// The alert that ended it.
    pub fn final_alert(&self) -> Option<SeenAlert> {
        refusal::final_alert(self.talk, self.decision)
    }

    /// How long after the ClientHello (else after the first packet) it ended.
    pub fn delay(&self) -> Duration {
        self.decision
            .at
            .since(self.hello_at().unwrap_or(self.talk.begun))
    }

    /// What the endpoint did with hellos that carried a name.
    pub fn with_sni(&self) -> Tried {
        self.baseline.with_sni(self.now())
    }

    /// What the endpoint did with hellos that carried none.
    pub fn without_sni(&self) -> Tried {
        self.baseline.without_sni(self.now())
    }

    /// What the endpoint did with hellos for this name.
    pub fn named(&self, name: &[u8]) -> Tried {
        self.baseline.named(name, self.now())
    }

    /// What the endpoint did with hellos for the name that was asked for; with those that carried none, if none was.
    pub fn own_name(&self) -> Tried {
        match self.talk.progress.asked_name() {
            Some(name) => self.named(name.as_bytes()),
            None => self.without_sni(),
        }
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
    const MS: u128 = 1_000_000;
    const S: u128 = 1000 * MS;
    let nanos = duration.as_nanos();
    let (unit, scale, name) = match nanos {
        0..MS => (MS, 100, "ms"),
        MS..10_000_000 => (MS, 10, "ms"),
        10_000_000..S => (MS, 1, "ms"),
        _ => (S, 10, "s"),
    };
    // In integers: numbers with a point are slow to format.
    let count = (nanos * scale + unit / 2) / unit;
    let (whole, part) = (count / scale, count % scale);
    match scale {
        1 => format!("{whole} {name}"),
        10 => format!("{whole}.{part} {name}"),
        _ => format!("{whole}.{part:02} {name}"),
    }
}
