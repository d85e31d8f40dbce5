//! What the hellos, the certificate and the rest of a report say, by their fields in the JSON.

use serde_json::Value;

use crate::tls::names;
use crate::triage::text::{Role, Row};

/// How many entries of a list are shown.
const LISTED: usize = 24;

/// What there is to say.
pub(super) fn rows(report: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    client_hello(report, &mut rows);
    server_hello(report, &mut rows);
    certificate(report, &mut rows);
    alerts(report, &mut rows);
    protected(report, &mut rows);
    rest(report, &mut rows);
    rows
}

fn heading(rows: &mut Vec<Row>, text: &str) {
    if !rows.is_empty() {
        rows.push(Row::empty());
    }
    rows.push(Row::new(Role::Strong, text));
}

/// A fact, unless it is null or an empty list.
fn fact(rows: &mut Vec<Row>, name: &str, value: &Value) {
    let said = said(value);
    if !said.is_empty() {
        rows.push(Row::fact(name, Role::Plain, &said));
    }
}

/// A value as people read it.
fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(list) => {
            let mut words: Vec<String> = list.iter().take(LISTED).map(said).collect();
            words
                .extend((list.len() > LISTED).then(|| format!("and {} more", list.len() - LISTED)));
            words.join(", ")
        }
        Value::Object(fields) => {
            let known = fields.iter().filter(|(_, value)| !value.is_null());
            let words: Vec<String> = known
                .map(|(name, value)| format!("{name} {}", said(value)))
                .collect();
            words.join(", ")
        }
    }
}

/// Code points by their names.
fn named(list: &Value, name: impl Fn(u16) -> Option<&'static str>) -> Value {
    let numbers = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64);
    let words = numbers.map(|number| {
        let name = u16::try_from(number).ok().and_then(&name);
        Value::String(name.map_or_else(|| format!("{number:#06x}"), ToOwned::to_owned))
    });
    Value::Array(words.collect())
}

fn client_hello(report: &Value, rows: &mut Vec<Row>) {
    let Some(hello) = report.get("client_hello").filter(|hello| !hello.is_null()) else {
        heading(rows, "ClientHello: not seen");
        return;
    };
    let at = |name: &str| hello.get(name).unwrap_or(&Value::Null);
    heading(rows, "ClientHello");
    match at("sni") {
        Value::Null => rows.push(Row::fact(
            "sni",
            Role::Bad,
            &format!("none ({})", said(at("sni_absent"))),
        )),
        name => fact(rows, "sni", name),
    }
    fact(rows, "versions", at("versions"));
    fact(
        rows,
        "cipher suites",
        &named(at("cipher_suites"), names::cipher_suite),
    );
    fact(rows, "groups", &named(at("groups"), names::group));
    fact(rows, "key shares", &named(at("key_shares"), names::group));
    fact(
        rows,
        "signatures",
        &named(at("signature_schemes"), names::signature_scheme),
    );
    fact(rows, "alpn", at("alpn"));
    fact(
        rows,
        "extensions",
        &named(at("extensions"), names::extension),
    );
    let size = format!(
        "{} bytes in {} packets",
        said(at("bytes")),
        said(at("segments"))
    );
    rows.push(Row::fact("size", Role::Plain, &size));
    fact(rows, "ja4", at("ja4"));
    fact(rows, "ja3", at("ja3"));
}

fn server_hello(report: &Value, rows: &mut Vec<Row>) {
    if let Some(retry) = report
        .get("hello_retry_request")
        .filter(|retry| !retry.is_null())
    {
        heading(rows, "HelloRetryRequest");
        fact(rows, "asks for", retry);
    }
    let Some(hello) = report.get("server_hello").filter(|hello| !hello.is_null()) else {
        heading(rows, "ServerHello: not seen");
        return;
    };
    let at = |name: &str| hello.get(name).unwrap_or(&Value::Null);
    heading(rows, "ServerHello");
    fact(rows, "version", at("version"));
    match at("cipher_suite_name") {
        Value::Null => fact(rows, "cipher suite", at("cipher_suite")),
        name => fact(rows, "cipher suite", name),
    }
    match at("group_name") {
        Value::Null => fact(rows, "group", at("group")),
        name => fact(rows, "group", name),
    }
    fact(rows, "alpn", at("alpn"));
    fact(rows, "resumed", at("resumed"));
    fact(rows, "ja3s", at("ja3s"));
}

