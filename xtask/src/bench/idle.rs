//! What tlsmon takes while nothing happens: alone, and beside a large cluster whose names it follows. Both at the same time.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::image::{Usage, megabytes};
use crate::lab::{
    Agent, AgentOptions, Kubernetes, Network, Pki, listen_for_interrupts, pause, remove_stale,
    until,
};
use crate::say;

/// After the start, until what is measured begins.
const SETTLED: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_mins(1);

/// The node that the API knows.
const NODE: &str = "gke-1";
/// As many as a node may have.
const HERE: usize = 110;
const SLICES: usize = 100;
const IN_EACH: usize = 100;
const SERVICES: usize = 1000;

/// Watches two idle agents of this program for so long, as root.
pub(super) fn run(program: &Path, time: Duration) -> Result<()> {
    listen_for_interrupts()?;
    remove_stale();
    let network = Network::create()?;
    let pki = Pki::create(&[Kubernetes::HOST])?;
    let cluster = Kubernetes::start(&network.node, &pki, &objects())?;
    let kubeconfig = cluster.kubeconfig.display().to_string();
    say::step(format_args!(
        "idle for {time:?}: alone, and following {HERE} pods of the node, {} endpoints in {SLICES} slices, {SERVICES} Services",
        SLICES * IN_EACH
    ));
    let alone = start(program, &network, &["--kubernetes", "off"])?;
    let arguments = ["--kubeconfig", &kubeconfig, "--node", NODE];
    let following = start(
        program,
        &network,
        &[&arguments[..], &["--listen", "127.0.0.1:9470"][..]].concat(),
    )?;
    until("all names", SOON, || {
        let count = following.metric("tlsmon_kubernetes_objects", &["kind=\"endpointslice\""])?;
        let count = count + following.metric("tlsmon_kubernetes_objects", &["kind=\"service\""])?;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let all = (SLICES + SERVICES) as f64;
        Ok((count >= all).then_some(()))
    })
    .with_context(|| following.get("/metrics").unwrap_or_default())?;
    pause(SETTLED)?;
    let agents = [("alone", &alone), ("with a large cluster", &following)];
    let before = agents.map(|(_, agent)| Usage::of(agent.id()));
    pause(time)?;
    for ((name, agent), before) in agents.into_iter().zip(before) {
        tell(name, time, &before?, &Usage::of(agent.id())?);
    }
    for agent in [alone, following] {
        agent.end(Signal::SIGTERM)?;
    }
    Ok(())
}

fn start<'a>(program: &Path, network: &'a Network, arguments: &[&str]) -> Result<Agent<'a>> {
    let options = AgentOptions::new(program.to_owned()).with(arguments);
    Agent::start(&network.node, &options)
}

fn tell(name: &str, time: Duration, before: &Usage, after: &Usage) {
    let cpu = after.cpu - before.cpu;
    say::note(format_args!(
        "{name:<22} {:>6.1} MB resident, {:>5.1} MB of them its own, {:>5.1} MB at most; {cpu:>6.2} CPU s, {:.2} % of a CPU",
        megabytes(after.resident),
        megabytes(after.anonymous),
        megabytes(after.peak),
        100.0 * cpu / time.as_secs_f64()
    ));
}

/// What the API has, by the path that lists it, with the fields that matter and some that make real ones large.
fn objects() -> Value {
    let services = (0..SERVICES).map(|number| {
        let address = format!("10.8.{}.{}", number / 250, number % 250);
        json!({
            "metadata": meta(&format!("service-{number}"), &json!({})),
            "spec": {
                "type": "ClusterIP", "clusterIP": address, "clusterIPs": [address],
                "ports": [{ "name": "https", "port": 443, "targetPort": 8443, "protocol": "TCP" }],
            },
        })
    });
    json!({
        "/api/v1/pods": (0..HERE).map(pod).collect::<Vec<_>>(),
        "/api/v1/services": services.collect::<Vec<_>>(),
        "/apis/discovery.k8s.io/v1/endpointslices": (0..SLICES).map(slice).collect::<Vec<_>>(),
    })
}

fn meta(name: &str, labels: &Value) -> Value {
    json!({
        "name": name, "namespace": "shop", "resourceVersion": "1", "uid": format!("uid-{name}"),
        "creationTimestamp": "2026-01-01T00:00:00Z", "labels": labels,
        "annotations": { "checksum/config": "f".repeat(64) },
    })
}

fn pod(number: usize) -> Value {
    let name = format!("here-7d4b9c6f5-{number:05}");
    let labels = json!({ "pod-template-hash": "7d4b9c6f5" });
    let address = format!("10.4.2.{number}");
    json!({
        "metadata": meta(&name, &labels),
        "spec": {
            "nodeName": NODE,
            "containers": [{ "name": "main", "env": [{ "name": "A", "value": "b".repeat(200) }], "ports": [{ "containerPort": 8443 }] }],
        },
        "status": { "phase": "Running", "podIP": address, "podIPs": [{ "ip": address }], "hostIP": "10.128.0.5" },
    })
}

fn slice(number: usize) -> Value {
    let service = format!("service-{number}");
    let endpoints = (0..IN_EACH).map(|at| {
        json!({
            "addresses": [format!("10.5.{number}.{at}")], "conditions": { "ready": true }, "nodeName": "gke-2",
            "targetRef": { "kind": "Pod", "namespace": "shop", "name": format!("{service}-7d4b9c6f5-{at:05}"), "uid": "u" },
        })
    });
    json!({
        "metadata": meta(&format!("{service}-1"), &json!({ "kubernetes.io/service-name": service })),
        "addressType": "IPv4",
        "endpoints": endpoints.collect::<Vec<_>>(),
        "ports": [{ "name": "https", "port": 8443, "protocol": "TCP" }],
    })
}
