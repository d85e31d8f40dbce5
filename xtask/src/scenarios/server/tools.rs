//! The servers that come with TLS libraries: `openssl s_server` and `gnutls-serv`.

use std::process::Command;

use anyhow::Result;

use super::super::certificates::NAME;
use super::Site;
use crate::command::require;

/// With `names=only` it has an alert for other names; a client without a name it serves.
pub(super) fn openssl(site: &Site<'_>) -> Result<Option<Command>> {
    let files = site.files();
    let mut command = Command::new(require("openssl")?);
    command.args(["s_server", "-quiet", "-www", "-accept"]);
    command.arg(format!("{}:{}", site.address, site.port));
    if site.words.get("certificate") == Some("none") {
        command.arg("-nocert");
    } else {
        command.arg("-cert").arg(&files.leaf);
        command.arg("-key").arg(&files.key);
        if std::fs::metadata(&files.rest)?.len() > 0 {
            command.arg("-cert_chain").arg(&files.rest);
        }
    }
    if site.names_only() {
        command.args(["-servername", NAME, "-servername_fatal", "-cert2"]);
        command.arg(&files.leaf).arg("-key2").arg(&files.key);
    }
    if site.asks_clients() {
        command.args(["-Verify", "3", "-verify_return_error", "-CAfile"]);
        command.arg(site.certificates.authority());
    }
    let (from, to) = site.versions();
    command.args(["-min_protocol", &protocol(from)]);
    command.args(["-max_protocol", &protocol(to)]);
    let words = site.words;
    for (argument, value) in [
        ("-cipher", site.ciphers()),
        ("-ciphersuites", words.get("suites")),
        ("-groups", words.get("groups")),
        ("-alpn", words.get("alpn")),
    ] {
        command.args(value.into_iter().flat_map(|value| [argument, value]));
    }
    Ok(Some(command))
}

/// `TLSv1`, `TLSv1.2`: OpenSSL's name of a version.
fn protocol(version: &str) -> String {
    format!("TLSv{}", version.trim_end_matches(".0"))
}

/// It refuses unknown names when told which it has.
pub(super) fn gnutls(site: &Site<'_>) -> Result<Option<Command>> {
    let files = site.files();
    let versions = format!(":+VERS-TLS{}", site.each_version().join(":+VERS-TLS"));
    let priority = format!(
        "NORMAL:-VERS-ALL{versions}{}",
        site.words.or("priority", "")
    );
    let mut command = Command::new(require("gnutls-serv")?);
    command.args(["--quiet", "--http", "--port", &site.port.to_string()]);
    command.args(["--priority", &priority, "--x509certfile"]);
    command.arg(&files.chain).arg("--x509keyfile");
    command.arg(&files.key);
    if site.asks_clients() {
        command
            .arg("--require-client-cert")
            .arg("--verify-client-cert");
        command.arg("--x509cafile");
        command.arg(site.certificates.authority());
    } else {
        command.arg("--disable-client-cert");
    }
    if site.names_only() {
        command.args(["--sni-hostname", NAME, "--sni-hostname-fatal"]);
    }
    if let Some(alpn) = site.words.get("alpn") {
        command.args(["--alpn", alpn, "--alpn-fatal"]);
    }
    Ok(Some(command))
}
