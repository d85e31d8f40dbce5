//! What tlsmon leaves behind: nothing of its own, and everything of others.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use aya::programs::loaded_programs;
use nix::sys::signal::Signal;
use xtask::lab::{Curl, Namespace, Server, until};

use crate::scene::{NAME, SOON, Scene};

#[test]
fn an_interrupt_ends_with_a_summary_and_says_so_in_the_exit_status() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let agent = scene.agent();
    scene.curl(&Curl::to(NAME));
    let ended = agent.end(Signal::SIGINT).unwrap();
    ended.summary().unwrap();
    let interrupted = ended.status.code() == Some(130) || ended.status.signal() == Some(2);
    assert!(interrupted, "{}\n{}", ended.status, ended.stderr);
}

#[test]
fn a_request_to_terminate_ends_well_with_a_summary() {
    let scene = Scene::new();
    let agent = scene.agent();
    let ended = agent.end(Signal::SIGTERM).unwrap();
    ended.summary().unwrap();
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}\n{}",
        ended.status,
        ended.stderr
    );
}

#[test]
fn a_killed_tlsmon_leaves_no_program_on_the_hooks() {
    let scene = Scene::new();
    let agent = scene.agent_with(&["--attach", "tcx"]);
    let programs = programs_of(agent.id());
    assert!(programs.len() >= 2, "{programs:?}");
    agent.end(Signal::SIGKILL).unwrap();
    until("the programs to go", SOON, || {
        let left = loaded_programs()
            .flatten()
            .any(|program| programs.contains(&program.id()));
        Ok((!left).then_some(()))
    })
    .unwrap();
    assert_eq!(filters(&scene.network.node).len(), 0);
}

#[test]
fn filters_of_a_killed_tlsmon_are_replaced_at_the_next_start_and_removed_at_its_end() {
    let scene = Scene::new();
    let node = &scene.network.node;
    for _kill in 0..3 {
        let agent = scene.agent_with(&["--attach", "clsact"]);
        assert_eq!(filters(node).len(), 2, "{:?}", filters(node));
        agent.end(Signal::SIGKILL).unwrap();
        assert_eq!(filters(node).len(), 2, "{:?}", filters(node));
    }
    let agent = scene.agent_with(&["--attach", "clsact"]);
    assert_eq!(filters(node).len(), 2, "{:?}", filters(node));
    agent.end(Signal::SIGTERM).unwrap();
    assert_eq!(filters(node).len(), 0, "{:?}", filters(node));
}

#[test]
fn the_qdisc_and_the_filter_of_somebody_else_survive_start_end_and_kill() {
    let scene = Scene::new();
    let node = &scene.network.node;
    tc(node, "qdisc add dev eth0 clsact");
    tc(
        node,
        "filter add dev eth0 ingress pref 2 protocol all u32 match u32 0 0 classid 1:1",
    );
    let before = tc(node, "filter show dev eth0 ingress");
    for (attach, signal) in [
        ("clsact", Signal::SIGTERM),
        ("clsact", Signal::SIGKILL),
        ("tcx", Signal::SIGKILL),
    ] {
        let agent = scene.agent_with(&["--attach", attach]);
        agent.end(signal).unwrap();
        assert!(
            tc(node, "filter show dev eth0 ingress").contains(before.trim()),
            "{attach} {signal}"
        );
        assert!(
            tc(node, "qdisc show dev eth0").contains("clsact"),
            "{attach} {signal}"
        );
    }
}

/// With a program of somebody else's that ends the chain behind it, tlsmon still sees everything.
#[test]
fn two_agents_on_one_interface_both_see_every_handshake() {
    let scene = Scene::new();
    let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
    let first = scene.agent();
    let second = scene.agent_with(&["--listen", "127.0.0.1:9470"]);
    for _time in 0..3 {
        let port = scene.s_client(&["-noservername"]).port;
        first.handshake(port, SOON).unwrap();
        second.handshake(port, SOON).unwrap();
    }
}

/// As when a DaemonSet rolls: both watch for a while, neither takes the other's filters, and the second one serves when the
/// first has gone.
#[test]
fn a_second_tlsmon_takes_over_from_the_first_and_no_handshake_falls_between_them() {
    for attach in ["clsact", "tcx"] {
        let scene = Scene::new();
        let _envoy = Server::envoy(&scene.network, &scene.pki, NAME).unwrap();
        let first = scene.agent_with(&["--attach", attach]);
        let filters_of_one = filters(&scene.network.node).len();
        // The first one answers for it, that it is ready.
        let second = scene.agent_with(&["--attach", attach, "--wait-for-port"]);
        until("the second one to watch", SOON, || {
            Ok(second.stderr().contains("watching eth0").then_some(()))
        })
        .unwrap();
        let both = filters(&scene.network.node).len();
        assert_eq!(both, 2 * filters_of_one, "{attach}");
        let port = scene.s_client(&["-noservername"]).port;
        first.handshake(port, SOON).unwrap();
        second.handshake(port, SOON).unwrap();
        first.end(Signal::SIGTERM).unwrap();
        assert_eq!(filters(&scene.network.node).len(), filters_of_one);
        let port = scene.s_client(&["-noservername"]).port;
        second.handshake(port, SOON).unwrap();
        until("the second one to serve", SOON, || {
            Ok(second.get("/metrics").ok())
        })
        .unwrap();
        second.end(Signal::SIGTERM).unwrap();
        assert_eq!(filters(&scene.network.node).len(), 0, "{attach}");
    }
}

/// The kernel's numbers of the programs that a process holds, as its open files tell.
fn programs_of(pid: u32) -> BTreeSet<u32> {
    fs::read_dir(format!("/proc/{pid}/fdinfo"))
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok())
        .filter_map(|text| {
            let line = text.lines().find(|line| line.starts_with("prog_id:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .collect()
}

/// The BPF filters on both hooks of the node's eth0; all of them are tlsmon's.
fn filters(node: &Namespace) -> Vec<String> {
    ["ingress", "egress"]
        .iter()
        .flat_map(|hook| {
            let text = tc(node, &format!("filter show dev eth0 {hook}"));
            text.lines()
                .filter(|line| line.contains(" bpf ") && line.contains("handle"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn tc(node: &Namespace, arguments: &str) -> String {
    node.output(Command::new("tc").args(arguments.split(' ')))
        .unwrap()
}
