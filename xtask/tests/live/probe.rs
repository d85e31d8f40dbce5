//! `tlsmon probe` from the client, at servers as they are set up in the wild.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::Value;
use xtask::command::require;
use xtask::lab::{POD, Server, Unread, word};
use xtask::paths;

use crate::scene::{NAME, SOON, Scene};

/// The report of a probe of the pod.
fn probe(scene: &Scene, arguments: &[&str]) -> Value {
    let mut command = Command::new(paths::tlsmon("debug"));
    command
        .args(["probe", "--output", "json", "--timeout", "2"])
        .arg(POD.to_string())
        .args(arguments);
    let text = scene.network.client.output(&mut command).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn named(scene: &Scene) -> Value {
    probe(scene, &["--sni", NAME])
}

/// `cause (confidence)` of each verdict of a kind.
fn verdicts(report: &Value, kind: &str) -> Vec<String> {
    let all = report.pointer("/verdicts").and_then(Value::as_array);
    let of_kind = all.unwrap().iter().filter(|one| word(one, "/kind") == kind);
    of_kind
        .map(|one| format!("{} ({})", word(one, "/cause"), word(one, "/confidence")))
        .collect()
}

fn assert_failures(report: &Value, expected: &[&str]) {
    assert_eq!(verdicts(report, "failure"), expected, "{report:#}");
}

/// The answer to a question.
fn answer<'a>(report: &'a Value, question: &str) -> &'a str {
    let all = report.pointer("/questions").and_then(Value::as_array);
    let mut all = all.unwrap().iter();
    let found = all.find(|one| word(one, "/question") == question);
    found.map_or("not asked", |one| word(one, "/answer"))
}

#[test]
fn envoy_without_a_chain_for_no_name_fails_clients_without_a_name() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let report = named(&scene);
    assert_failures(&report, &["no-sni-rejected (certain)"]);
    assert_eq!(answer(&report, "without_name"), "reset");
    assert_eq!(answer(&report, "other_name"), "reset");
    assert_eq!(answer(&report, "post_quantum"), "server_hello");
    let limits = verdicts(&report, "limit");
    assert!(
        limits.contains(&"protocol-version-mismatch (certain)".to_owned()),
        "{report:#}"
    );
    assert_failures(&probe(&scene, &[]), &["no-sni-rejected (possible)"]);
}

#[test]
fn an_agent_on_the_way_counts_a_probe_as_one_and_no_failure() {
    let scene = Scene::new();
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let report = named(&scene);
    let asked = report.pointer("/questions").and_then(Value::as_array);
    let count = asked.unwrap().len();
    let good = scene.s_client(&["-servername", NAME]);
    agent.handshake(good.port, SOON).unwrap();
    let ended = agent.end(Signal::SIGINT).unwrap();
    let summary = ended.summary().unwrap();
    assert_eq!(
        summary.pointer("/outcomes/probe"),
        Some(&Value::from(count))
    );
    assert_eq!(summary.pointer("/outcomes/failed"), None, "{summary:#}");
    let kinds = ended.events().filter_map(|event| {
        let kind = event.pointer("/probe/kind")?;
        kind.as_str().map(str::to_owned)
    });
    assert!(kinds.into_iter().all(|kind| kind == "tlsmon_probe"));
}

#[test]
fn nginx_that_rejects_handshakes_fails_clients_without_a_name() {
    let scene = Scene::new();
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    let report = named(&scene);
    assert_failures(&report, &["no-sni-rejected (certain)"]);
    assert_eq!(answer(&report, "without_name"), "alert");
    let other = probe(&scene, &["--sni", "old.shop.example"]);
    assert_failures(&other, &["unknown-sni (certain)"]);
}

#[test]
fn openssl_that_speaks_tls_1_2_alone_is_limited_and_fails_nobody() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &["-tls1_2"]).unwrap();
    let report = named(&scene);
    assert_failures(&report, &[]);
    assert_eq!(answer(&report, "tls_1_3"), "alert");
    assert_eq!(answer(&report, "tls_1_2"), "server_hello");
    let limits = report.pointer("/verdicts").and_then(Value::as_array);
    let version = limits
        .unwrap()
        .iter()
        .find(|one| word(one, "/cause") == "protocol-version-mismatch");
    assert!(
        word(version.unwrap(), "/clients").contains("only TLS 1.3"),
        "{report:#}"
    );
}

