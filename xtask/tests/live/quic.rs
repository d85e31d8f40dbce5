//! QUIC, live: between a real client and a real server, and what is said where there is none.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::lab::{
    Agent, Attempt, CLIENT, POD, Pki, QuicClient, Server, Witness, handshakes, replay, until, word,
};
use xtask::{command, paths};

use crate::agreement::by_port;
use crate::scene::{NAME, SOON, Scene, assert_no_loss, assert_says};

/// Where nobody answers it, the client knocks for this long.
const BRIEFLY: &[&str] = &["--timeout", "1.5"];

#[test]
fn quic_handshakes_are_reported_live_as_in_replay() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let witness = Witness::start(&scene.network.node, "eth0", scene.pki.folder()).unwrap();
    assert_established(&agent, &quic(&scene, &QuicClient::to(NAME)));
    let stranger = Pki::create(&[NAME]).unwrap();
    let stranger = stranger.authority();
    let refusals: [(QuicClient<'_>, &[(&str, &str)]); 4] = [
        (
            QuicClient::to(NAME).with(&["--version", "2"]),
            &[("/cause", "protocol-version-mismatch")],
        ),
        (
            QuicClient::to(NAME).with(&["--alpn", "other"]),
            &[
                ("/cause", "alpn-mismatch"),
                ("/ended/by", "server"),
                ("/alerts/0/description", "no_application_protocol"),
            ],
        ),
        (
            QuicClient::to(NAME).trusting(&stranger),
            &[
                ("/cause", "certificate-rejected"),
                ("/ended/by", "client"),
                ("/alerts/0/description", "bad_certificate"),
            ],
        ),
        (
            QuicClient::to("old.shop.example").with(BRIEFLY),
            &[("/cause", "unknown-sni"), ("/ended/how", "close")],
        ),
    ];
    for (client, expected) in &refusals {
        let attempt = quic(&scene, client);
        assert!(!attempt.ok, "{attempt:?}");
        let report = agent.handshake(attempt.port, SOON).unwrap();
        assert_says(&report, &[("/transport", "quic"), ("/outcome", "failed")]);
        assert_says(&report, expected);
    }
    assert_as_in_replay(agent, &witness.stop().unwrap(), 5);
}

/// A hello of two datagrams that the client hands over as one packet, which no wire has seen yet.
#[test]
fn quic_datagrams_that_an_offload_made_one_packet_of_are_told_apart() {
    let scene = Scene::with_offloads();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let witness = Witness::start(&scene.network.node, "eth0", scene.pki.folder()).unwrap();
    let client = QuicClient::to(NAME).with(&["--large", "--offload"]);
    let report = assert_established(&agent, &quic(&scene, &client));
    assert_eq!(
        report.pointer("/client_hello/segments"),
        Some(&Value::from(2))
    );
    let file = witness.stop().unwrap();
    assert_ne!(packets(&file, "udp dst port 443 and greater 2400"), "");
    assert_as_in_replay(agent, &file, 1);
}

