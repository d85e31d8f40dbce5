//! The server over real connections on loopback.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::proof::{Limits, Packet, Proof, Store};
use crate::report::Event;
use crate::report::example;
use crate::sink::baselines::Baselines;
use crate::sink::lately::Lately;
use crate::sink::metrics::Metrics;
use crate::sink::recent::Recent;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) recent: Arc<Recent>,
    pub(super) lately: Arc<Lately>,
    pub(super) baselines: Arc<Baselines>,
    proofs: Arc<Store>,
    readiness: Readiness,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What answers are made of, of an agent that has seen nothing.
pub(crate) fn state() -> ServerState {
    ServerState {
        metrics: Arc::new(Metrics::new("0.0.0").unwrap()),
        readiness: Readiness::waiting_for("capture is not attached"),
        recent: Arc::default(),
        lately: Arc::default(),
        baselines: Arc::default(),
        feed: Arc::default(),
        proofs: Some(Arc::new(Store::new(Limits {
            bytes: 1 << 20,
            count: 10,
        }))),
    }
}

pub(super) async fn start() -> Running {
    let state = state();
    let readiness = state.readiness.clone();
    let recent = Arc::clone(&state.recent);
    let lately = Arc::clone(&state.lately);
    let baselines = Arc::clone(&state.baselines);
    let proofs = state.proofs.clone().unwrap();
    let listener = bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(vec![Door::plain(listener)], state, async {
        let _ = stopped.await;
    }));
    Running {
        address,
        recent,
        lately,
        baselines,
        proofs,
        readiness,
        stop,
        task,
    }
}

