//! The servers that are programs of this repository: Python, Node.js, Go, and Python without a TLS library where it is to misbehave.

use std::process::Command;

use anyhow::Result;

use super::super::certificates::NAME;
use super::{Site, script};
use crate::command::require;
use crate::setup;

pub(super) fn python(site: &Site<'_>) -> Result<Option<Command>> {
    let mut command = Command::new(require("python3")?);
    command.arg("-u").arg(script("plain.py"));
    command.args(arguments(site));
    Ok(Some(command))
}

pub(super) fn node(site: &Site<'_>) -> Result<Option<Command>> {
    let mut command = Command::new(require("node")?);
    command.arg(script("node.js")).args(arguments(site));
    Ok(Some(command))
}

pub(super) fn go(site: &Site<'_>) -> Result<Option<Command>> {
    let mut command = Command::new(setup::go_peer()?);
    command.arg("server").args(arguments(site));
    let another = site.certificates.files("long-chain");
    command.arg(format!("another={}", another.chain.display()));
    command.arg(format!("another-key={}", another.key.display()));
    if let Some(name) = site.words.get("ech") {
        let list = site.certificates.ech(name);
        command.arg(format!("ech={}", list.display()));
    }
    Ok(Some(command))
}

pub(super) fn raw(site: &Site<'_>) -> Result<Option<Command>> {
    let mut command = Command::new(require("python3")?);
    let another = site.certificates.files("long-chain").chain;
    command.arg("-u").arg(script("raw.py"));
    command.args(arguments(site));
    command.arg(format!("another={}", another.display()));
    command.args(site.words.pass(&["ttl"]));
    Ok(Some(command))
}

/// What all of them take.
fn arguments(site: &Site<'_>) -> Vec<String> {
    let files = site.files();
    let (from, to) = site.versions();
    let mut all = vec![
        format!("address={}", site.address),
        format!("port={}", site.port),
        format!("certificate={}", files.chain.display()),
        format!("key={}", files.key.display()),
        format!("from={from}"),
        format!("to={to}"),
    ];
    if site.asks_clients() {
        let authority = site.certificates.authority();
        all.push(format!("authority={}", authority.display()));
    }
    if site.names_only() {
        all.push(format!("only={NAME}"));
    }
    if let Some(ciphers) = site.ciphers() {
        all.push(format!("ciphers={ciphers}"));
    }
    all.extend(site.words.pass(&["groups", "alpn", "fault"]));
    all
}
