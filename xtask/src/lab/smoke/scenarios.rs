//! What real servers and clients do in it, and what tlsmon must say.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{NAME, SOON, Scene};
use crate::lab::{Attempt, Curl, Hello, Pki, SClient, Server, Stream, knock, word};

/// A name of a scenario, and `right` or what was not.
pub(super) type Told = (String, String);

type Scenario = fn(&Scene<'_>) -> Result<()>;

/// Servers in the order in which they have the port, each with its scenarios. Behind a server that has just served the name,
/// a refusal without one is certain.
const OPENSSL: [(&str, Scenario); 3] = [
    (
        "OpenSSL and OpenSSL, TLS 1.2 and 1.3: established",
        established,
    ),
    (
        "the client does not know the authority, TLS 1.2: its alert",
        |scene| untrusted(scene, "-tls1_2"),
    ),
    (
        "the client does not know the authority, TLS 1.3: its alert",
        |scene| untrusted(scene, "-tls1_3"),
    ),
];
const ENVOY: [(&str, Scenario); 4] = [
    ("Envoy and curl: established", served),
    (
        "Envoy has no filter chain for a client without server_name: RST",
        nameless,
    ),
    ("the same, the hello in two segments: RST", nameless_in_two),
    ("Envoy has no filter chain for another name: RST", misnamed),
];
const NGINX: [(&str, Scenario); 1] = [("nginx refuses an unknown name: alert", alerted)];
const NOBODY: [(&str, Scenario); 2] = [
    ("nobody listens, TCP: RST", closed),
    ("nobody listens, QUIC: ICMP", refused),
];

/// Who signed nothing.
const STRANGER: &str = "stranger.example";

/// What fits into a cell of a table.
const LONGEST: usize = 300;

/// Plays all of them.
pub(super) fn play(scene: &Scene<'_>) -> Vec<Told> {
    let (network, pki) = (scene.network, scene.pki);
    let mut told = Vec::new();
    let mut with = |server: Result<Option<Server>>, scenarios: &[(&str, Scenario)]| {
        let server = server.map_err(|error| format!("{error:#}"));
        for (name, scenario) in scenarios {
            told.push(match &server {
                Ok(_running) => self::told(name, scenario(scene)),
                Err(error) => ((*name).to_owned(), error.clone()),
            });
        }
    };
    with(Ok(None), &NOBODY);
    with(Server::openssl(network, pki, NAME, &[]).map(Some), &OPENSSL);
    with(Server::envoy(network, pki, NAME).map(Some), &ENVOY);
    // The last one: it has children, which keep the port until the network goes.
    with(Server::nginx(network, pki, NAME).map(Some), &NGINX);
    told
}

/// A result as a table has it: one line.
pub(super) fn told(name: &str, result: Result<()>) -> Told {
    let word = match result {
        Ok(()) => "right".to_owned(),
        Err(error) => {
            let line = format!("{error:#}").replace(['\n', '|'], " ");
            line.chars().take(LONGEST).collect()
        }
    };
    (name.to_owned(), word)
}

fn established(scene: &Scene<'_>) -> Result<()> {
    for version in ["-tls1_2", "-tls1_3"] {
        let attempt = s_client(scene, &["-servername", NAME, version])?;
        ensure!(attempt.ok, "{attempt:?}");
        says(scene, attempt.port, &[("/outcome", "established")])?;
    }
    Ok(())
}

fn untrusted(scene: &Scene<'_>, version: &str) -> Result<()> {
    // Not another authority of the same name: that is another failure, with another alert.
    let stranger = Pki::create(&[STRANGER])?;
    let other = stranger.certificate(STRANGER).display().to_string();
    let arguments = ["-servername", NAME, version, "-CAfile", &other];
    let attempt = s_client(scene, &arguments)?;
    ensure!(!attempt.ok, "{attempt:?}");
    let expected = [
        ("/cause", "certificate-untrusted"),
        ("/ended/by", "client"),
        ("/alerts/0/description", "unknown_ca"),
    ];
    says(scene, attempt.port, &expected)
}

fn served(scene: &Scene<'_>) -> Result<()> {
    let attempt = Curl::to(NAME).run(scene.network, scene.pki)?;
    ensure!(attempt.ok, "{attempt:?}");
    let expected = [("/outcome", "established"), ("/client_hello/sni", NAME)];
    says(scene, attempt.port, &expected)
}

const NAMELESS: [(&str, &str); 5] = [
    ("/cause", "no-sni-rejected"),
    ("/confidence", "certain"),
    ("/ended/by", "server"),
    ("/ended/how", "reset"),
    ("/client_hello/sni_absent", "not_sent"),
];

fn nameless(scene: &Scene<'_>) -> Result<()> {
    let attempt = Curl::to_address().run(scene.network, scene.pki)?;
    ensure!(!attempt.ok, "{attempt:?}");
    says(scene, attempt.port, &NAMELESS)
}

fn nameless_in_two(scene: &Scene<'_>) -> Result<()> {
    let hello = Hello::nameless().post_quantum().record();
    let mut stream = Stream::connect(scene.network)?;
    stream.send_cut(&hello, &[100])?;
    stream.read_to_end(Duration::from_secs(10))?;
    says(scene, stream.port, &NAMELESS)
}

fn misnamed(scene: &Scene<'_>) -> Result<()> {
    let attempt = s_client(scene, &["-servername", "old.shop.example"])?;
    let expected = [("/cause", "unknown-sni"), ("/ended/how", "reset")];
    says(scene, attempt.port, &expected)
}

fn alerted(scene: &Scene<'_>) -> Result<()> {
    let attempt = s_client(scene, &["-servername", "old.shop.example"])?;
    let expected = [
        ("/cause", "unknown-sni"),
        ("/ended/how", "alert"),
        ("/alerts/0/description", "unrecognized_name"),
    ];
    says(scene, attempt.port, &expected)
}

fn closed(scene: &Scene<'_>) -> Result<()> {
    let attempt = Curl::to(NAME).run(scene.network, scene.pki)?;
    says(scene, attempt.port, &[("/cause", "connection-refused")])
}

/// The datagram and the ICMP message that answers it.
fn refused(scene: &Scene<'_>) -> Result<()> {
    let expected = [
        ("/transport", "quic"),
        ("/cause", "connection-refused"),
        ("/client_hello/sni", "server.test"),
    ];
    says(scene, knock(scene.network)?, &expected)
}

fn s_client(scene: &Scene<'_>, arguments: &[&str]) -> Result<Attempt> {
    SClient::with(arguments).run(scene.network, scene.pki)
}

/// Whether the report of the client at `port` has these words.
fn says(scene: &Scene<'_>, port: u16, expected: &[(&str, &str)]) -> Result<()> {
    let report: Value = scene.agent.handshake(port, SOON)?;
    for (pointer, wanted) in expected {
        let found = word(&report, pointer);
        ensure!(
            found == *wanted,
            "{pointer} is {found:?}, not {wanted:?}: {report}"
        );
    }
    Ok(())
}
