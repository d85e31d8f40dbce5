//! The clients that are programs of this repository: Python, Node.js, Go, rustls, Java, and Python without a TLS library where it
//! is to misbehave.

use std::process::Command;

use anyhow::Result;

use super::{Call, script};
use crate::command::require;
use crate::setup;

pub(super) fn python(call: &Call<'_>) -> Result<Command> {
    let mut command = Command::new(require("python3")?);
    command.arg(script("plain.py")).args(arguments(call));
    Ok(command)
}

pub(super) fn node(call: &Call<'_>) -> Result<Command> {
    let mut command = Command::new(require("node")?);
    command.arg(script("node.js")).args(arguments(call));
    Ok(command)
}

pub(super) fn go(call: &Call<'_>) -> Result<Command> {
    let mut command = Command::new(setup::go_peer()?);
    command.arg("client").args(arguments(call));
    command.args(call.run.words.pass(&["trust"]));
    command.args(ech(call));
    Ok(command)
}

pub(super) fn rustls(call: &Call<'_>) -> Result<Command> {
    let mut command = Command::new(setup::rustls_client()?);
    command.args(arguments(call)).args(ech(call));
    Ok(command)
}

pub(super) fn java(call: &Call<'_>) -> Result<Command> {
    let mut command = setup::java_client()?;
    command.args(arguments(call));
    Ok(command)
}

/// The configurations that it has for Encrypted Client Hello; or it sends what only looks like that.
fn ech(call: &Call<'_>) -> Option<String> {
    let name = call.run.words.get("ech")?;
    let list = call.certificates.ech(name);
    Some(match name {
        "grease" => "ech=grease".to_owned(),
        _ => format!("ech={}", list.display()),
    })
}

pub(super) fn raw(call: &Call<'_>) -> Result<Command> {
    let mut command = Command::new(require("python3")?);
    command.arg(script("raw.py")).args(arguments(call));
    let more = ["after", "patience", "text", "from", "ttl"];
    command.args(call.run.words.pass(&more));
    Ok(command)
}

/// What all of them take.
fn arguments(call: &Call<'_>) -> Vec<String> {
    let authority = call.certificates.authority();
    let mut all = vec![
        format!("address={}", call.address),
        format!("port={}", call.port),
        format!("authority={}", authority.display()),
    ];
    let mut say = |key: &str, value: Option<String>| {
        all.extend(value.map(|value| format!("{key}={value}")));
    };
    say("name", call.name().map(str::to_owned));
    say("version", call.version().map(str::to_owned));
    say("ciphers", call.ciphers().map(str::to_owned));
    if let Some(own) = call.own() {
        say("certificate", Some(own.chain.display().to_string()));
        say("key", Some(own.key.display().to_string()));
    }
    say("alpn", call.alpn());
    all.extend(call.run.words.pass(&["groups", "do"]));
    all
}
