//! How one handshake is counted.

use std::hash::Hash;

use super::endpoints::{Budget, Endpoint};
use super::instruments::Instruments;
use super::labels::{self, FailureKey, NegotiatedKey, OTHER, Overflow};
use super::{State, certificate};
use crate::report::{AlertReport, CertificateReport, Handshake, Outcome, ServerHelloReport};

/// Counts this handshake, and those that the sampling left out in its place.
pub(super) fn handshake(handshake: &Handshake, state: &mut State, instruments: &Instruments) {
    let counted = Counted {
        handshake,
        weight: u64::from(handshake.capture.sample_rate.max(1)),
        instruments,
    };
    state.top.advance(handshake.time);
    let endpoint = counted.endpoint(state);
    counted.outcome(&endpoint);
    counted.hello(&endpoint);
    counted.durations(&endpoint);
    if let Some(seen) = &handshake.certificate {
        counted.certificate(seen, &endpoint, state);
    }
    for alert in &handshake.alerts {
        counted.alert(alert);
    }
    match &handshake.server_hello {
        Some(hello) if handshake.outcome == Outcome::Established => {
            counted.negotiated(hello, &endpoint, state);
        }
        _ => {}
    }
    if handshake.is_failure() {
        counted.failure(&endpoint, state);
    }
}

struct Counted<'a> {
    handshake: &'a Handshake,
    /// How many handshakes it stands for.
    weight: u64,
    instruments: &'a Instruments,
}

impl Counted<'_> {
    fn endpoint(&self, state: &mut State) -> Endpoint {
        let Handshake {
            server, direction, ..
        } = self.handshake;
        let known = state.endpoints.of(server, *direction);
        known.unwrap_or_else(|| self.overflow(Overflow::Endpoint))
    }

    /// The endpoint that takes what has no place elsewhere.
    fn overflow(&self, why: Overflow) -> Endpoint {
        self.instruments
            .label_overflow
            .with_label_values(&[why.label()])
            .inc_by(self.weight);
        Endpoint::other()
    }

    /// The endpoint, unless it has used up its label sets.
    fn place<K: Copy + Eq + Hash>(
        &self,
        endpoint: &Endpoint,
        set: K,
        budget: &mut Budget<K>,
        why: Overflow,
    ) -> Endpoint {
        if budget.admit(endpoint, set) {
            endpoint.clone()
        } else {
            self.overflow(why)
        }
    }

    /// Every outcome begins at zero with the endpoint's first handshake, for alerts on ratios.
    fn outcome(&self, endpoint: &Endpoint) {
        let direction = self.handshake.direction.label();
        for outcome in Outcome::ALL {
            let happened = *outcome == self.handshake.outcome;
            let labels = [&*endpoint.label, direction, outcome.label()];
            let counter = self.instruments.handshakes.with_label_values(&labels);
            counter.inc_by(if happened { self.weight } else { 0 });
        }
    }

    fn hello(&self, endpoint: &Endpoint) {
        if let Some(hello) = &self.handshake.client_hello {
            let labels = [&*endpoint.label, labels::sni(hello)];
            self.instruments
                .client_hellos
                .with_label_values(&labels)
                .inc_by(self.weight);
        }
    }

    fn durations(&self, endpoint: &Endpoint) {
        let timing = &self.handshake.timing_ms;
        let phases = [
            ("connect", timing.connect),
            ("server_hello", timing.server_hello),
            ("finished", timing.finished),
        ];
        for (phase, took) in phases {
            let Some(took) = took else { continue };
            let labels = [&*endpoint.label, phase];
            self.instruments
                .handshake_duration
                .with_label_values(&labels)
                .observe(took / 1000.0);
        }
    }

    fn alert(&self, alert: &AlertReport) {
        let level = labels::alert_level(alert.encrypted, alert.level);
        let description = labels::alert_description(alert);
        let labels = [alert.from.label(), level, &*description];
        self.instruments
            .alerts
            .with_label_values(&labels)
            .inc_by(self.weight);
    }

    /// There is no date that would hold for all the names without a label of their own: they are only counted.
    fn certificate(&self, seen: &CertificateReport, endpoint: &Endpoint, state: &mut State) {
        let (Some(name), Some(end)) = (certificate::name(seen), seen.not_after) else {
            return;
        };
        if endpoint.id == 0 || !state.certificates.admit(endpoint, certificate::key(&name)) {
            self.overflow(Overflow::Certificate);
            return;
        }
        self.instruments
            .certificate_not_after
            .with_label_values(&[&*endpoint.label, &*name])
            .set(end.0);
    }

    fn negotiated(&self, hello: &ServerHelloReport, endpoint: &Endpoint, state: &mut State) {
        let version = labels::version(hello.version);
        let set = NegotiatedKey {
            version,
            cipher_suite: hello.cipher_suite,
            group: hello.group,
        };
        let endpoint = self.place(endpoint, set, &mut state.negotiated, Overflow::Negotiated);
        let mut rest = [
            hello.cipher_suite_name.unwrap_or(OTHER),
            labels::group(hello.group),
        ];
        if endpoint.id == 0 && !state.negotiated.admit(&endpoint, set) {
            rest = [OTHER; 2];
        }
        let [suite, group] = rest;
        let labels = [&*endpoint.label, version, suite, group];
        self.instruments
            .negotiated
            .with_label_values(&labels)
            .inc_by(self.weight);
    }

    fn failure(&self, endpoint: &Endpoint, state: &mut State) {
        let Handshake {
            direction,
            stage,
            ended,
            ..
        } = *self.handshake;
        let cause = self.handshake.cause_or_unexplained();
        let set = FailureKey {
            direction,
            cause,
            stage,
            ended_by: ended.by,
            ended_how: ended.how,
        };
        let endpoint = self.place(endpoint, set, &mut state.failures, Overflow::Failure);
        let mut rest = [stage.label(), ended.by.label(), ended.how.label()];
        if endpoint.id == 0 && !state.failures.admit(&endpoint, set) {
            rest = [OTHER; 3];
        }
        let [reached, by, how] = rest;
        let labels = [
            &*endpoint.label,
            direction.label(),
            cause.label(),
            reached,
            by,
            how,
        ];
        self.instruments
            .handshake_failures
            .with_label_values(&labels)
            .inc_by(self.weight);
        if let Some(delay) = ended.after_ms {
            self.instruments
                .failure_delay
                .with_label_values(&[cause.label()])
                .observe(delay / 1000.0);
        }
        state.top.add(self.handshake, self.weight);
    }
}
