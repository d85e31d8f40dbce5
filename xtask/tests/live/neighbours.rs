//! tlsmon beside somebody else's programs on the same hooks: theirs see and do what they did before, whatever comes and goes
//! in which order; and where theirs takes the packets first, tlsmon says that it sees none.

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use aya::programs::TcAttachType::{Egress, Ingress};
use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::lab::{Agent, AgentOptions, Server, handshakes, pause, until};
use xtask::paths;

use crate::neighbour::{Neighbour, Place, Then};
use crate::scene::{NAME, SOON, Scene, assert_no_loss, assert_says, assert_zero};

/// How long a check may take to find out: it looks every five seconds, and wants to be sure.
const CHECKED: Duration = Duration::from_secs(25);

/// What the node's eth0 and the neighbour on its ingress counted, at one moment.
struct Ledger {
    device: u64,
    theirs: u64,
}

impl Ledger {
    /// While nothing passes.
    fn open(scene: &Scene, neighbour: &Neighbour<'_>) -> Self {
        let quiet = || {
            let before = Self::now(scene, neighbour);
            pause(Duration::from_millis(50))?;
            let after = Self::now(scene, neighbour);
            Ok((before.device == after.device).then_some(after))
        };
        until("a quiet moment", SOON, quiet).unwrap()
    }

    fn now(scene: &Scene, neighbour: &Neighbour<'_>) -> Self {
        Self {
            device: received(scene, "eth0"),
            theirs: neighbour.packets(),
        }
    }

    /// The neighbour saw every packet since, and there were some.
    fn assert_all_seen(&self, scene: &Scene, neighbour: &Neighbour<'_>, what: &str) {
        let now = Self::open(scene, neighbour);
        let (device, theirs) = (now.device - self.device, now.theirs - self.theirs);
        assert!(
            device > 4 && theirs == device,
            "{what}: {theirs} of {device}"
        );
    }
}

fn received(scene: &Scene, interface: &str) -> u64 {
    let shown = scene
        .network
        .node
        .ip(&format!("-j -s link show {interface}"));
    let shown: Value = serde_json::from_str(&shown.unwrap()).unwrap();
    let count = shown.pointer("/0/stats64/rx/packets");
    count.and_then(Value::as_u64).unwrap()
}

fn index(scene: &Scene, interface: &str) -> u32 {
    let shown = scene.network.node.ip(&format!("-j link show {interface}"));
    let shown: Value = serde_json::from_str(&shown.unwrap()).unwrap();
    let index = shown.pointer("/0/ifindex").and_then(Value::as_u64);
    index.unwrap().try_into().unwrap()
}

/// A handshake that must succeed, whoever is on the way.
fn shake_hands(scene: &Scene) -> u16 {
    let attempt = scene.s_client(&["-servername", NAME]);
    assert!(attempt.ok, "{attempt:?}");
    attempt.port
}

/// tlsmon starts, sees a handshake, and ends by `signal`; all the while, and afterwards, the neighbour sees every packet.
fn come_and_go(scene: &Scene, neighbour: &Neighbour<'_>, attach: &str, signal: Signal) {
    let what = format!("{attach} {signal}");
    let ledger = Ledger::open(scene, neighbour);
    let agent = scene.agent_with(&["--attach", attach]);
    agent.handshake(shake_hands(scene), SOON).unwrap();
    ledger.assert_all_seen(scene, neighbour, &what);
    agent.end(signal).unwrap();
    let ledger = Ledger::open(scene, neighbour);
    shake_hands(scene);
    ledger.assert_all_seen(scene, neighbour, &format!("after {what}"));
}

#[test]
fn a_program_that_counts_counts_all_the_same_whoever_came_first_and_however_tlsmon_ends() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    let node = &scene.network.node;
    let hook = ("eth0", Ingress);
    for (place, signal) in [
        (Place::First, Signal::SIGTERM),
        (Place::Last, Signal::SIGKILL),
    ] {
        let before_us = Neighbour::attach(node, hook, place, Then::Next);
        come_and_go(&scene, &before_us, "tcx", signal);
        drop(before_us);
        let agent = scene.agent();
        let behind_us = Neighbour::attach(node, hook, place, Then::Next);
        let ledger = Ledger::open(&scene, &behind_us);
        agent.handshake(shake_hands(&scene), SOON).unwrap();
        agent.end(Signal::SIGKILL).unwrap();
        shake_hands(&scene);
        ledger.assert_all_seen(&scene, &behind_us, &format!("{place:?} behind us"));
        drop(behind_us);
    }
}

