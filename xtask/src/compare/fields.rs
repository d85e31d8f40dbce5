//! What is compared: each field as the peers have it and as tlsmon has it.

use serde_json::{Value, json};

use super::certificate::{certificate, dns_names, key, subject};
use super::values::{at, version};

/// A field of a row and its report: the peers' value and ours; `None` where there is nothing to judge.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) read: fn(&Value, &Value) -> Option<(Value, Value)>,
}

const fn field(name: &'static str, read: fn(&Value, &Value) -> Option<(Value, Value)>) -> Field {
    Field { name, read }
}

/// All fields, in the order of a handshake.
pub(super) const FIELDS: [Field; 35] = [
    field("client", |row, report| {
        let end =
            |of: &Value, ip| json!([at(of, &format!("/client/{ip}")), at(of, "/client/port")]);
        Some((end(row, "ip"), end(report, "address")))
    }),
    field("client hello", |row, report| {
        (!is_ssl2(row)).then(|| (seen(row, "/ch"), seen(report, "/client_hello")))
    }),
    field("server name", |row, report| {
        hello(row, report, "sni", "sni")
    }),
    field("legacy version", |row, report| {
        let (peer, ours) = hello(row, report, "legacy_version", "legacy_version")?;
        Some((version(&peer), ours))
    }),
    field("versions", versions),
    field("cipher suites", |row, report| {
        hello(row, report, "ciphers", "cipher_suites")
    }),
    field("extensions", |row, report| {
        hello(row, report, "extensions", "extensions")
    }),
    field("groups", |row, report| {
        hello(row, report, "groups", "groups")
    }),
    field("key shares", |row, report| {
        hello(row, report, "key_share_groups", "key_shares")
    }),
    field("signature schemes", |row, report| {
        hello(row, report, "sig_algs", "signature_schemes")
    }),
    field("ALPN offered", |row, report| {
        hello(row, report, "alpn", "alpn")
    }),
    field("PSK offered", |row, report| {
        Some(yes_or_no(hello(row, report, "psk", "psk")?))
    }),
    field("ECH offered", |row, report| {
        Some(yes_or_no(hello(row, report, "ech_outer", "ech")?))
    }),
    field("hello length", |row, report| {
        let (peer, ours) = hello(row, report, "hs_len", "bytes")?;
        Some((json!(peer.as_u64()?.saturating_add(4)), ours))
    }),
    field("JA3", |row, report| {
        stated(hello(row, report, "ja3", "ja3")?)
    }),
    field("JA4", |row, report| {
        stated(hello(row, report, "ja4", "ja4")?)
    }),
    field("server hello", |row, report| {
        Some((seen(row, "/sh"), seen(report, "/server_hello")))
    }),
    field("version chosen", |row, report| {
        let (peer, ours) = answer(row, report, "chosen_version", "version")?;
        Some((version(&peer), ours))
    }),
    field("cipher suite chosen", |row, report| {
        answer(row, report, "cipher", "cipher_suite")
    }),
    field("ALPN chosen", |row, report| {
        let (peer, ours) = answer(row, report, "alpn", "alpn")?;
        Some((at(&peer, "/0").clone(), ours))
    }),
    field("group chosen", |row, report| {
        answer(row, report, "key_share_group", "group")
    }),
    field("JA3S", |row, report| {
        stated(answer(row, report, "ja3s", "ja3s")?)
    }),
    field("HelloRetryRequest", |row, report| {
        let ours = at(report, "/server_hello/hello_retry_request");
        (ours.is_boolean()).then(|| (json!(at(row, "/hrr") == true), ours.clone()))
    }),
    field("certificate", |row, report| {
        Some((seen(row, "/cert"), seen(report, "/certificate")))
    }),
    field("certificates sent", |row, report| {
        certificate(row, report, "count", "chain")
    }),
    field("fingerprint", |row, report| {
        certificate(row, report, "leaf_sha256", "fingerprint_sha256")
    }),
    field("subject", subject),
    field("not before", |row, report| {
        certificate(row, report, "not_before", "not_before")
    }),
    field("not after", |row, report| {
        certificate(row, report, "not_after", "not_after")
    }),
    field("DNS names", dns_names),
    field("key", key),
    field("alerts in clear", |row, report| {
        let told = |alert: &Value, code| json!([at(alert, "/from"), at(alert, code)]);
        let peer = clear(at(row, "/alerts"))?
            .map(|alert| told(alert, "/desc"))
            .collect();
        let ours = clear(at(report, "/alerts"))?
            .map(|alert| told(alert, "/code"))
            .collect();
        Some((Value::Array(peer), Value::Array(ours)))
    }),
    field("reset before the answer", |row, report| {
        let first = early_resets(row)?.next()?;
        Some((
            json!([at(first, "/from"), "reset"]),
            json!([at(report, "/ended/by"), at(report, "/ended/how")]),
        ))
    }),
    field("who reset", |row, report| {
        // Peers have no word for the ICMP message that answers QUIC.
        (at(row, "/transport") == "tcp").then_some(())?;
        let by = at(report, "/ended/by");
        let mut resets = at(row, "/rst")
            .as_array()?
            .iter()
            .map(|reset| at(reset, "/from"));
        let first = || at(row, "/rst_from").clone();
        (at(report, "/ended/how") == "reset").then(|| {
            (
                if resets.any(|from| from == by) {
                    by.clone()
                } else {
                    first()
                },
                by.clone(),
            )
        })
    }),
    field("tunnel", |row, report| {
        let through = at(row, "/encap").as_str()?;
        let kind = ["geneve", "vxlan", "erspan", "gre", "gtp"]
            .into_iter()
            .find(|kind| through.contains(&format!(":{kind}:")));
        let ours = at(report, "/tunnel/kind")
            .as_str()
            .map(|kind| kind.trim_end_matches("-u"));
        Some((json!(kind), json!(ours.filter(|kind| *kind != "ipip"))))
    }),
];

