//! The clients that one has at hand: `openssl s_client`, curl and `gnutls-cli`.

use std::process::Command;

use anyhow::Result;

use super::Call;
use crate::command::require;

/// It sends what it reads on stdin, and prints what the server answers.
pub(super) fn openssl(call: &Call<'_>) -> Result<Command> {
    let mut command = Command::new(require("openssl")?);
    command.args(["s_client", "-quiet", "-ign_eof", "-connect"]);
    command.arg(format!("{}:{}", call.address, call.port));
    command.arg("-CAfile").arg(call.certificates.authority());
    match call.name() {
        Some(name) => command.args(["-servername", name, "-verify_hostname", name]),
        None => command.arg("-noservername"),
    };
    if !call.trusts_all() {
        command.arg("-verify_return_error");
    }
    if let Some(own) = call.own() {
        command.arg("-cert").arg(own.leaf).arg("-key").arg(own.key);
        if std::fs::metadata(&own.rest)?.len() > 0 {
            command.arg("-cert_chain").arg(own.rest);
        }
    }
    if let Some(version) = call.version() {
        let flag = version.trim_end_matches(".0").replace('.', "_");
        command.arg(format!("-tls{flag}"));
    }
    let words = &call.run.words;
    for (argument, value) in [
        ("-cipher", call.ciphers()),
        ("-ciphersuites", words.get("suites")),
        ("-groups", words.get("groups")),
        ("-alpn", call.alpn().as_deref()),
    ] {
        command.args(value.into_iter().flat_map(|value| [argument, value]));
    }
    Ok(command)
}

/// Without a name it goes to the address itself, which sends no server_name (RFC 6066 section 3).
pub(super) fn curl(call: &Call<'_>) -> Result<Command> {
    let (address, port) = (call.address, call.port);
    let words = &call.run.words;
    let mut command = Command::new(require("curl")?);
    command.args(["--silent", "--show-error", "--noproxy", "*", "--output"]);
    command.args(["/dev/null", "--max-time", words.or("max-time", "20")]);
    command.arg("--cacert").arg(call.certificates.authority());
    if call.trusts_all() || call.name().is_none() {
        command.arg("--insecure");
    }
    if let Some(own) = call.own() {
        command.arg("--cert").arg(own.chain);
        command.arg("--key").arg(own.key);
    }
    if let Some(version) = call.version() {
        command.arg(format!("--tlsv{version}"));
        command.args(["--tls-max", version]);
    }
    for (argument, value) in [
        ("--ciphers", call.ciphers()),
        ("--tls13-ciphers", words.get("suites")),
        ("--curves", words.get("groups")),
    ] {
        command.args(value.into_iter().flat_map(|value| [argument, value]));
    }
    match words.get("alpn") {
        Some("http/1.1") => drop(command.arg("--http1.1")),
        Some("h2") => drop(command.arg("--http2")),
        _ => {}
    }
    if let Some(name) = call.name() {
        command.args(["--resolve", &format!("{name}:{port}:{address}")]);
    }
    let host = call.name().unwrap_or(address);
    command.arg(format!("https://{host}:{port}/"));
    Ok(command)
}

/// It sends what it reads on stdin, and prints what the server answers.
pub(super) fn gnutls(call: &Call<'_>) -> Result<Command> {
    let words = &call.run.words;
    let versions = call
        .version()
        .map(|version| format!(":-VERS-ALL:+VERS-TLS{version}"));
    let versions = versions.unwrap_or_default();
    let priority = format!("NORMAL{versions}{}", words.or("priority", ""));
    let mut command = Command::new(require("gnutls-cli")?);
    command.args(["--port", &call.port.to_string(), "--priority", &priority]);
    command.arg("--x509cafile");
    command.arg(call.certificates.authority());
    match call.name() {
        Some(name) => command.args(["--sni-hostname", name, "--verify-hostname", name]),
        None => command.args(["--disable-sni", "--no-ca-verification"]),
    };
    if call.trusts_all() {
        command.arg("--no-ca-verification");
    }
    if let Some(own) = call.own() {
        command.arg("--x509certfile").arg(own.chain);
        command.arg("--x509keyfile").arg(own.key);
    }
    for alpn in call.alpn().iter().flat_map(|all| all.split(',')) {
        command.args(["--alpn", alpn]);
    }
    command.arg(call.address);
    Ok(command)
}