#[test]
fn a_clsact_filter_of_priority_one_and_its_qdisc_stay_and_see_everything() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    let node = &scene.network.node;
    let mut tc = Command::new("tc");
    node.output(tc.args(["qdisc", "add", "dev", "eth0", "clsact"]))
        .unwrap();
    let filter = Neighbour::attach(node, ("eth0", Ingress), Place::Filter, Then::Next);
    for (attach, signal) in [
        ("clsact", Signal::SIGTERM),
        ("clsact", Signal::SIGKILL),
        ("tcx", Signal::SIGKILL),
    ] {
        come_and_go(&scene, &filter, attach, signal);
    }
    drop(filter);
    // One that comes later takes the place in front, until tlsmon has seen it.
    let agent = scene.agent_with(&["--attach", "clsact"]);
    let filter = Neighbour::attach(node, ("eth0", Ingress), Place::Filter, Then::Next);
    until("tlsmon to be in front again", SOON, || {
        Ok(agent.stderr().contains("put back").then_some(()))
    })
    .unwrap();
    let ledger = Ledger::open(&scene, &filter);
    agent.handshake(shake_hands(&scene), SOON).unwrap();
    agent.end(Signal::SIGTERM).unwrap();
    shake_hands(&scene);
    ledger.assert_all_seen(&scene, &filter, "later than us");
    let mut tc = Command::new("tc");
    let qdiscs = node
        .output(tc.args(["qdisc", "show", "dev", "eth0"]))
        .unwrap();
    assert!(qdiscs.contains("clsact"), "{qdiscs}");
}

/// As Cilium's host routing: what comes for the pod goes from the card straight into its namespace, and what the pod sends
/// from its interface straight out of the card.
#[test]
fn host_routing_past_the_hooks_of_pods_takes_nothing_from_a_report() {
    let scene = Scene::new();
    let (node, card, pod) = (&scene.network.node, "eth0", "pod0");
    let server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    shake_hands(&scene); // neighbours find each other
    let to_pod = Then::IntoPod(index(&scene, pod));
    let inward = Neighbour::attach(node, (card, Ingress), Place::Last, to_pod);
    let agent = agent_on_node(&scene);
    let out = Then::Out(index(&scene, card));
    let outward = Neighbour::attach(node, (pod, Ingress), Place::Last, out);
    let before = (inward.packets(), outward.packets());
    let mut ports = Vec::new();
    for _handshake in 0..14 {
        ports.push(shake_hands(&scene));
    }
    for port in &ports {
        let report = agent.handshake(*port, SOON).unwrap();
        assert_says(
            &report,
            &[("/outcome", "established"), ("/interface", card)],
        );
    }
    let refused = scene.s_client(&["-servername", NAME, "-tls1_1"]);
    assert!(!refused.ok, "{refused:?}");
    let report = agent.handshake(refused.port, SOON).unwrap();
    assert_says(&report, &[("/outcome", "failed")]);
    // A neighbour that asks for an address counts as well: until it is one in many, more must come from the pod.
    until("a hook to be one-sided", CHECKED, || {
        let port = shake_hands(&scene);
        agent.handshake(port, SOON).unwrap();
        ports.push(port);
        let labels = ["direction=\"egress\"", "state=\"one_sided\""];
        let now = agent.metric("tlsmon_hooks", &labels)?;
        Ok(((now - 1.0).abs() < 0.5).then_some(()))
    })
    .unwrap();
    assert!(inward.packets() - before.0 > 64 && outward.packets() - before.1 > 64);
    assert_zero(&agent, "tlsmon_hooks", &["state=\"silent\""]);
    let ended = agent.end(Signal::SIGINT).unwrap();
    assert_eq!(handshakes(&ended.stdout).count(), ports.len() + 1);
    assert_no_loss(&ended);
    shake_hands(&scene);
    // Started behind both, and killed.
    let agent = agent_on_node(&scene);
    agent.handshake(shake_hands(&scene), SOON).unwrap();
    agent.end(Signal::SIGKILL).unwrap();
    let before = (inward.packets(), outward.packets());
    shake_hands(&scene);
    assert!(inward.packets() > before.0 && outward.packets() > before.1);
    drop(server);
}

/// tlsmon as the DaemonSet runs it.
fn agent_on_node(scene: &Scene) -> Agent<'_> {
    let mut options = AgentOptions::new(paths::tlsmon("debug"));
    options.arguments = vec!["--interface", "uplink,pods"];
    Agent::start(&scene.network.node, &options).unwrap()
}

