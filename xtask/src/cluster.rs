//! A real Kubernetes node with the rendered manifests on it: a client pod fails at an Envoy behind a Service, and tlsmon's pod says why,
//! whatever happens to the pods and the API server meanwhile.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::image::{self, Built};
use crate::lab::{listen_for_interrupts, remove_stale, until, uptime, word};
use crate::say;

mod attempts;
mod confinement;
mod desk;
mod door;
mod identities;
mod images;
mod leftovers;
mod manifests;
mod node;
mod settings;
mod workload;

use attempts::Attempts;
use desk::Desk;
use door::Door;
use node::Node;

/// For anything that Kubernetes does.
const SOON: Duration = Duration::from_mins(2);

/// Tries it all.
pub fn run(options: &image::Options) -> Result<()> {
    let built = image::build(options)?;
    say::step("cluster: one node, with its control plane");
    listen_for_interrupts()?;
    remove_stale();
    let started = uptime()?;
    let folder = tempfile::tempdir()?;
    let (lab, agent) = (
        images::lab(folder.path())?,
        folder.path().join("tlsmon.tar"),
    );
    image::archive(&built.name, "docker-archive", &agent)?;
    let mut node = Node::start(&[(images::LAB, &lab), (&built.name, &agent)])?;
    say::note(format_args!("ready in {:.0} s", uptime()? - started));
    let result = tried(&mut node, &built);
    if result.is_err() {
        say::note(node.said());
        say::note(node.kubectl(&["get", "pods,events", "--all-namespaces"])?);
    }
    result
}

fn tried(node: &mut Node, built: &Built) -> Result<()> {
    say::step("manifests: the API server takes each of them");
    manifests::all_are_taken(node)?;
    say::step("tlsmon on the node, a gateway and its clients");
    let door = Door::make(node)?;
    manifests::install(node, built)?;
    confinement::check(node)?;
    workload::install(node)?;
    names_the_cause(node)?;
    door.opens(node)?;
    say::step(
        "at a desk: triage of all agents, and the configuration of gateways against what they saw",
    );
    let desk = Desk::open(node, &built.name)?;
    desk.sees()?;
    desk.checks(node)?;
    say::step("pods come and go, the API server restarts");
    let named = manifests::grant_names()?;
    let mut attempts = Attempts::default();
    attempts.collect(node)?;
    workload::replace(node)?;
    attempts.collect(node)?;
    node.restart_api_server()?;
    workload::attempts_go_on(node)?;
    attempts.collect(node)?;
    workload::replace(node)?;
    attempts.collect(node)?;
    attempts.are_all_told(node, named)?;
    say::step("the next pod takes over, as when the DaemonSet rolls");
    let heard = desk.heard();
    let both = attempts.hand_over(node)?;
    attempts.are_all_told(node, named)?;
    say::note(format_args!(
        "{both} of them told by both pods, while both were there"
    ));
    still_serves(node)?;
    door.opens(node)?;
    desk.follows(heard)?;
    ends(node)
}

/// The next pod has the port that the one before it had.
fn still_serves(node: &Node) -> Result<()> {
    let metric = "tlsmon_handshake_failures_total";
    until("metrics of the next pod", SOON, || {
        let metrics = asked(node, "/metrics").unwrap_or_default();
        Ok(metrics.contains(metric).then_some(()))
    })?;
    api_names_both(node)
}

/// `kubectl logs`, `/metrics` and the API name the cause.
fn names_the_cause(node: &Node) -> Result<()> {
    let report = until("the verdict in kubectl logs", SOON, || {
        let logs = workload::agent_logs(node).unwrap_or_default();
        let mut reports = crate::lab::handshakes(&logs);
        Ok(reports.find(|report| is_nameless(report) && word(report, "/confidence") == "certain"))
    })?;
    say::note(format_args!(
        "kubectl logs: {} {} -> {} {} {} ({})",
        word(&report, "/client/address"),
        word(&report, "/client/pod"),
        word(&report, "/server/address"),
        word(&report, "/server/pod"),
        word(&report, "/cause"),
        word(&report, "/confidence")
    ));
    let client = workload::address(node, "legacy")?;
    ensure!(
        word(&report, "/client/address") == client,
        "the client is {client}: {report}"
    );
    let metric = "tlsmon_handshake_failures_total";
    let metrics = asked(node, "/metrics")?;
    let line = metrics.lines().find(|line| {
        line.starts_with(metric) && line.contains("no-sni-rejected") && !line.ends_with(" 0")
    });
    say::note(format_args!("/metrics: {}", line.unwrap_or_default()));
    ensure!(line.is_some(), "no {metric} for it in\n{metrics}");
    api_has_it(node, word(&report, "/id"))
}

/// The agent's API gives that verdict to who asks for its cause.
fn api_has_it(node: &Node, id: &str) -> Result<()> {
    let path = "/api/v1/handshakes?cause=no-sni-rejected&limit=500";
    let answer: Value = serde_json::from_str(&asked(node, path)?)?;
    let list = answer.get("handshakes").and_then(Value::as_array);
    let has_it = list.is_some_and(|list| list.iter().any(|one| word(one, "/id") == id));
    ensure!(has_it, "{path} does not have {id}: {answer}");
    say::note(format_args!("{path}: has {id}"));
    Ok(())
}

/// The API calls the last of them by the names that the pods have now.
fn api_names_both(node: &Node) -> Result<()> {
    let path = "/api/v1/handshakes?cause=no-sni-rejected&limit=1";
    let answer: Value = serde_json::from_str(&asked(node, path)?)?;
    let names = ["client", "server"].map(|end| format!("/handshakes/0/{end}/pod"));
    let names = names.each_ref().map(|pointer| word(&answer, pointer));
    let pods = [
        workload::pod(node, "legacy")?,
        workload::pod(node, "gateway")?,
    ];
    ensure!(names == pods, "{names:?} in place of {pods:?}: {answer}");
    say::note(format_args!("{path}: {} -> {}", names[0], names[1]));
    Ok(())
}

/// What tlsmon's pod answers on the node.
fn asked(node: &Node, path: &str) -> Result<String> {
    let get = || crate::lab::get("127.0.0.1:9469", path);
    node.namespace().inside(get)?
}

/// Whether this is the verdict that the client without a name must get.
fn is_nameless(report: &Value) -> bool {
    word(report, "/cause") == "no-sni-rejected" && word(report, "/ended/how") == "reset"
}

/// tlsmon goes when it is told to, and nothing of it stays.
fn ends(node: &Node) -> Result<()> {
    node.kubectl(&["delete", "namespace", "tlsmon", "--timeout=60s"])?;
    let links = node.namespace().output(
        std::process::Command::new("tc").args(["filter", "show", "dev", "eth0", "ingress"]),
    )?;
    ensure!(!links.contains("tlsmon"), "left behind: {links}");
    Ok(())
}
