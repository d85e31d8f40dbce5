//! What tlsmon says about each way to end a connection, one server or client at a time.

use std::collections::BTreeSet;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::lab::{Agent, Curl, Hello, Server, Stream, Unread, pause, word};

use crate::scene::{NAME, SOON, Scene, assert_no_loss, assert_says};

#[test]
fn envoy_without_a_chain_for_no_name_is_named_each_time_and_good_clients_never_are() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    for round in 0..5 {
        let good = scene.curl(&Curl::to(NAME));
        assert_established(&agent, good.port);
        let bad = match round % 3 {
            0 => scene.s_client(&["-noservername"]),
            1 => scene.curl(&Curl::to_address()),
            _ => scene.s_client(&["-noservername", "-tls1_2"]),
        };
        assert!(!bad.ok);
        let report = agent.handshake(bad.port, SOON).unwrap();
        assert_says(
            &report,
            &[
                ("/outcome", "failed"),
                ("/cause", "no-sni-rejected"),
                ("/confidence", "certain"),
                ("/stage", "client_hello"),
                ("/ended/by", "server"),
                ("/ended/how", "reset"),
                ("/client_hello/sni_absent", "not_sent"),
            ],
        );
        let delay = report
            .pointer("/ended/after_ms")
            .and_then(Value::as_f64)
            .unwrap();
        let limit = bad.lasted.as_secs_f64() * 1000.0;
        assert!(
            (0.0..limit).contains(&delay),
            "{delay} ms, and the client ran {limit} ms"
        );
    }
    let ended = agent.end(Signal::SIGINT).unwrap();
    let summary = ended.summary().unwrap();
    assert_eq!(
        summary.pointer("/causes/no-sni-rejected"),
        Some(&Value::from(5)),
        "{summary:#}"
    );
    assert_eq!(
        summary.pointer("/outcomes/established"),
        Some(&Value::from(5)),
        "{summary:#}"
    );
    assert_no_loss(&ended);
}

#[test]
fn a_name_that_envoy_does_not_serve_is_told_from_no_name() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    assert_established(&agent, scene.curl(&Curl::to(NAME)).port);
    let wrong = scene.s_client(&["-servername", "old.shop.example"]);
    let report = agent.handshake(wrong.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/cause", "unknown-sni"),
            ("/client_hello/sni", "old.shop.example"),
            ("/ended/how", "reset"),
        ],
    );
}

#[test]
fn nginx_rejecting_a_handshake_says_it_by_alert_and_tlsmon_is_certain() {
    let scene = Scene::new();
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let nameless = scene.s_client(&["-noservername"]);
    let report = agent.handshake(nameless.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/cause", "no-sni-rejected"),
            ("/confidence", "certain"),
            ("/ended/by", "server"),
            ("/ended/how", "alert"),
            ("/alerts/0/description", "unrecognized_name"),
        ],
    );
    let wrong = scene.s_client(&["-servername", "old.shop.example"]);
    let report = agent.handshake(wrong.port, SOON).unwrap();
    assert_says(
        &report,
        &[("/cause", "unknown-sni"), ("/ended/how", "alert")],
    );
}

#[test]
fn openssl_establishes_in_each_version() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    let agent = scene.agent();
    for (flag, version) in [("-tls1_2", "TLS1.2"), ("-tls1_3", "TLS1.3")] {
        let attempt = scene.s_client(&["-servername", NAME, flag]);
        assert!(attempt.ok, "{attempt:?}");
        let report = assert_established(&agent, attempt.port);
        assert_says(
            &report,
            &[
                ("/server_hello/version", version),
                ("/client_hello/sni", NAME),
            ],
        );
    }
}

#[test]
fn a_version_that_the_server_does_not_speak_is_named() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &["-tls1_3"]).unwrap();
    let agent = scene.agent();
    let attempt = scene.s_client(&["-servername", NAME, "-tls1_2"]);
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/cause", "protocol-version-mismatch"),
            ("/outcome", "failed"),
        ],
    );
}

#[test]
fn a_port_that_nobody_listens_on_is_refused() {
    let scene = Scene::new();
    let agent = scene.agent();
    let attempt = scene.curl(&Curl::to(NAME));
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/outcome", "failed"),
            ("/cause", "connection-refused"),
            ("/stage", "connect"),
            ("/ended/by", "server"),
        ],
    );
}

#[test]
fn a_client_that_leaves_before_an_answer_has_abandoned() {
    let scene = Scene::new();
    let _server = Unread::Silent.serve(&scene.network).unwrap();
    let agent = scene.agent();
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream.send(&Hello::named(NAME).record()).unwrap();
    pause(Duration::from_millis(200)).unwrap();
    let port = stream.port;
    stream.reset().unwrap();
    let report = agent.handshake(port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/outcome", "failed"),
            ("/cause", "client-abandoned"),
            ("/ended/by", "client"),
            ("/ended/how", "reset"),
        ],
    );
}

#[test]
fn a_server_that_takes_the_hello_and_never_answers_is_silent() {
    let scene = Scene::new();
    let _server = Unread::Silent.serve(&scene.network).unwrap();
    let agent = scene.agent();
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream.send(&Hello::named(NAME).record()).unwrap();
    let report = agent
        .handshake(stream.port, Duration::from_secs(40))
        .unwrap();
    assert_says(
        &report,
        &[("/cause", "server-silent"), ("/ended/how", "timeout")],
    );
}

#[test]
fn plain_http_on_the_tls_port_is_not_tls() {
    let scene = Scene::new();
    let _nginx = Server::nginx(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream
        .send(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
        .unwrap();
    stream.read_to_end(SOON).unwrap();
    let report = agent.handshake(stream.port, SOON).unwrap();
    assert_says(
        &report,
        &[("/outcome", "not_tls"), ("/cause", "plaintext-on-tls-port")],
    );
}

#[test]
fn a_hello_that_is_answered_in_cleartext_found_a_plaintext_server() {
    let scene = Scene::new();
    let answer = Unread::Answer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let _server = answer.serve(&scene.network).unwrap();
    let agent = scene.agent();
    let mut stream = Stream::connect(&scene.network).unwrap();
    stream.send(&Hello::named(NAME).record()).unwrap();
    stream.read_to_end(SOON).unwrap();
    let report = agent.handshake(stream.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/outcome", "failed"),
            ("/cause", "tls-on-plaintext-server"),
        ],
    );
}

#[test]
fn a_health_check_that_connects_and_closes_is_a_probe() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let closing = Stream::connect(&scene.network).unwrap();
    let resetting = Stream::connect(&scene.network).unwrap();
    let ports = BTreeSet::from([closing.port, resetting.port]);
    drop(closing);
    resetting.reset().unwrap();
    for port in ports {
        let report = agent.handshake(port, SOON).unwrap();
        assert_says(&report, &[("/outcome", "probe"), ("/cause", "")]);
    }
}

fn assert_established(agent: &Agent<'_>, port: u16) -> Value {
    let report = agent.handshake(port, SOON).unwrap();
    assert_eq!(word(&report, "/outcome"), "established", "{report:#}");
    report
}
