//! Handshakes that succeed, and that fail in all the ways that the alerts tell apart.

use std::time::Duration;

use anyhow::{Result, ensure};
use xtask::lab::{Agent, Curl, Hello, Network, Pki, SClient, Server, Stream, Unread, pause};

use crate::NAME;

/// How long a report may take.
const SOON: Duration = Duration::from_secs(5);

/// Plays all of it once.
pub(crate) fn play(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    envoy(network, pki, agent)?;
    modern(network, pki, agent)?;
    without_certificate(network, agent)?;
    impatient(network, agent)
}

/// An Envoy that serves one name: those who ask for it, by TLS 1.2 too, are content; others are reset.
fn envoy(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    let _envoy = Server::envoy(network, pki, NAME)?;
    let good = Curl::to(NAME).run(network, pki)?;
    let old = SClient::with(&["-servername", NAME, "-tls1_2"]).run(network, pki)?;
    ensure!(good.ok && old.ok, "{good:?} {old:?}");
    let nameless = SClient::with(&["-noservername"]).run(network, pki)?;
    let wrong = SClient::with(&["-servername", "old.shop.example"]).run(network, pki)?;
    // A health check: it connects, and goes.
    let probe = Stream::connect(network)?.port;
    for port in [good.port, old.port, nameless.port, wrong.port, probe] {
        agent.handshake(port, SOON)?;
    }
    Ok(())
}

/// A server of TLS 1.3 alone sends an alert to clients of TLS 1.2.
fn modern(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    let _server = Server::openssl(network, pki, NAME, &["-tls1_3"])?;
    for arguments in [
        &["-servername", NAME] as &[_],
        &["-servername", NAME, "-tls1_2"],
    ] {
        let attempt = SClient::with(arguments).run(network, pki)?;
        agent.handshake(attempt.port, SOON)?;
    }
    Ok(())
}

/// Whatever clients ask for, they are reset, as by an Envoy whose secret has not come.
fn without_certificate(network: &Network, agent: &Agent<'_>) -> Result<()> {
    let _server = Unread::Close.serve(network)?;
    for name in ["a.example", "b.example", "c.example", "d.example", NAME] {
        let mut stream = Stream::connect(network)?;
        stream.send(&Hello::named(name).record())?;
        stream.read_to_end(SOON)?;
        agent.handshake(stream.port, SOON)?;
    }
    Ok(())
}

/// The server says nothing, and the client does not wait for it.
fn impatient(network: &Network, agent: &Agent<'_>) -> Result<()> {
    let _server = Unread::Silent.serve(network)?;
    let mut stream = Stream::connect(network)?;
    stream.send(&Hello::named(NAME).record())?;
    pause(Duration::from_millis(200))?;
    let port = stream.port;
    stream.reset()?;
    agent.handshake(port, SOON)?;
    Ok(())
}
