//! What every kernel must show: tlsmon loads, attaches, names a failure and a success, and leaves.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;

use super::{
    Agent, AgentOptions, Hello, Network, Pki, SClient, Server, Stream, Unread, knock, pause, until,
    word,
};
use crate::say;

const NAME: &str = "shop.example";

/// Long enough for an emulated machine.
const SOON: Duration = Duration::from_secs(20);

/// Runs it with this tlsmon, which must attach as `attach` says.
pub fn run(program: &Path, attach: &str) -> Result<()> {
    let network = Network::create()?;
    let pki = Pki::create(&[NAME])?;
    let agent = Agent::start(&network.node, &AgentOptions::new(program.to_owned()))?;
    say::note(agent.stderr());
    attached_by(attach, &agent)?;
    established(&network, &pki, &agent)?;
    rejected(&network, &agent)?;
    refused(&network, &agent)?;
    let lost = agent.metric("tlsmon_lost_total", &[])?;
    ensure!(lost == 0.0, "lost {lost}");
    let ended = agent.end(Signal::SIGTERM)?;
    say::note(ended.summary()?);
    nothing_is_left(&network)
}

/// The gauge follows the agent's own clock, so it may come a moment after readiness.
fn attached_by(attach: &str, agent: &Agent<'_>) -> Result<()> {
    let label = format!("attach=\"{attach}\"");
    until(&format!("an interface with {label}"), SOON, || {
        Ok((agent.metric("tlsmon_interfaces", &[&label])? > 0.0).then_some(()))
    })
    .with_context(|| agent.get("/metrics").unwrap_or_default())
}

fn established(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    let _server = Server::openssl(network, pki, NAME, &[])?;
    for version in ["-tls1_2", "-tls1_3"] {
        let attempt = SClient::with(&["-servername", NAME, version]).run(network, pki)?;
        ensure!(attempt.ok, "{attempt:?}");
        let report = agent.handshake(attempt.port, SOON)?;
        ensure!(word(&report, "/outcome") == "established", "{report}");
    }
    Ok(())
}

fn rejected(network: &Network, agent: &Agent<'_>) -> Result<()> {
    let _server = Unread::Close.serve(network)?;
    let hello = Hello::nameless().post_quantum().record();
    let mut stream = Stream::connect(network)?;
    stream.send_cut(&hello, &[100])?;
    stream.read_to_end(Duration::from_secs(5))?;
    let report = agent.handshake(stream.port, SOON)?;
    ensure!(
        word(&report, "/cause") == "no-sni-rejected" && word(&report, "/ended/how") == "reset",
        "{report}"
    );
    Ok(())
}

/// QUIC to a port that nobody listens on: the datagram and the ICMP message that answers it.
fn refused(network: &Network, agent: &Agent<'_>) -> Result<()> {
    let port = knock(network)?;
    let report = agent.handshake(port, SOON)?;
    ensure!(
        word(&report, "/transport") == "quic"
            && word(&report, "/cause") == "connection-refused"
            && word(&report, "/client_hello/sni") == "server.test",
        "{report}"
    );
    Ok(())
}

/// No program of ours on either hook, no filter.
fn nothing_is_left(network: &Network) -> Result<()> {
    pause(Duration::from_millis(200))?;
    for direction in ["ingress", "egress"] {
        let mut tc = std::process::Command::new("tc");
        let filters = network
            .node
            .output(tc.args(["filter", "show", "dev", "eth0", direction]))?;
        ensure!(
            !filters.contains("tlsmon"),
            "left behind on {direction}: {filters}"
        );
    }
    Ok(())
}
