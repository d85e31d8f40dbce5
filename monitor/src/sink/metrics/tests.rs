//! Metrics from end to end: events in, text out.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use super::family::{self, Kind};
use super::*;
use crate::enrich::Directory;
use crate::report::example;

mod hostile;

fn observed() -> Metrics {
    let metrics = Metrics::new("0.0.0").unwrap();
    for event in example::events() {
        metrics.observe(&event);
    }
    metrics.set_kubernetes(&Directory::new("gke-1").snapshots());
    metrics
}

fn series(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[track_caller]
fn assert_line(text: &str, line: &str) {
    assert!(
        text.lines().any(|found| found == line),
        "no line {line}\nin\n{text}"
    );
}

#[test]
fn a_failure_is_counted_by_endpoint_cause_stage_and_end() {
    let text = observed().render();
    assert_line(
        &text,
        "tlsmon_handshake_failures_total{cause=\"no-sni-rejected\",direction=\"inbound\",\
         ended_by=\"server\",ended_how=\"reset\",endpoint=\"apigee/ingressgateway-ext\",stage=\"client_hello\"} 1",
    );
    assert_line(
        &text,
        "tlsmon_client_hellos_total{endpoint=\"apigee/ingressgateway-ext\",sni=\"absent\"} 1",
    );
    assert_line(
        &text,
        "tlsmon_failure_delay_seconds_bucket{cause=\"no-sni-rejected\",le=\"0.001\"} 1",
    );
    assert_line(
        &text,
        "tlsmon_top_failing{cause=\"no-sni-rejected\",kind=\"client\",value=\"10.138.0.28\"} 1",
    );
}

#[test]
fn an_established_handshake_is_counted_by_what_was_negotiated() {
    let text = observed().render();
    assert_line(
        &text,
        "tlsmon_negotiated_total{cipher_suite=\"TLS_AES_256_GCM_SHA384\",\
         endpoint=\"apigee/ingressgateway-ext\",group=\"X25519MLKEM768\",version=\"TLS1.3\"} 1",
    );
    assert_line(
        &text,
        "tlsmon_certificate_not_after_seconds{endpoint=\"apigee/ingressgateway-ext\",name=\"api.example.com\"} 1748563200",
    );
    let phase = "endpoint=\"apigee/ingressgateway-ext\",phase=\"finished\",le=\"0.02\"";
    assert_line(
        &text,
        &format!("tlsmon_handshake_duration_seconds_bucket{{{phase}}} 1"),
    );
}

#[test]
fn counts_are_scaled_by_the_sample_rate() {
    let metrics = Metrics::new("0.0.0").unwrap();
    let mut handshake = example::no_sni();
    handshake.capture.sample_rate = 16;
    metrics.observe(&Event::Handshake(Box::new(handshake)));
    let text = metrics.render();
    assert!(text.contains("outcome=\"failed\"} 16\n"), "{text}");
    assert!(text.contains("value=\"10.138.0.28\"} 16\n"), "{text}");
}

#[test]
fn series_that_alerts_stand_on_are_there_at_zero_from_the_start() {
    let text = Metrics::new("0.0.0").unwrap().render();
    for line in [
        "tlsmon_lost_total{reason=\"ring_full\",where=\"kernel\"} 0",
        "tlsmon_lost_total{reason=\"slow_reader\",where=\"log\"} 0",
        "tlsmon_kernel_packets_total{verdict=\"seen\"} 0",
        "tlsmon_interfaces{attach=\"tcx\"} 0",
        "tlsmon_interfaces_unwatched{reason=\"limit\"} 0",
        "tlsmon_hooks{direction=\"ingress\",state=\"silent\"} 0",
        "tlsmon_flows{state=\"open\"} 0",
        "tlsmon_ring_fill_ratio 0",
        "tlsmon_label_overflow_total{label=\"endpoint\"} 0",
        "tlsmon_build_info{schema=\"tlsmon/v1\",version=\"0.0.0\"} 1",
    ] {
        assert_line(&text, line);
    }
    let text = observed().render();
    assert!(
        text.contains("outcome=\"probe\"} 1\n") && text.contains("outcome=\"incomplete\"} 1\n")
    );
}

#[test]
fn kernel_counters_grow_by_the_difference_and_survive_a_reload_of_the_programs() {
    let metrics = Metrics::new("0.0.0").unwrap();
    for seen in [100, 150, 30] {
        metrics.set_kernel(KernelSnapshot {
            seen,
            sample_rate: 4,
            ..KernelSnapshot::default()
        });
    }
    let text = metrics.render();
    assert_line(&text, "tlsmon_kernel_packets_total{verdict=\"seen\"} 180");
    assert_line(&text, "tlsmon_sample_rate 4");
}

/// The rows of the page's tables that begin with a metric: name, type, labels.
fn documented() -> BTreeSet<(String, String, String)> {
    let page = include_str!("../../../../docs/metrics.md");
    let rows = page.lines().filter(|line| line.starts_with("| `tlsmon_"));
    let cells = rows.map(|row| {
        row.split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect::<Vec<_>>()
    });
    cells
        .map(|cells| (cells[1].clone(), cells[2].clone(), cells[3].clone()))
        .collect()
}

#[test]
fn every_metric_is_documented_and_every_documented_metric_exists() {
    let kind = |kind| match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    let declared = family::ALL.iter().map(|f| {
        (
            f.name.to_owned(),
            kind(f.kind).to_owned(),
            f.labels.join(", "),
        )
    });
    assert_eq!(documented(), declared.collect());
}

#[test]
fn what_is_declared_is_what_is_exposed() {
    let metrics = observed();
    let mut handshake = example::hostile("x");
    handshake.ended.after_ms = Some(1.0);
    metrics.observe(&Event::Handshake(Box::new(handshake)));
    let _ = metrics.render();
    let exposed: BTreeSet<_> = metrics
        .registry
        .gather()
        .iter()
        .map(|family| family.name().to_owned())
        .collect();
    assert_eq!(
        exposed,
        family::ALL
            .iter()
            .map(|family| family.name.to_owned())
            .collect()
    );
}

/// Prometheus' own opinion. It needs `promtool`, which not every machine has, so it runs on demand:
/// `cargo test -p monitor promtool -- --ignored`
#[test]
#[ignore = "needs promtool (Debian package prometheus)"]
fn promtool_has_nothing_to_say_against_the_metrics() {
    let mut command = Command::new("promtool");
    command
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    let mut promtool = command.spawn().unwrap();
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(observed().render().as_bytes())
        .unwrap();
    let said = promtool.wait_with_output().unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    assert!(said.stderr.is_empty() && said.stdout.is_empty(), "{said:?}");
}
