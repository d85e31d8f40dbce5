//! The agent's page in a real Chromium, over handshakes that a real tlsmon sees. This takes root, and what `cargo xtask setup --purpose web`
//! installs; `cargo xtask test web` sees to both. The screenshots stay in `target/web`, to be looked at.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use xtask::lab::{Agent, AgentOptions, Hello, Network, Pki, SClient, Server, Stream, Unread};
use xtask::{paths, setup};

/// The name that the server serves.
const NAME: &str = "shop.example";

/// Names that nobody serves; one of them is markup.
const REFUSED: [&str; 3] = ["a.example", "b.example", "<img src=x onerror=alert(1)>"];

/// How long a report may take.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn the_page_shows_what_fails_and_says_when_the_agent_is_gone() {
    let network = Network::create().unwrap().without_offloads().unwrap();
    let pki = Pki::create(&[NAME]).unwrap();
    let agent = Agent::start(&network.node, &AgentOptions::new(paths::tlsmon("debug"))).unwrap();
    play(&network, &pki, &agent).unwrap();
    let folder = paths::root().join("target/web");
    fs::create_dir_all(&folder).unwrap();
    let mut node = Command::new("node");
    node.arg(paths::root().join("xtask/tests/web/page.mjs"))
        .arg(setup::playwright())
        .arg("http://127.0.0.1:9469/")
        .arg(&folder)
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

/// Some are content, and others are cut off at once.
fn play(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    let server = Server::openssl(network, pki, NAME, &[])?;
    let good = SClient::with(&["-servername", NAME, "-tls1_2"]);
    let port = good.run(network, pki)?.port;
    agent.handshake(port, SOON)?;
    drop(server);
    let _server = Unread::Close.serve(network)?;
    for name in REFUSED {
        let mut stream = Stream::connect(network)?;
        stream.send(&Hello::named(name).record())?;
        stream.read_to_end(SOON)?;
        agent.handshake(stream.port, SOON)?;
    }
    Ok(())
}
