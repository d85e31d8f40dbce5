//! The agent's page in a real Chromium, over handshakes that a real tlsmon sees. This takes root, and what `cargo xtask setup --purpose web`
//! installs; `cargo xtask test web` sees to both. The screenshots stay in `target/web`, to be looked at.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use serde_json::Value;
use xtask::command::require;
use xtask::lab::{Agent, AgentOptions, Curl, Network, POD, Pki, SClient, Server, Unread};
use xtask::{paths, setup};

/// The name that the server serves.
const NAME: &str = "shop.example";

/// Names that nobody serves; one of them is markup.
const REFUSED: [&str; 3] = ["a.example", "b.example", "<img src=x onerror=alert(1)>"];

/// How long a report may take.
const SOON: Duration = Duration::from_secs(20);

/// Where the node sends what comes for the pod's address, as it does what comes for a Service.
const BEHIND: &str = "198.51.100.21";

/// The node's own address: whoever asks there is no caller of this host's loopback.
const GUARDED: &str = "192.0.2.1:9470";

/// A secret of this test.
const TOKEN: &str = "a-token-that-opens-one-lab";

#[test]
fn the_page_shows_what_fails_asks_for_the_token_and_says_when_the_agent_is_gone() {
    let network = Network::create().unwrap().without_offloads().unwrap();
    let pki = Pki::create(&[NAME]).unwrap();
    translate(&network).unwrap();
    let folder = paths::root().join("target/web");
    fs::create_dir_all(&folder).unwrap();
    let token = pki.folder().join("token");
    fs::write(&token, TOKEN).unwrap();
    let agent = agent(&network, &pki, &token).unwrap();
    play(&network, &pki, &agent).unwrap();
    assert_baseline(&agent).unwrap();
    let mut node = Command::new("node");
    node.arg(paths::root().join("xtask/tests/web/page.mjs"))
        .arg(setup::playwright())
        .arg("http://127.0.0.1:9469/")
        .arg(&folder)
        .arg(format!("https://{GUARDED}/"))
        .arg(TOKEN)
        .stdout(Stdio::piped());
    let mut node = network.node.inside(|| node.spawn()).unwrap().unwrap();
    let mut agent = Some(agent);
    let mut said = Vec::new();
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "end the agent" {
            agent.take().unwrap().end(Signal::SIGTERM).unwrap();
        } else {
            said.push(line);
        }
    }
    assert!(node.wait().unwrap().success(), "{said:?}");
    assert_eq!(said, ["0 wrong"]);
}

/// The pod is behind a Service: a handshake has two legs.
fn translate(network: &Network) -> Result<()> {
    network.pod.ip(&format!("addr add {BEHIND}/24 dev eth0"))?;
    nft(
        network,
        &format!(
            "add table ip services; \
             add chain ip services in {{ type nat hook prerouting priority -100; }}; \
             add rule ip services in iifname eth0 ip daddr {POD} tcp dport 443 dnat to {BEHIND}"
        ),
    )
}

fn nft(network: &Network, rules: &str) -> Result<()> {
    let mut nft = Command::new(require("nft")?);
    network.node.output(nft.arg(rules)).map(drop)
}

/// One that watches the card and the pod's interface, and asks for a token where not this host's loopback asks.
fn agent<'a>(network: &'a Network, pki: &Pki, token: &Path) -> Result<Agent<'a>> {
    let (certificate, key) = (pki.certificate(NAME), pki.key(NAME));
    let text = |path: &Path| path.display().to_string();
    let files = [text(token), text(&certificate), text(&key)];
    let [token, certificate, key] = &files;
    let options = AgentOptions::new(paths::tlsmon("debug")).with(&[
        "--interface",
        "pod0",
        "--api-listen",
        GUARDED,
        "--api-token-file",
        token,
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
    ]);
    Agent::start(&network.node, &options)
}

/// Some are content, one is cut off by the node in the name of the client, and others by the server.
fn play(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    let server = Server::openssl(network, pki, NAME, &[])?;
    let good = SClient::with(&["-servername", NAME, "-tls1_2"]);
    let port = good.run(network, pki)?.port;
    agent.handshake(port, SOON)?;
    nft(
        network,
        "add table ip refused; \
         add chain ip refused on { type filter hook forward priority 0; }; \
         add rule ip refused on iifname pod0 tcp sport 443 meta length > 400 reject with tcp reset",
    )?;
    // Nobody tells the client.
    let cut = Curl::to(NAME).with(&["--max-time", "2"]);
    let port = cut.run(network, pki)?.port;
    agent.handshake(port, SOON)?;
    nft(network, "delete table ip refused")?;
    drop(server);
    let _server = Unread::Close.serve(network)?;
    for name in REFUSED {
        refused(network, pki, agent, name)?;
    }
    Ok(())
}

/// What the page does not show yet: what verdicts on the server rest on comes from the capture itself.
fn assert_baseline(agent: &Agent<'_>) -> Result<()> {
    let said = agent.get("/api/v1/endpoints?server=198.51.100.20")?;
    let said: Value = serde_json::from_str(&said)?;
    let of = |pointer: &str| said.pointer(&format!("/baselines/0/{pointer}")).cloned();
    assert_eq!(of("with_sni/completed"), Some(1.into()), "{said:#}");
    assert_eq!(of("negotiated/versions/0"), Some("TLS1.2".into()));
    assert_eq!(of("names/0/name"), Some(NAME.into()));
    assert_eq!(of("refusals/count"), Some(REFUSED.len().into()));
    Ok(())
}

/// A client that asks by this name and is not answered.
fn refused(network: &Network, pki: &Pki, agent: &Agent<'_>, name: &str) -> Result<()> {
    let port = SClient::with(&["-servername", name])
        .run(network, pki)?
        .port;
    agent.handshake(port, SOON).map(drop)
}
