//! nginx. With `names=only` it refuses every other name by ssl_reject_handshake, with `certificate=none` every one.

use std::process::Command;

use anyhow::Result;

use super::Site;
use crate::setup;

const SERVER: &str = include_str!("nginx-server.conf");
const REJECTION: &str =
    "server { listen ADDRESS:PORT ssl default_server; ssl_reject_handshake on; }";

pub(super) fn command(site: &Site<'_>) -> Result<Option<Command>> {
    let bare = site.words.get("certificate") == Some("none");
    let rejection = if site.names_only() || bare {
        REJECTION
    } else {
        ""
    };
    let http2 = if site.words.get("alpn") == Some("h2") {
        " http2"
    } else {
        ""
    };
    let template = include_str!("nginx.conf")
        .replace("SERVER", if bare { "" } else { SERVER })
        .replace("REJECTION", rejection)
        .replace("VERSIONS", &versions(site))
        .replace("SETTINGS", &settings(site))
        .replace("HTTP2", http2);
    let config = site.write("nginx.conf", &site.filled(&template))?;
    let mut command = Command::new(setup::nginx());
    command.arg("-c").arg(config).arg("-p").arg(site.folder);
    command.args(["-g", "user root;", "-e", "stderr"]);
    Ok(Some(command))
}

/// For all of its servers: the default one decides for a client whose name it does not know.
fn versions(site: &Site<'_>) -> String {
    let versions = site.each_version().join(" TLSv");
    format!("ssl_protocols TLSv{};", versions.replace("1.0", "1"))
}

fn settings(site: &Site<'_>) -> String {
    let words = site.words;
    let mut lines = Vec::new();
    let mut set = |setting: &str, value: Option<&str>| {
        lines.extend(value.map(|value| format!("{setting} {value};")));
    };
    set("ssl_ciphers", site.ciphers());
    set("ssl_conf_command Ciphersuites", words.get("suites"));
    set("ssl_ecdh_curve", words.get("groups"));
    if site.asks_clients() {
        set("ssl_client_certificate", Some("AUTHORITY"));
        set("ssl_verify_depth", Some("3"));
        set("ssl_verify_client", Some("on"));
    }
    lines.join("\n        ")
}