/// Sends these bytes and reads until the server closes.
async fn exchange(address: SocketAddr, request: String) -> String {
    let talk = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        // A server that refuses the rest of a request may reset the connection behind its answer.
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

async fn get(address: SocketAddr, path: &str) -> String {
    get_as(address, path, "x").await
}

pub(super) async fn get_as(address: SocketAddr, path: &str, host: &str) -> String {
    exchange(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
    )
    .await
}

/// What the API answers to a client of this host.
async fn ask(address: SocketAddr, query: &str) -> serde_json::Value {
    ask_path(address, &format!("/api/v1/handshakes{query}")).await
}

pub(super) async fn ask_path(address: SocketAddr, path: &str) -> serde_json::Value {
    let answer = get_as(address, path, "localhost:9469").await;
    let body = answer.split("\r\n\r\n").nth(1);
    serde_json::from_str(body.unwrap_or_default()).unwrap_or_else(|_| panic!("{answer}"))
}

#[tokio::test]
async fn the_last_handshakes_are_given_as_they_are_printed() {
    let server = start().await;
    for event in example::events() {
        server.recent.observe(&Arc::new(event));
    }
    let failures = ask(server.address, "").await;
    assert_eq!(failures["schema"], "tlsmon/v1");
    assert_eq!(failures["forgotten"], 0);
    let list = failures["handshakes"].as_array().unwrap();
    assert!(list.iter().any(|one| one["cause"] == "no-sni-rejected"));
    assert!(list.iter().all(|one| one["outcome"] != "established"));
    let one = ask(server.address, "?all&limit=1").await;
    assert_eq!(one["handshakes"].as_array().unwrap().len(), 1);
    let none = ask(server.address, "?client=192.0.2.99").await;
    assert_eq!(none["handshakes"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_reader_sees_what_is_sent_with_names_that_need_escaping() {
    let server = start().await;
    let hostile = example::hostile("\u{1b}]0;\"größer\"");
    server
        .recent
        .observe(&Arc::new(Event::Handshake(Box::new(hostile.clone()))));
    let given = ask(server.address, "?all").await;
    assert_eq!(given["handshakes"][0]["id"], hostile.id.to_string());
}

#[tokio::test]
async fn the_api_refuses_wrong_queries_and_web_pages_that_call_this_host_by_a_name() {
    let server = start().await;
    let path = "/api/v1/handshakes?cause=no-sni";
    let wrong = get_as(server.address, path, "127.0.0.1").await;
    assert!(wrong.starts_with("HTTP/1.1 400"), "{wrong}");
    assert!(wrong.contains("no-sni-rejected"), "{wrong}");
    let page = get_as(server.address, "/api/v1/handshakes", "attacker.example").await;
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
}

#[tokio::test]
async fn what_fails_is_given_in_groups_with_what_to_do_and_beside_what_completes() {
    let server = start().await;
    for event in example::events() {
        server.lately.observe(&event);
    }
    let summary = ask_path(server.address, "/api/v1/summary").await;
    let groups = summary["problems"].as_array().unwrap();
    let no_sni = groups
        .iter()
        .find(|one| one["cause"] == "no-sni-rejected")
        .unwrap();
    assert_eq!(no_sni["endpoint"], "apigee/ingressgateway-ext");
    assert_eq!(no_sni["clients"]["most"][0]["address"], "10.138.0.28");
    assert!(no_sni["next"].as_str().unwrap().len() > 20);
    let other = ask_path(server.address, "/api/v1/summary?cause=unknown-sni").await;
    assert_eq!(other["problems"].as_array().unwrap().len(), 0);
    let endpoints = ask_path(server.address, "/api/v1/endpoints").await;
    assert_eq!(endpoints["endpoints"][0]["established"], 1);
    let causes = ask_path(server.address, "/api/v1/causes?cause=no-sni-rejected").await;
    assert!(
        causes["causes"][0]["page"]
            .as_str()
            .unwrap()
            .starts_with("# ")
    );
    for wrong in ["/api/v1/summary?client=10.0.0.1", "/api/v1/endpoints?all"] {
        let answer = get_as(server.address, wrong, "localhost").await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
}

#[tokio::test]
async fn a_parameter_that_means_nothing_there_is_refused_and_named() {
    let server = start().await;
    for (path, said) in [
        ("handshakes?since=start", "'since'"),
        ("handshakes?format=sse", "'format'"),
        ("handshakes?clients=10.0.0.1", "parameter exists: 'client'"),
        ("stream?limit=5", "'limit'"),
        ("summary?all", "cause and limit"),
    ] {
        let answer = get_as(server.address, &format!("/api/v1/{path}"), "localhost").await;
        let is_refused = answer.starts_with("HTTP/1.1 400") && answer.contains(said);
        assert!(is_refused, "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_head_has_no_body_and_nothing_of_the_api_is_to_be_cached() {
    let server = start().await;
    for path in ["handshakes", "summary", "stream", "causes", "openapi.json"] {
        let head = format!(
            "HEAD /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(server.address, head).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{path}: {answer}");
        assert!(answer.contains("cache-control: no-store\r\n"), "{answer}");
        assert!(!answer.contains("content-encoding"), "{answer}");
    }
}

#[tokio::test]
async fn a_request_with_a_body_is_refused() {
    let server = start().await;
    let request = "GET /api/v1/summary HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    let answer = exchange(server.address, request.to_owned()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn metrics_are_served_in_the_text_format() {
    let server = start().await;
    let answer = get(server.address, "/metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\ntlsmon_build_info{"), "{answer}");
}

#[tokio::test]
async fn the_process_is_alive_before_it_is_ready_and_says_why_it_is_not() {
    let server = start().await;
    assert!(
        get(server.address, "/healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    let answer = get(server.address, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(
        answer.ends_with("not ready: capture is not attached\n"),
        "{answer}"
    );
    server.readiness.set_ready();
    assert!(
        get(server.address, "/readyz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    server.readiness.set_waiting("eth0 is gone");
    assert!(
        get(server.address, "/readyz")
            .await
            .ends_with("eth0 is gone\n")
    );
}

#[tokio::test]
async fn other_paths_methods_and_oversized_requests_are_refused() {
    let server = start().await;
    let nowhere = get(server.address, "/nowhere").await;
    assert!(nowhere.starts_with("HTTP/1.1 404"), "{nowhere}");
    let post =
        "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let answer = exchange(server.address, post.to_owned()).await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert!(answer.contains("allow: GET, HEAD\r\n"), "{answer}");
    assert!(
        answer.ends_with("nothing can be changed here\n"),
        "{answer}"
    );
    let post = "POST /api/v1/summary HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    let answer = exchange(server.address, post.to_owned()).await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let large = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    let answer = exchange(server.address, large).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    assert!(
        get(server.address, "/healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off() {
    let server = start().await;
    let answer = exchange(server.address, "GET /metrics HTTP/1.1\r\nHost:".to_owned()).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
}

#[tokio::test]
async fn shutting_down_closes_idle_connections_and_frees_the_address() {
    let server = start().await;
    let idle = TcpStream::connect(server.address).unwrap();
    assert!(
        get(server.address, "/healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    drop(idle);
    assert!(bind(server.address).await.is_ok());
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_a_remedy() {
    let server = start().await;
    let error = bind(server.address).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {}", server.address)
    );
    assert!(error.help().unwrap().contains("--listen"));
    let elsewhere: SocketAddr = "192.0.2.1:9469".parse().unwrap();
    let error = bind(elsewhere).await.unwrap_err();
    assert!(error.help().unwrap().contains("does not have that address"));
}

/// The proof of a handshake that failed, with a packet that cannot be read.
fn proof() -> Proof {
    let handshake = example::no_sni();
    Proof {
        packets: vec![Packet {
            time: handshake.time,
            interface: "eth0".into(),
            direction: crate::frame::Direction::Ingress,
            wire_len: 60,
            network: vec![0x45; 40],
        }],
        revision: None,
        until: handshake.time,
        is_cut: false,
        handshake,
    }
}

#[tokio::test]
async fn the_packets_of_a_failure_are_given_by_its_id() {
    let server = start().await;
    let id = example::no_sni().id;
    let path = format!("/api/v1/capture?id={id}");
    let none = get_as(server.address, &path, "localhost").await;
    assert!(none.starts_with("HTTP/1.1 404"), "{none}");
    server.proofs.keep(proof());
    let reports = get_as(server.address, &format!("{path}&form=json"), "localhost").await;
    assert!(reports.contains(&format!("\"id\":\"{id}\"")), "{reports}");
    let filtered = get_as(
        server.address,
        &format!("{path}&cause=unknown-sni"),
        "localhost",
    )
    .await;
    assert!(filtered.starts_with("HTTP/1.1 404"), "{filtered}");
    for (wrong, said) in [
        ("id=12", "sixteen"),
        ("form=text", "pcapng"),
        ("limit=x", "limit"),
    ] {
        let answer = get_as(
            server.address,
            &format!("/api/v1/capture?{wrong}"),
            "localhost",
        )
        .await;
        assert!(
            answer.starts_with("HTTP/1.1 400") && answer.contains(said),
            "{answer}"
        );
    }
    let elsewhere = get_as(server.address, &path, "attacker.example").await;
    assert!(elsewhere.starts_with("HTTP/1.1 403"), "{elsewhere}");
}
