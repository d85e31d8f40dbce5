//! What a rule sees.

use std::borrow::Cow;
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

    /// How it ended, in words: `server RST 0.3 ms after the ClientHello`, where that is what it is measured from.
    pub fn ending(&self, since: &str) -> String {
        let delay = millis(self.delay());
        let [reset, close] = self.talk.carrier.words();
        let error = self.talk.carrier.quic().and_then(|quic| quic.error);
        let what: Cow<'_, str> = match (self.decision.how, self.final_alert(), error) {
            (EndedHow::Reset, _, _) => reset.into(),
            (EndedHow::Close, _, None) => close.into(),
            (EndedHow::Close, _, Some(error)) => {
                [close, " with error ", &error_name(error)].concat().into()
            }
            (EndedHow::Alert, Some(alert), _) => ["alert ", &alert_name(alert)].concat().into(),
            (EndedHow::Alert, None, _) => "record of an encrypted alert's size".into(),
            (EndedHow::Timeout, _, _) => {
                return ["no answer within ", &delay, " of ", since].concat();
            }
            (EndedHow::None, _, _) => return ["not ended ", &delay, " after ", since].concat(),
        };
        let by = self.decision.by.label();
        [by, " ", &what, " ", &delay, " after ", since].concat()
    }

    /// Whether that side ended it by RST or FIN.
    pub fn hung_up(&self, side: Side) -> bool {
        let by = crate::handshake::ended_by(side);
        self.decision.by == by && matches!(self.decision.how, EndedHow::Reset | EndedHow::Close)
    }
}

/// The IANA name of an alert, else its number.
pub(super) fn alert_name(alert: SeenAlert) -> Cow<'static, str> {
    let number = || alert.description.to_string().into();
    names::alert(alert.description).map_or_else(number, Cow::Borrowed)
}

/// The IANA name of a QUIC transport error, else its number.
pub(super) fn error_name(error: u64) -> Cow<'static, str> {
    names::quic_error(error).map_or_else(|| format!("{error:#x}").into(), Cow::Borrowed)
}

/// A duration as people read it: `0.31 ms`, `12 ms`, `3.0 s`.
pub(crate) fn millis(duration: Duration) -> String {
    const MS: u64 = 1_000_000;
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let (parts, step, unit) = match nanos {
        0..MS => (100, MS / 100, " ms"),
        MS..10_000_000 => (10, MS / 10, " ms"),
        10_000_000..1_000_000_000 => (1, MS, " ms"),
        _ => (10, 100 * MS, " s"),
    };
    // In integers, and by hand: numbers with a point are slow to format.
    let count = nanos.saturating_add(step / 2) / step;
    let mut digits = itoa::Buffer::new();
    let mut shown = String::with_capacity(16);
    shown.push_str(digits.format(count / parts));
    if parts > 1 {
        // The one in front keeps the zeros behind it.
        let one_and_part = digits.format(parts + count % parts);
        shown.push('.');
        shown.push_str(one_and_part.get(1..).unwrap_or_default());
    }
    shown.push_str(unit);
    shown
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "0.00 ms")]
    #[case(54_999, "0.05 ms")]
    #[case(55_000, "0.06 ms")]
    #[case(999_999, "1.00 ms")]
    #[case(1_049_999, "1.0 ms")]
    #[case(9_960_000, "10.0 ms")]
    #[case(117_500_000, "118 ms")]
    #[case(3_000_000_000, "3.0 s")]
    #[case(u64::MAX, "18446744073.7 s")]
    fn a_duration_shows_the_digits_that_matter(#[case] nanos: u64, #[case] shown: &str) {
        assert_eq!(millis(Duration::from_nanos(nanos)), shown);
    }
}
