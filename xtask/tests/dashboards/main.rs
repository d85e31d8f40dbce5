//! The dashboards and the alerts, asked of a real Prometheus that scrapes a real tlsmon, while real clients succeed and fail at real
//! servers: each query must find what it asks for. This takes root, and what `cargo xtask setup --purpose deploy` installs;
//! `cargo xtask test deploy` sees to both.

mod alerts;
mod expression;
mod kubernetes;
mod panels;
mod prometheus;
mod traffic;

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use xtask::lab::{Agent, AgentOptions, Kubernetes, Network, Pki, until};
use xtask::paths;

use prometheus::Prometheus;

/// The name that the servers serve.
const NAME: &str = "shop.example";

/// What tlsmon calls the endpoint, by the pod that the Kubernetes API has at its address.
const ENDPOINT: &str = "shop/gateway";

/// How often the traffic is played: a series that begins above zero shows no rate until it grows again.
const ROUNDS: usize = 2;

/// How long a scrape of the last of it may take.
const SCRAPED: Duration = Duration::from_secs(10);

#[test]
fn every_panel_and_every_alert_finds_what_it_asks_for() {
    let network = Network::create().unwrap().without_offloads().unwrap();
    let pki = Pki::create(&[NAME, Kubernetes::HOST]).unwrap();
    let cluster = Kubernetes::start(&network.node, &pki, &kubernetes::objects()).unwrap();
    let kubeconfig = cluster.kubeconfig.to_str().unwrap();
    let options = AgentOptions::new(paths::tlsmon("debug"));
    let options = options.with(&["--node", kubernetes::NODE, "--kubeconfig", kubeconfig]);
    let agent = Agent::start(&network.node, &options).unwrap();
    let prometheus = Prometheus::start(&network.node).unwrap();
    wait_for_names(&agent).unwrap();
    for _round in 0..ROUNDS {
        traffic::play(&network, &pki, &agent).unwrap();
        wait_for_scrape(&agent, &prometheus).unwrap();
    }
    let mut wrong = Vec::new();
    wrong.extend(panels::wrong(&prometheus).unwrap());
    wrong.extend(alerts::wrong(&prometheus).unwrap());
    assert!(
        wrong.is_empty(),
        "{}\n{}\n{}",
        wrong.join("\n"),
        agent.get("/metrics").unwrap(),
        agent.stderr()
    );
    agent.end(Signal::SIGTERM).unwrap();
    until("the end of tlsmon to be told", SCRAPED, || {
        let alerts = alerts::that_hold(&prometheus)?;
        Ok(alerts.contains(&"TlsmonDown".to_owned()).then_some(()))
    })
    .unwrap();
}

/// Until pods have their names.
fn wait_for_names(agent: &Agent<'_>) -> Result<()> {
    until("the Kubernetes API to be followed", SCRAPED, || {
        let up = agent.metric("tlsmon_kubernetes_watch_up", &[])?;
        Ok((up > 2.5).then_some(()))
    })
    .map_err(|error| error.context(agent.stderr()))
}

/// Until Prometheus has counted what tlsmon has.
fn wait_for_scrape(agent: &Agent<'_>, prometheus: &Prometheus<'_>) -> Result<()> {
    until("the handshakes to be scraped", SCRAPED, || {
        let told = agent.metric("tlsmon_handshakes_total", &[])?;
        let found = prometheus.now("sum(tlsmon_handshakes_total)")?;
        let counted = found.iter().flat_map(|series| &series.values).sum::<f64>();
        Ok((told > 0.0 && (told - counted).abs() < 0.5).then_some(()))
    })
}