fn certificate(report: &Value, rows: &mut Vec<Row>) {
    let Some(certificate) = report.get("certificate").filter(|found| !found.is_null()) else {
        return;
    };
    heading(rows, "Certificate");
    for (name, field) in [
        ("subject", "subject"),
        ("issuer", "issuer"),
        ("names", "names"),
        ("not before", "not_before"),
        ("not after", "not_after"),
        ("validity", "validity"),
        ("covers sni", "covers_sni"),
        ("chain", "chain"),
        ("in order", "ordered"),
        ("complete", "complete"),
        ("self-signed", "self_signed"),
        ("key", "key"),
        ("signed by", "signature_algorithm"),
        ("ocsp", "ocsp"),
        ("sha256", "fingerprint_sha256"),
        ("unreadable", "unreadable"),
    ] {
        fact(rows, name, certificate.get(field).unwrap_or(&Value::Null));
    }
}

fn alerts(report: &Value, rows: &mut Vec<Row>) {
    let alerts = report.get("alerts").and_then(Value::as_array);
    let Some(alerts) = alerts.filter(|alerts| !alerts.is_empty()) else {
        return;
    };
    heading(rows, "Alerts");
    for alert in alerts {
        let at = |name: &str| said(alert.get(name).unwrap_or(&Value::Null));
        let mut words = format!("{} {}", at("level"), at("description"));
        if at("encrypted") == "yes" {
            words.push_str(" (encrypted)");
        }
        rows.push(Row::fact(
            &format!("from {}", at("from")),
            Role::Bad,
            words.trim(),
        ));
    }
}

fn protected(report: &Value, rows: &mut Vec<Row>) {
    let Some(protected) = report.get("protected").filter(|found| !found.is_null()) else {
        return;
    };
    heading(
        rows,
        "Encrypted records (what they hold is inferred from place and size)",
    );
    for side in ["client", "server"] {
        let records = protected.get(side).and_then(Value::as_array);
        for record in records.into_iter().flatten() {
            let at = |name: &str| said(record.get(name).unwrap_or(&Value::Null));
            let words = format!("{} bytes  {}", at("bytes"), at("inferred"));
            rows.push(Row::fact(side, Role::Plain, words.trim()));
        }
    }
}

fn rest(report: &Value, rows: &mut Vec<Row>) {
    heading(rows, "Where and when");
    for (name, field) in [
        ("id", "id"),
        ("time", "time"),
        ("node", "node"),
        ("interface", "interface"),
        ("transport", "transport"),
        ("direction", "direction"),
        ("tunnel", "tunnel"),
        ("proxy", "proxy_protocol"),
        ("starttls", "starttls"),
        ("early data", "early_data"),
        ("probe", "probe"),
        ("took (ms)", "timing_ms"),
    ] {
        fact(rows, name, report.get(field).unwrap_or(&Value::Null));
    }
    let legs = report.get("legs").and_then(Value::as_array);
    for leg in legs.into_iter().flatten() {
        fact(rows, "leg", leg);
    }
    let missing = report.pointer("/capture/missing").unwrap_or(&Value::Null);
    if missing
        .as_array()
        .is_some_and(|missing| !missing.is_empty())
    {
        rows.push(Row::fact("not seen", Role::Warning, &said(missing)));
    }
    if let Some(rate @ 2..) = report
        .pointer("/capture/sample_rate")
        .and_then(Value::as_u64)
    {
        rows.push(Row::fact(
            "sampled",
            Role::Warning,
            &format!("1 in {rate} flows is watched"),
        ));
    }
}
