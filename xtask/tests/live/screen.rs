//! `tlsmon triage` in a real terminal: keys go in, the screen comes out, and the terminal is as it was before when it is over.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use xtask::lab::{Pki, Server, Terminal, until};
use xtask::{paths, recording};

use crate::scene::{NAME, SOON, Scene};

fn terminal(command: &str) -> Terminal {
    let terminal = Terminal::start((120, 40), Path::new("/"), &[]).unwrap();
    keys(&terminal, &[&format!("{command}; echo STATUS=$?"), "Enter"]);
    terminal
}

fn keys(terminal: &Terminal, keys: &[&str]) {
    terminal.keys(keys).unwrap();
}

fn triage(name: &str) -> String {
    let capture = paths::root().join("monitor/tests/captures").join(name);
    let program = paths::tlsmon("debug");
    format!("{} triage {}", program.display(), capture.display())
}

#[test]
fn a_person_finds_the_cause_the_packets_and_the_next_step_and_leaves() {
    let terminal = terminal(&triage("nosni_envoy.pcap"));
    terminal
        .shows("1 failure in 1 problem of 1 handshake")
        .unwrap();
    keys(&terminal, &["Enter", "Enter"]);
    let screen = terminal.shows("bare acknowledgements").unwrap();
    assert!(screen.contains("ClientHello, 297 B"), "{screen}");
    assert!(screen.contains(" RST "), "{screen}");
    assert!(screen.contains("enable a wildcard route"), "{screen}");
    keys(&terminal, &["e"]);
    terminal.shows("On the wire").unwrap();
    for size in [(1, 1), (200, 60), (3, 50), (80, 24), (1, 1), (120, 40)] {
        terminal.resize(size.0, size.1).unwrap();
    }
    // A key that comes with a change of size is taken with the next key (crossterm waits for either, and then reads one).
    terminal
        .shows("without one. A server that holds several\n")
        .unwrap();
    // A key right behind an Esc would be another key: terminals write Alt so.
    keys(&terminal, &["Escape"]);
    terminal.shows("bare acknowledgements").unwrap();
    keys(&terminal, &["c"]);
    terminal
        .shows("openssl s_client -connect 10.77.0.2:443 -noservername")
        .unwrap();
    keys(&terminal, &["q"]);
    let after = terminal.shows("STATUS=0").unwrap();
    assert!(!after.contains("wildcard"), "{after}");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let terminal = terminal(&format!("timeout -s TERM 1 {}", triage("nosni_envoy.pcap")));
    terminal.shows("no-sni-rejected").unwrap();
    // That of `timeout`, when it had to send the signal.
    let after = terminal.shows("STATUS=124").unwrap();
    assert!(!after.contains("no-sni-rejected"), "{after}");
    keys(&terminal, &["echo typed", "Enter"]);
    terminal.shows("\ntyped").unwrap();
}

#[test]
fn a_failure_is_on_the_screen_while_the_agent_watches_and_its_packets_are_there() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    let program = paths::tlsmon("debug");
    let node = scene.network.node.name();
    let terminal = terminal(&format!(
        "ip netns exec {node} {} triage",
        program.display()
    ));
    terminal.shows("live").unwrap();
    scene.s_client(&["-noservername"]);
    terminal.shows("1 failure in 1 problem").unwrap();
    keys(&terminal, &["Enter", "Enter"]);
    let screen = terminal.shows("bare acknowledgements").unwrap();
    assert!(
        screen.contains("no-sni-rejected") && screen.contains(" RST "),
        "{screen}"
    );
    agent.end(Signal::SIGINT).unwrap();
    terminal.shows("LOST: ").unwrap();
    keys(&terminal, &["q"]);
    terminal.shows("STATUS=0").unwrap();
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let terminal = terminal(&triage("nosni_envoy.pcap"));
    terminal.shows("no-sni-rejected").unwrap();
    let shell = terminal.shell().unwrap();
    let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    let program = Path::new("/proc").join(children.trim());
    assert!(program.exists(), "{children}");
    terminal.close().unwrap();
    let is_gone = || Ok((!program.exists()).then_some(()));
    until("the program to end", SOON, is_gone).unwrap();
}

/// An agent of this build behind TLS and a token on the node, asked by the client, who is elsewhere.
#[test]
fn an_agent_elsewhere_is_watched_over_tls_with_its_token_and_what_is_wrong_is_said() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let node = Pki::create(&["192.0.2.1"]).unwrap();
    let file = |name: &str| node.folder().join(name).display().to_string();
    fs::write(file("token"), "0123456789abcdef-token\n").unwrap();
    fs::write(file("wrong"), "fedcba9876543210-token\n").unwrap();
    let [token, cert, key] = ["token", "192.0.2.1.crt", "192.0.2.1.key"].map(file);
    let offered: [&[&str]; 4] = [
        &["--api-listen", "192.0.2.1:9470"],
        &["--api-token-file", &token],
        &["--tls-cert", &cert],
        &["--tls-key", &key],
    ];
    let agent = scene.agent_with(&offered.concat());
    let client = scene.network.client.name();
    let program = paths::tlsmon("debug").display().to_string();
    let asks = |verb: &str, token: &str, authority: &Path| {
        let (token, authority) = (file(token), authority.display());
        format!(
            "ip netns exec {client} {program} {verb} --connect https://192.0.2.1:9470 --token-file {token} --ca-file {authority}"
        )
    };
    let watched = terminal(&asks("triage", "token", &node.authority()));
    watched.shows("https://192.0.2.1:9470: live").unwrap();
    let refused = terminal(&asks("triage", "wrong", &node.authority()));
    refused.shows("LOST: it answers 401 Unauthorized").unwrap();
    let doubted = terminal(&asks("triage", "token", &scene.pki.authority()));
    doubted.shows("as in --ca-file").unwrap();
    scene.s_client(&["-noservername"]);
    watched.shows("1 failure in 1 problem").unwrap();
    keys(&watched, &["Enter", "Enter"]);
    watched.shows("bare acknowledgements").unwrap();
    let saved = file("proof.pcapng");
    let asked = format!("{} -w {saved}", asks("capture", "token", &node.authority()));
    let said = Command::new("sh").args(["-c", &asked]).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    assert!(fs::metadata(&saved).unwrap().len() > 500);
    agent.end(Signal::SIGINT).unwrap();
    watched.shows("LOST: ").unwrap();
    let _again = scene.agent_with(&offered.concat());
    watched.shows(": live").unwrap();
    scene.s_client(&["-noservername"]);
    watched.shows("2 failures in 1 problem").unwrap();
}

#[test]
fn the_recording_in_the_docs_is_what_the_screen_shows() {
    let now = recording::made().unwrap();
    let kept = fs::read_to_string(recording::file()).unwrap();
    let differs = now
        .lines()
        .zip(kept.lines())
        .find(|(now, kept)| now != kept);
    assert!(
        now == kept,
        "run \"cargo xtask generate recording\": {differs:?}"
    );
}
