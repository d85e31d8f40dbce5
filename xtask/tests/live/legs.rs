//! tlsmon on the node's card and on the pod's interface, with a DNAT between them: one handshake is one report, which tells
//! where a reset was born.

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::command::require;
use xtask::lab::{Agent, Curl, POD, Server, Unread, handshakes, replay, word};
use xtask::paths;

use crate::scene::{NAME, SOON, Scene, assert_no_loss, assert_says};

/// Where the node sends what comes for the pod's address.
const BEHIND: &str = "198.51.100.21";

/// A scene whose node translates the pod's address, as it does that of a service.
fn scene() -> Scene {
    let scene = Scene::new();
    let pod = &scene.network.pod;
    pod.ip(&format!("addr add {BEHIND}/24 dev eth0")).unwrap();
    nft(
        &scene,
        &format!(
            "add table ip services; \
             add chain ip services in {{ type nat hook prerouting priority -100; }}; \
             add rule ip services in iifname eth0 ip daddr {POD} tcp dport 443 dnat to {BEHIND}"
        ),
    );
    scene
}

/// The node answers these packets, on their way, with a reset in the name of whom they are for.
fn refuse(scene: &Scene, what: &str) {
    nft(
        scene,
        &format!(
            "add table ip refused; \
             add chain ip refused on {{ type filter hook forward priority 0; }}; \
             add rule ip refused on {what} reject with tcp reset"
        ),
    );
}

fn nft(scene: &Scene, rules: &str) {
    let mut nft = Command::new(require("nft").unwrap());
    scene.network.node.output(nft.arg(rules)).unwrap();
}

fn agent(scene: &Scene) -> Agent<'_> {
    scene.agent_with(&["--interface", "pod0"])
}

/// The interfaces of a report's legs.
fn interfaces(report: &Value) -> Vec<&str> {
    let legs = report.pointer("/legs").and_then(Value::as_array).unwrap();
    legs.iter().map(|leg| word(leg, "/interface")).collect()
}

#[test]
fn a_handshake_through_a_dnat_is_reported_once() {
    let scene = scene();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    let agent = agent(&scene);
    let attempt = scene.s_client(&["-servername", NAME]);
    assert!(attempt.ok, "{attempt:?}");
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/outcome", "established"),
            ("/interface", "eth0"),
            ("/server/address", &POD.to_string()),
            ("/legs/1/server/address", BEHIND),
        ],
    );
    assert_eq!(interfaces(&report), ["eth0", "pod0"]);
    let ended = agent.end(Signal::SIGINT).unwrap();
    assert_eq!(handshakes(&ended.stdout).count(), 1, "{}", ended.stdout);
    assert_no_loss(&ended);
}

#[test]
fn a_reset_of_the_pod_leaves_the_pod_first() {
    let scene = scene();
    let _closes = Unread::Close.serve(&scene.network).unwrap();
    let agent = agent(&scene);
    let attempt = scene.s_client(&["-noservername"]);
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/cause", "no-sni-rejected"),
            ("/ended/by", "server"),
            ("/legs/0/ended/how", "reset"),
            ("/legs/1/ended/how", "reset"),
        ],
    );
    let after = |leg: u8| report.pointer(&format!("/legs/{leg}/ended/after_ms"));
    let after = |leg| after(leg).and_then(Value::as_f64).unwrap();
    assert!(after(1) < after(0), "{report:#}");
}

#[test]
fn the_packets_of_a_failure_are_given_with_both_legs_and_a_replay_of_them_says_the_same() {
    let scene = scene();
    let _closes = Unread::Close.serve(&scene.network).unwrap();
    let agent = agent(&scene);
    let attempt = scene.s_client(&["-noservername"]);
    let report = agent.handshake(attempt.port, SOON).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("failure.pcapng");
    let program = paths::tlsmon("debug");
    let mut capture = Command::new(&program);
    capture.args(["capture", "--id", word(&report, "/id"), "-w"]);
    scene.network.node.output(capture.arg(&file)).unwrap();
    let again = replay(&program, &file).unwrap();
    let [again] = again.as_slice() else {
        panic!("{again:#?}");
    };
    for pointer in [
        "/id",
        "/cause",
        "/ended/by",
        "/ended/how",
        "/stage",
        "/client_hello/ja4",
    ] {
        assert_eq!(word(again, pointer), word(&report, pointer), "{pointer}");
    }
    assert_eq!(interfaces(again), ["eth0", "pod0"]);
}

#[test]
fn a_reset_that_the_node_made_in_the_name_of_the_server_is_nobodys() {
    let scene = scene();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    refuse(&scene, "iifname eth0 tcp dport 443 meta length > 200");
    let agent = agent(&scene);
    let attempt = scene.s_client(&["-servername", NAME]);
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/cause", "reset-in-transit"),
            ("/confidence", "likely"),
            ("/ended/by", "network"),
            ("/interface", "eth0"),
        ],
    );
}

#[test]
fn a_reset_that_the_node_made_in_the_name_of_the_client_is_nobodys() {
    let scene = scene();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    refuse(&scene, "iifname pod0 tcp sport 443 meta length > 400");
    let agent = agent(&scene);
    // Nobody tells the client.
    let attempt = scene.curl(&Curl::to(NAME).with(&["--max-time", "2"]));
    let report = agent.handshake(attempt.port, SOON).unwrap();
    assert_says(
        &report,
        &[
            ("/cause", "reset-in-transit"),
            ("/confidence", "likely"),
            ("/ended/by", "network"),
        ],
    );
    assert_eq!(interfaces(&report), ["eth0", "pod0"]);
    assert_eq!(
        report.pointer("/legs/0/ended"),
        Some(&Value::Null),
        "{report:#}"
    );
}
