//! Envoy. With `names=only` its one filter chain matches shop.example; with `certificate=none` its secret is never delivered.

use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::super::certificates::NAME;
use super::Site;
use crate::setup;

pub(super) fn command(site: &Site<'_>) -> Result<Option<Command>> {
    let names = if site.names_only() {
        format!("server_names: [{NAME}]")
    } else {
        String::new()
    };
    let template = include_str!("envoy.yaml")
        .replace("MATCH", &names)
        .replace("TLS_CONTEXT", &context(site).to_string());
    let config = site.write("envoy.yaml", &site.filled(&template))?;
    let mut command = Command::new(setup::envoy());
    command.arg("--config-path").arg(config);
    command.args(["--disable-hot-restart", "--concurrency", "1"]);
    command.args(["--log-level", "warning"]);
    command.args(["--service-node", "lab", "--service-cluster", "lab"]);
    Ok(Some(command))
}

/// A DownstreamTlsContext.
fn context(site: &Site<'_>) -> Value {
    let words = site.words;
    let (from, to) = site.versions();
    let version = |version: &str| format!("TLSv{}", version.replace('.', "_"));
    let list = |text: &str| {
        let items = text.split([':', ',']).filter(|item| !item.is_empty());
        json!(items.collect::<Vec<_>>())
    };
    let parameters = json!({
        "tls_minimum_protocol_version": version(from),
        "tls_maximum_protocol_version": version(to),
        "cipher_suites": list(words.or("ciphers", "")),
        "ecdh_curves": list(words.or("groups", "")),
    });
    let (certificates, secrets) = match words.get("certificate") {
        Some("none") => (json!([]), undelivered()),
        _ => (certificate(), json!([])),
    };
    let authority = json!({ "trusted_ca": { "filename": "AUTHORITY" } });
    json!({
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "require_client_certificate": site.asks_clients(),
        "common_tls_context": {
            "tls_params": parameters,
            "alpn_protocols": list(words.or("alpn", "h2,http/1.1")),
            "tls_certificates": certificates,
            "tls_certificate_sds_secret_configs": secrets,
            "validation_context": site.asks_clients().then_some(authority),
        },
    })
}

fn certificate() -> Value {
    json!([{ "certificate_chain": { "filename": "CHAIN" }, "private_key": { "filename": "KEY" } }])
}

/// A secret to be had from a server that nobody reaches, as when a Kubernetes secret is missing.
fn undelivered() -> Value {
    let service = json!({ "envoy_grpc": { "cluster_name": "nowhere" } });
    let source =
        json!({ "api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [service] });
    json!([{
        "name": "missing",
        "sds_config": { "resource_api_version": "V3", "initial_fetch_timeout": "0.1s", "api_config_source": source },
    }])
}