/// A hello in the form of SSL 2.0, which reports leave out.
fn is_ssl2(row: &Value) -> bool {
    at(row, "/ch/sslv2") == true
}

fn seen(value: &Value, place: &str) -> Value {
    json!(!at(value, place).is_null())
}

/// A field of the ClientHello, where both have one and the peers have the field.
fn hello(row: &Value, report: &Value, peer: &str, ours: &str) -> Option<(Value, Value)> {
    if is_ssl2(row) {
        return None;
    }
    both(at(row, "/ch"), at(report, "/client_hello"), peer, ours)
}

fn answer(row: &Value, report: &Value, peer: &str, ours: &str) -> Option<(Value, Value)> {
    both(at(row, "/sh"), at(report, "/server_hello"), peer, ours)
}

pub(super) fn both(
    peer: &Value,
    ours: &Value,
    peer_key: &str,
    our_key: &str,
) -> Option<(Value, Value)> {
    Some((peer.get(peer_key)?.clone(), ours.get(our_key)?.clone()))
}

/// Where the peers say nothing, there is nothing to compare.
pub(super) fn stated((peer, ours): (Value, Value)) -> Option<(Value, Value)> {
    (!peer.is_null()).then_some((peer, ours))
}

fn yes_or_no((peer, ours): (Value, Value)) -> (Value, Value) {
    let is_yes = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(list) => !list.is_empty(),
        _ => true,
    };
    (json!(is_yes(&peer)), json!(is_yes(&ours)))
}

/// supported_versions, else the version field.
fn versions(row: &Value, report: &Value) -> Option<(Value, Value)> {
    let (listed, ours) = hello(row, report, "supported_versions", "versions")?;
    let listed = listed.as_array()?;
    let peer: Vec<_> = if listed.is_empty() {
        vec![version(at(row, "/ch/legacy_version"))]
    } else {
        listed.iter().map(version).collect()
    };
    Some((json!(peer), ours))
}

fn clear(alerts: &Value) -> Option<impl Iterator<Item = &Value>> {
    let alerts = alerts.as_array()?.iter();
    Some(alerts.filter(|alert| at(alert, "/encrypted") != true))
}

/// Resets that answer a hello which nothing had answered before, neither ServerHello nor alert nor FIN.
fn early_resets(row: &Value) -> Option<impl Iterator<Item = &Value>> {
    let frame = |packet: &Value| at(packet, "/frame").as_u64();
    let others = ["/fin", "/alerts"].map(|kind| at(row, kind).as_array());
    let first = others
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(frame)
        .min();
    let resets = at(row, "/rst").as_array()?.iter();
    Some(resets.filter(move |reset| {
        let is_first = first.is_none_or(|first| frame(reset).is_some_and(|frame| frame < first));
        is_first && at(reset, "/phase") == "after_client_hello_before_server_hello"
    }))
}
