//! Who fails most, lately.

use std::borrow::Cow;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;
use prometheus::IntGaugeVec;

use super::labels;
use crate::frame::Timestamp;
use crate::report::{Cause, Handshake};
use crate::sink::topk::{TopK, most_frequent};
use crate::tls::fingerprint::Ja4Text;

/// Values that are told apart, of each kind and hour.
const COUNTED: usize = 512;
/// Values that are shown, of each kind; the rest is in `other`.
const SHOWN: usize = 20;

/// Failures of this hour and the one before, by client, server name and fingerprint.
///
/// Time comes from the handshakes: an hour passes when one of a later hour is counted.
#[derive(Debug, Default)]
pub(super) struct TopFailing {
    /// The hour of the latest handshake, counted from the Unix epoch.
    hour: u64,
    clients: Recent<IpAddr>,
    names: Recent<Arc<str>>,
    fingerprints: Recent<Ja4Text>,
}

impl TopFailing {
    /// Lets time come as far as this handshake.
    pub(super) fn advance(&mut self, time: Timestamp) {
        let hour = time.0 / HOUR;
        if hour <= self.hour {
            return;
        }
        let passed = hour - self.hour;
        self.hour = hour;
        self.clients.rotate(passed);
        self.names.rotate(passed);
        self.fingerprints.rotate(passed);
    }

    /// Counts a failure.
    pub(super) fn add(&mut self, handshake: &Handshake, weight: u64) {
        let cause = handshake.cause_or_unexplained();
        self.clients.add(handshake.client.address, cause, weight);
        let Some(hello) = &handshake.client_hello else {
            return;
        };
        if let Some(name) = &hello.sni {
            self.names.add(labels::value(name), cause, weight);
        }
        self.fingerprints.add(hello.ja4, cause, weight);
    }

    /// Who failed most, of each kind.
    pub(super) fn ranking(&self) -> Vec<Rank> {
        let mut ranks = self.clients.ranking("client");
        ranks.extend(self.names.ranking("sni"));
        ranks.extend(self.fingerprints.ranking("ja4"));
        ranks
    }
}

/// One series of the gauge.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rank {
    /// Kind, value and cause.
    labels: [Cow<'static, str>; 3],
    count: u64,
}

/// Puts a ranking into the gauge in place of the last one.
pub(super) fn record(ranking: &[Rank], gauge: &IntGaugeVec) {
    gauge.reset();
    for rank in ranking {
        let count = i64::try_from(rank.count).unwrap_or(i64::MAX);
        gauge.with_label_values(&rank.labels).set(count);
    }
}

/// Nanoseconds.
const HOUR: u64 = 3_600_000_000_000;

/// The counts of two hours.
#[derive(Debug)]
struct Recent<V> {
    current: TopK<(V, Cause)>,
    previous: TopK<(V, Cause)>,
}

impl<V: Clone + Hash + Ord> Default for Recent<V> {
    fn default() -> Self {
        Self {
            current: TopK::new(COUNTED),
            previous: TopK::new(COUNTED),
        }
    }
}

impl<V: Clone + Ord + Hash + ToString> Recent<V> {
    fn rotate(&mut self, hours: u64) {
        let current = std::mem::replace(&mut self.current, TopK::new(COUNTED));
        self.previous = if hours == 1 {
            current
        } else {
            TopK::new(COUNTED)
        };
    }

    fn add(&mut self, value: V, cause: Cause, weight: u64) {
        self.current.add(&(value, cause), weight);
    }

    /// The most frequent, and the rest in one.
    fn ranking(&self, kind: &'static str) -> Vec<Rank> {
        let mut rest = self.current.total().saturating_add(self.previous.total());
        let mut ranks = Vec::new();
        for ((value, cause), count) in self.most_frequent() {
            rest = rest.saturating_sub(count);
            let labels = [kind.into(), value.to_string().into(), cause.label().into()];
            ranks.push(Rank { labels, count });
        }
        if rest > 0 {
            let labels = [kind.into(), labels::OTHER.into(), labels::OTHER.into()];
            ranks.push(Rank {
                labels,
                count: rest,
            });
        }
        ranks
    }

    fn most_frequent(&self) -> Vec<((V, Cause), u64)> {
        let mut sums: HashMap<&(V, Cause), u64> = HashMap::new();
        for (key, count) in self.current.iter().chain(self.previous.iter()) {
            *sums.entry(key).or_default() += count;
        }
        let sums = sums.into_iter().filter(|(_, count)| *count > 0);
        most_frequent(sums.map(|(key, count)| (key.clone(), count)), SHOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    fn at(time: &str) -> Timestamp {
        let time: jiff::Timestamp = time.parse().unwrap();
        Timestamp(time.as_nanosecond().try_into().unwrap())
    }

    fn failure_at(time: &str) -> Handshake {
        Handshake {
            time: at(time),
            ..example::no_sni()
        }
    }

    fn count_after(times: &[&str]) -> u64 {
        let mut top = TopFailing::default();
        for time in times {
            let failure = failure_at(time);
            top.advance(failure.time);
            top.add(&failure, 1);
        }
        top.clients
            .ranking("client")
            .iter()
            .map(|rank| rank.count)
            .sum()
    }

    #[test]
    fn failures_count_for_this_hour_and_the_one_before() {
        assert_eq!(
            count_after(&["2025-05-19T04:59:59Z", "2025-05-19T05:00:00Z"]),
            2
        );
        assert_eq!(
            count_after(&["2025-05-19T23:59:59Z", "2025-05-20T00:00:00Z"]),
            2
        );
        assert_eq!(
            count_after(&["2025-05-19T04:59:59Z", "2025-05-19T06:00:00Z"]),
            1
        );
    }

    #[test]
    fn a_handshake_that_is_reported_late_counts_in_the_present_hour() {
        assert_eq!(
            count_after(&[
                "2025-05-19T05:00:00Z",
                "2025-05-19T04:59:59Z",
                "2025-05-19T05:00:01Z"
            ]),
            3
        );
    }

    #[test]
    fn the_present_ranking_replaces_the_last() {
        let gauge = IntGaugeVec::new(
            prometheus::Opts::new("top", "top"),
            &["kind", "value", "cause"],
        )
        .unwrap();
        let mut top = TopFailing::default();
        let failure = failure_at("2025-05-19T04:00:00Z");
        top.advance(failure.time);
        top.add(&failure, 3);
        record(&top.ranking(), &gauge);
        let labels = ["client", "10.138.0.28", "no-sni-rejected"];
        assert_eq!(gauge.with_label_values(&labels).get(), 3);
        top.advance(at("2025-05-19T09:00:00Z"));
        record(&top.ranking(), &gauge);
        assert_eq!(gauge.with_label_values(&labels).get(), 0);
    }
}