/// Waits until so many hooks are in a state.
fn hooks(agent: &Agent<'_>, labels: &str, count: f64) {
    let labels: Vec<_> = labels.split(',').collect();
    until(&format!("{count} hooks with {labels:?}"), CHECKED, || {
        let now = agent.metric("tlsmon_hooks", &labels)?;
        Ok(((now - count).abs() < 0.5).then_some(()))
    })
    .unwrap_or_else(|error| panic!("{error}\n{}", agent.stderr()));
}

/// Packets that reach the node and stay there.
fn trickle(scene: &Scene) -> impl Fn() {
    let socket = scene
        .network
        .client
        .inside(|| UdpSocket::bind("192.0.2.10:0"));
    let socket = socket.unwrap().unwrap();
    move || {
        for _packet in 0..8 {
            let _ = socket.send_to(b"tick", "192.0.2.1:9");
        }
    }
}

#[test]
fn a_filter_that_ends_the_chain_before_ours_is_told_as_a_program_that_does_not_run() {
    let scene = Scene::new();
    let node = &scene.network.node;
    let tc = |arguments: &str| {
        let mut tc = Command::new("tc");
        node.output(tc.args(arguments.split(' '))).unwrap();
    };
    tc("qdisc add dev eth0 clsact");
    // A filter of another kind: ours cannot share its priority, and it gives every packet its last answer.
    tc("filter add dev eth0 ingress prio 1 protocol all u32 match u32 0 0 classid 1:1");
    let agent = scene.agent_with(&["--attach", "clsact"]);
    let tick = trickle(&scene);
    until("the silence to be told", CHECKED, || {
        tick();
        pause(Duration::from_millis(200))?;
        Ok(agent.stderr().contains("does not run").then_some(()))
    })
    .unwrap();
    assert!(
        agent.stderr().contains("eth0 ingress"),
        "{}",
        agent.stderr()
    );
    hooks(&agent, "direction=\"ingress\",state=\"silent\"", 1.0);
    hooks(&agent, "direction=\"egress\",state=\"silent\"", 0.0);
    // Where nothing else is seen either, it is not even ready.
    let said = agent.get("/readyz").map_err(|error| error.to_string());
    let named = |said: &String| said.contains("packets pass unseen: eth0 ingress");
    let refused = |error: &String| error.contains(" 503 ");
    assert!(said.as_ref().map_or_else(refused, named), "{said:?}");
    tc("filter del dev eth0 ingress prio 1 protocol all u32");
    until("the program to run", CHECKED, || {
        tick();
        pause(Duration::from_millis(200))?;
        let silent = agent.metric("tlsmon_hooks", &["state=\"silent\""])?;
        Ok((silent == 0.0).then_some(()))
    })
    .unwrap();
    let said = agent.get("/readyz").unwrap();
    assert_eq!(said.trim(), "ready");
}

#[test]
fn a_program_that_comes_in_front_and_takes_the_packets_is_found_out_and_tlsmon_goes_before_it() {
    let scene = Scene::new();
    let _server = Server::openssl(&scene.network, &scene.pki, NAME, &[]).unwrap();
    shake_hands(&scene);
    let agent = scene.agent_with(&["--attach", "tcx"]);
    agent.handshake(shake_hands(&scene), SOON).unwrap();
    let then = Then::IntoPod(index(&scene, "pod0"));
    let node = &scene.network.node;
    let taker = Neighbour::attach(node, ("eth0", Ingress), Place::First, then);
    let reply = Neighbour::attach(node, ("eth0", Egress), Place::Last, Then::Next);
    until("the program not to run", 2 * CHECKED, || {
        shake_hands(&scene);
        pause(Duration::from_millis(100))?;
        Ok(agent.stderr().contains("does not run").then_some(()))
    })
    .unwrap_or_else(|error| panic!("{error}\n{}", agent.stderr()));
    until("tlsmon to see packets again", CHECKED, || {
        let again = agent.handshake(shake_hands(&scene), Duration::from_secs(1));
        let silent = agent.metric("tlsmon_hooks", &["state=\"silent\""])?;
        Ok((again.is_ok() && silent == 0.0).then_some(()))
    })
    .unwrap_or_else(|error| panic!("{error}\n{}", agent.stderr()));
    let before = (taker.packets(), reply.packets());
    let report = agent.handshake(shake_hands(&scene), SOON).unwrap();
    assert_says(&report, &[("/outcome", "established")]);
    assert!(taker.packets() > before.0 && reply.packets() > before.1);
}
