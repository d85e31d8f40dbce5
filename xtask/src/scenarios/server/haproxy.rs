//! HAProxy. With `names=only` it has strict-sni; with `tcp=…` it looks at the name of what it passes through, and does that with
//! other names: `reject` (RST for a connection that it has not read), `silent-drop`.

use std::process::Command;

use anyhow::Result;

use super::Site;
use crate::setup;

pub(super) fn command(site: &Site<'_>) -> Result<Option<Command>> {
    let template = match site.words.get("tcp") {
        Some(act) => include_str!("haproxy-tcp.cfg").replace("TCP", &format!("content {act}")),
        None => include_str!("haproxy.cfg").replace("SETTINGS", &settings(site)),
    };
    let config = site.write("haproxy.cfg", &site.filled(&template))?;
    let mut command = setup::haproxy();
    command.arg("-db").arg("-f").arg(config);
    Ok(Some(command))
}

fn settings(site: &Site<'_>) -> String {
    let (from, to) = site.versions();
    let words = site.words;
    let mut all = vec![format!("ssl-min-ver TLSv{from} ssl-max-ver TLSv{to}")];
    let mut set = |setting: &str, value: Option<&str>| {
        all.extend(value.map(|value| format!("{setting} {value}")));
    };
    set("ciphers", site.ciphers());
    set("ciphersuites", words.get("suites"));
    set("curves", words.get("groups"));
    set("alpn", words.get("alpn"));
    set("", site.names_only().then_some("strict-sni"));
    let asks = site.asks_clients();
    set("", asks.then_some("ca-file AUTHORITY verify required"));
    all.join(" ")
}