#[test]
fn openssl_that_speaks_tls_1_3_alone_keeps_its_certificate_to_itself() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &["-tls1_3"]).unwrap();
    let report = named(&scene);
    assert_failures(&report, &[]);
    let notes = report.pointer("/notes").unwrap().to_string();
    assert!(notes.contains("certificates were not seen"), "{notes}");
}

#[test]
fn a_client_certificate_that_is_required_is_told_from_one_that_is_asked_for() {
    let scene = Scene::new();
    for (flag, failures, wish) in [
        (
            "-Verify",
            &["client-certificate-missing (certain)"][..],
            "required",
        ),
        ("-verify", &[], "optional"),
    ] {
        let server = Server::openssl(&scene.network, &scene.pki, NAME, &[flag, "1"]).unwrap();
        let report = named(&scene);
        assert_failures(&report, failures);
        let text = report.to_string();
        let said = format!("\"client_certificate\":\"{wish}\"");
        assert!(text.contains(&said), "{report:#}");
        drop(server);
    }
}

#[test]
fn a_closed_port_and_a_server_of_cleartext_and_a_silent_one_are_told_apart() {
    let scene = Scene::new();
    assert_failures(&named(&scene), &["connection-refused (certain)"]);
    let http = Unread::Answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    for (server, failure) in [
        (http, "tls-on-plaintext-server (certain)"),
        (Unread::Silent, "server-silent (certain)"),
        (Unread::Close, "endpoint-without-certificate (possible)"),
    ] {
        let running = server.serve(&scene.network).unwrap();
        assert_failures(&named(&scene), &[failure]);
        drop(running);
    }
}

#[test]
fn packets_that_vanish_are_a_connection_timeout() {
    let scene = Scene::new();
    drop_at_node(&scene, "tcp dport 443");
    assert_failures(&named(&scene), &["connection-timeout (certain)"]);
}

#[test]
fn large_packets_that_vanish_fail_clients_with_a_post_quantum_share() {
    let scene = Scene::new();
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    drop_at_node(&scene, "tcp dport 443 meta length > 1200");
    let report = named(&scene);
    let failures = ["no-sni-rejected (certain)", "path-mtu-blackhole (certain)"];
    assert_failures(&report, &failures);
    assert_eq!(answer(&report, "post_quantum"), "silence");
    assert_eq!(answer(&report, "post_quantum_in_pieces"), "server_hello");
}

/// Packets that match this rule do not pass the node.
fn drop_at_node(scene: &Scene, rule: &str) {
    let rules = format!(
        "add table ip way; add chain ip way pass {{ type filter hook forward priority 0; }}; \
         add rule ip way pass {rule} drop"
    );
    let mut nft = Command::new(require("nft").unwrap());
    scene.network.node.output(nft.arg(rules)).unwrap();
}

#[test]
fn an_expired_certificate_fails_clients_that_check_it() {
    let scene = Scene::new();
    let name = "old.example";
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2023, 1, 1);
    params.not_after = date_time_ymd(2024, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    fs::write(scene.pki.certificate(name), certificate.pem()).unwrap();
    fs::write(scene.pki.key(name), key.serialize_pem()).unwrap();
    let _server = Server::openssl(&scene.network, &scene.pki, name, &[]).unwrap();
    let report = probe(&scene, &["--sni", name]);
    assert_failures(&report, &["certificate-expired (certain)"]);
    let other = probe(&scene, &["--sni", NAME]);
    let evidence = other.pointer("/verdicts/0/evidence").unwrap().to_string();
    assert!(evidence.contains(&format!("not for {NAME}")), "{other:#}");
}

#[test]
fn a_hello_that_tlsmon_reported_is_repeated_and_what_helps_is_found() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let good = scene.s_client(&["-servername", NAME]);
    agent.handshake(good.port, SOON).unwrap();
    let bad = scene.s_client(&["-noservername", "-tls1_2"]);
    let reported = agent.handshake(bad.port, SOON).unwrap();
    let reports = scene.pki.folder().join("reports.jsonl");
    fs::write(&reports, agent.stdout()).unwrap();
    let mut command = Command::new(paths::tlsmon("debug"));
    command.args([
        "probe",
        "--output",
        "json",
        "--like",
        word(&reported, "/id"),
    ]);
    command.arg("--from").arg(&reports);
    let text = scene.network.client.output(&mut command).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    // The name comes from the handshake that was established.
    assert_failures(&report, &["no-sni-rejected (certain)"]);
    assert_eq!(answer(&report, "same_with_name"), "server_hello");
    assert_eq!(
        report.pointer("/like/same_ja4"),
        Some(&Value::Bool(true)),
        "{report:#}"
    );
}