#[test]
fn a_client_that_proves_its_address_and_version_2_are_followed_live() {
    let scene = Scene::new();
    let _server = Server::aioquic(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let witness = Witness::start(&scene.network.node, "eth0", scene.pki.folder()).unwrap();
    for version in ["1", "2"] {
        let client = QuicClient::to(NAME).with(&["--version", version]);
        assert_established(&agent, &quic(&scene, &client));
    }
    assert_as_in_replay(agent, &witness.stop().unwrap(), 2);
}

/// DTLS, noise, and what only looks like QUIC: of each of these much passes, and little is sent to user space.
#[test]
fn datagrams_that_are_no_quic_do_not_flood_user_space() {
    let scene = Scene::new();
    let agent = scene.agent();
    let socket = scene
        .network
        .client
        .inside(|| UdpSocket::bind((CLIENT, 20_000)));
    let socket = socket.unwrap().unwrap();
    for first in [
        [22, 0xfe, 0xfd, 0, 0],
        [0x12, 0x34, 1, 0, 0],
        [0x43, 1, 2, 3, 4],
        [0xc3, 0, 0, 0, 1],
    ] {
        let datagram = [&first[..], &[8; 500]].concat();
        for _ in 0..5000 {
            socket.send_to(&datagram, (POD, 443)).unwrap();
        }
    }
    // Counters leave the kernel once a second.
    let packets = |verdict: &str| agent.metric("tlsmon_kernel_packets_total", &[verdict]);
    let seen = until("the datagrams to be counted", SOON, || {
        Ok(Some(packets("verdict=\"seen\"")?).filter(|seen| *seen > 10_000.0))
    })
    .unwrap();
    let sent = packets("verdict=\"sent\"").unwrap();
    assert!(sent < 200.0, "{sent} of {seen} packets sent to user space");
    let snapped = agent
        .metric("tlsmon_lost_total", &["reason=\"snap\""])
        .unwrap();
    assert!(
        snapped > 0.0,
        "the flood that looked like QUIC was cut, and that is counted"
    );
}

#[test]
fn a_udp_port_that_nobody_listens_on_is_refused() {
    let scene = Scene::new();
    let agent = scene.agent();
    let witness = Witness::start(&scene.network.node, "eth0", scene.pki.folder()).unwrap();
    let attempt = quic(&scene, &QuicClient::to(NAME).with(BRIEFLY));
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/transport", "quic"),
            ("/outcome", "failed"),
            ("/cause", "connection-refused"),
            ("/ended/by", "server"),
            ("/client_hello/sni", NAME),
        ],
    );
    assert_as_in_replay(agent, &witness.stop().unwrap(), 1);
}

#[test]
fn a_quic_client_that_nobody_answers_met_silence() {
    let scene = Scene::new();
    let rules = "add table ip lost; add chain ip lost in { type filter hook prerouting priority 0; }; \
                 add rule ip lost in udp dport 443 drop";
    let mut nft = Command::new(command::require("nft").unwrap());
    scene.network.pod.output(nft.arg(rules)).unwrap();
    let agent = scene.agent_with(&["--connect-timeout", "1", "--answer-timeout", "1"]);
    let attempt = quic(&scene, &QuicClient::to(NAME).with(BRIEFLY));
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/transport", "quic"),
            ("/outcome", "failed"),
            ("/cause", "server-silent"),
            ("/ended/how", "timeout"),
            ("/client_hello/sni", NAME),
        ],
    );
}

fn quic(scene: &Scene, client: &QuicClient<'_>) -> Attempt {
    client.run(&scene.network, &scene.pki).unwrap()
}

fn assert_established(agent: &Agent<'_>, attempt: &Attempt) -> Value {
    assert!(attempt.ok, "{attempt:?}");
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/transport", "quic"),
            ("/outcome", "established"),
            ("/client_hello/sni", NAME),
            ("/server_hello/version", "TLS1.3"),
        ],
    );
    assert!(
        word(&report, "/client_hello/ja4").starts_with("q13d"),
        "{report:#}"
    );
    report
}

/// Nothing was lost live, and the capture that was taken beside gives as many reports, and the same.
fn assert_as_in_replay(agent: Agent<'_>, file: &Path, count: usize) {
    let live = agent.end(Signal::SIGINT).unwrap();
    assert_no_loss(&live);
    let live: Vec<_> = handshakes(&live.stdout).collect();
    let replayed = replay(&paths::tlsmon("debug"), file).unwrap();
    assert_eq!(
        (live.len(), replayed.len()),
        (count, count),
        "{live:#?}\n{replayed:#?}"
    );
    assert_eq!(by_port(live), by_port(replayed));
}

/// The packets of a capture that match, a line each.
fn packets(file: &Path, filter: &str) -> String {
    let mut tcpdump = Command::new(command::require("tcpdump").unwrap());
    command::output(tcpdump.arg("-nr").arg(file).arg(filter)).unwrap()
}
