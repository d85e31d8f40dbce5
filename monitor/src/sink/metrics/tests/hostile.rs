//! A hostile network makes no more series than there is room for, and a scrape of them stays as large as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use prometheus::proto::{Metric, MetricFamily};

use super::series;
use crate::report::example;
use crate::report::{
    AlertReport, Cause, EndedBy, EndedHow, Event, Handshake, HandshakeDirection, Outcome, Peer,
    Stage,
};
use crate::sink::metrics::{
    ENDPOINTS, Metrics, NAMES_PER_ENDPOINT, SETS_PER_ENDPOINT, labels::OTHER,
};
use crate::tls::names;

/// What a hostile network can vary, varied: addresses, names, fingerprints, words, reasons, and how it ends.
fn hostile(number: u32) -> Handshake {
    let mut handshake = example::hostile(&format!("\u{1b}\"\n{number}"));
    let spread = usize::try_from(number).unwrap();
    handshake.client.address = IpAddr::from(number.to_be_bytes());
    handshake.server.address = IpAddr::from(number.reverse_bits().to_be_bytes());
    handshake.alerts.clear();
    handshake.outcome = Outcome::ALL[spread % Outcome::ALL.len()];
    handshake.direction = HandshakeDirection::ALL[spread % HandshakeDirection::ALL.len()];
    handshake.stage = Stage::ALL[spread % Stage::ALL.len()];
    handshake.ended.by = EndedBy::ALL[spread / 7 % EndedBy::ALL.len()];
    handshake.ended.how = EndedHow::ALL[spread / 28 % EndedHow::ALL.len()];
    if let Some(hello) = &mut handshake.server_hello {
        hello.cipher_suite = u16::try_from(number % 65_536).unwrap();
        hello.group = Some(hello.cipher_suite);
    }
    handshake
}

fn label_values(metrics: &Metrics, label: &str) -> BTreeSet<String> {
    let families = metrics.registry.gather();
    let series = families.iter().flat_map(MetricFamily::get_metric);
    let labels = series.flat_map(Metric::get_label);
    let values = labels.filter(|pair| pair.name() == label);
    values.map(|pair| pair.value().to_owned()).collect()
}

#[test]
fn a_hundred_thousand_hostile_handshakes_make_a_bounded_number_of_series() {
    let metrics = Metrics::new("0.0.0").unwrap();
    let mut counts = Vec::new();
    for number in 0..100_000 {
        metrics.observe(&Event::Handshake(Box::new(hostile(number))));
        metrics.add_lost("kernel", &number.to_string(), 1);
        if number % 50_000 == 49_999 {
            counts.push(series(&metrics.render()).len());
        }
    }
    let text = metrics.render();
    let endpoints = label_values(&metrics, "endpoint");
    assert_eq!(endpoints.len(), ENDPOINTS + 1);
    let top = series(&text)
        .iter()
        .filter(|line| line.starts_with("tlsmon_top_failing"))
        .count();
    assert!(top <= 3 * 21, "{top}");
    assert!(
        counts[1] - counts[0] <= 200,
        "the second half still made series: {counts:?}"
    );
    assert!(counts[1] < 30_000, "{counts:?}");
    assert!(!text.contains("label_overflow_total{label=\"endpoint\"} 0\n"));
}

/// Servers that are called again and again.
const SERVERS: u32 = 100;

/// A hostile client of one of a few servers: each time another address, name, fingerprint, alert and way to fail, and another
/// certificate.
fn hostile_to_few(number: u32) -> Handshake {
    let mut handshake = hostile(number);
    let code = u8::try_from(number % 256).unwrap();
    handshake.server = Peer {
        address: IpAddr::from([192, 0, 2, u8::try_from(number % SERVERS).unwrap()]),
        namespace: None,
        workload: None,
        ..handshake.server
    };
    let spread = usize::try_from(number / SERVERS).unwrap();
    handshake.outcome = Outcome::ALL[spread % Outcome::ALL.len()];
    handshake.cause = Some(Cause::ALL[spread % Cause::ALL.len()]);
    if let Some(hello) = &mut handshake.server_hello {
        // From here on each of a hundred codes is a cipher suite.
        hello.cipher_suite = 0xc001 + u16::try_from(spread / Outcome::ALL.len() % 100).unwrap();
        hello.cipher_suite_name = names::cipher_suite(hello.cipher_suite);
    }
    handshake.ended.after_ms = Some(f64::from(number % 70_000));
    handshake.alerts = vec![AlertReport {
        from: handshake.ended.by,
        level: names::alert_level(code % 3),
        code: Some(code),
        description: names::alert(code),
        encrypted: code % 7 == 0,
    }];
    handshake
}

/// How many series each endpoint has in a family.
fn series_by_endpoint(families: &[MetricFamily], name: &str) -> BTreeMap<String, usize> {
    let family = families.iter().find(|family| family.name() == name);
    let mut counts = BTreeMap::new();
    for metric in family.unwrap().get_metric() {
        let mut labels = metric.get_label().iter();
        let endpoint = labels.find(|pair| pair.name() == "endpoint").unwrap();
        *counts.entry(endpoint.value().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_hundred_thousand_hostile_clients_fill_what_each_server_may_have_and_scrapes_grow_no_more() {
    let metrics = Metrics::new("0.0.0").unwrap();
    let mut scrapes = Vec::new();
    for number in 0..100_000 {
        metrics.observe(&Event::Handshake(Box::new(hostile_to_few(number))));
        if number % 50_000 == 49_999 {
            let text = metrics.render();
            scrapes.push((series(&text).len(), text.len()));
        }
    }
    let families = metrics.registry.gather();
    for (name, most) in [
        ("tlsmon_handshake_failures_total", SETS_PER_ENDPOINT),
        ("tlsmon_negotiated_total", SETS_PER_ENDPOINT),
        ("tlsmon_certificate_not_after_seconds", NAMES_PER_ENDPOINT),
    ] {
        let mut counts = series_by_endpoint(&families, name);
        counts.remove(OTHER);
        assert_eq!(counts.len(), usize::try_from(SERVERS).unwrap(), "{name}");
        assert!(
            counts.values().all(|count| *count == usize::from(most)),
            "{name}: {counts:?}"
        );
    }
    let text = metrics.render();
    let mut lines = BTreeMap::<_, u32>::new();
    for line in series(&text) {
        if let Some((_, rest)) = line.split_once("endpoint=\"192.") {
            *lines.entry(rest.split('"').next()).or_default() += 1;
        }
    }
    // docs/metrics.md says so.
    let most = lines.values().max();
    assert!(
        most.is_some_and(|most| (100..=132).contains(most)),
        "{lines:?}"
    );
    let [(before, bytes_before), (after, bytes_after)] = scrapes[..] else {
        panic!("{scrapes:?}")
    };
    assert!(after - before <= 50, "{scrapes:?}");
    assert!(
        bytes_after < bytes_before + bytes_before / 50,
        "{scrapes:?}"
    );
}
