//! The clients that are programs beside this file: Python, Node.js, and Python without a TLS library where it is to misbehave.

use std::process::Command;

use anyhow::Result;

use super::{Call, script};
use crate::command::require;

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
