//! What an agent says of its endpoints, about others: only what is known by its field stays in it.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value};

use super::{Key, words};

/// Times, and words and numbers from closed lists.
const KEPT: [&str; 13] = [
    "schema",
    "time",
    "last",
    "since",
    "last_established",
    "last_failed",
    "not_before",
    "not_after",
    "transport",
    "groups",
    "signature_schemes",
    "alpn",
    "versions",
];
/// Counts by words from closed lists.
const BY_WORD: [&str; 3] = ["causes", "versions", "cipher_suites"];
/// Objects and lists of them.
const PARTS: [&str; 9] = [
    "endpoints",
    "baselines",
    "names",
    "certificates",
    "with_sni",
    "without_sni",
    "negotiated",
    "refusals",
    "cipher_suites",
];

/// The answer of `/api/v1/endpoints`, with names and addresses replaced as those of the handshakes are. Fields that are not known
/// are left out, and so are fingerprints: certificates are others.
pub fn facts(said: Value, key: &Key) -> Value {
    match said {
        Value::Object(fields) => Value::Object(object("", fields, key)),
        _ => Value::Null,
    }
}

fn object(parent: &str, fields: Map<String, Value>, key: &Key) -> Map<String, Value> {
    let each = fields.into_iter().filter_map(|(field, said)| {
        let made = match said {
            Value::Number(_) if BY_WORD.contains(&parent) => said,
            said => value(&field, said, key)?,
        };
        Some((field, made))
    });
    each.collect()
}

/// What becomes of a field.
fn value(field: &str, said: Value, key: &Key) -> Option<Value> {
    Some(match said {
        Value::Null | Value::Bool(_) | Value::Number(_) => said,
        Value::String(text) => Value::String(text_of(field, text, key)?),
        Value::Array(items) => {
            let items = items.into_iter().filter_map(|item| value(field, item, key));
            Value::Array(items.collect())
        }
        Value::Object(fields) if BY_WORD.contains(&field) || PARTS.contains(&field) => {
            Value::Object(object(field, fields, key))
        }
        Value::Object(_) => return None,
    })
}

fn text_of(field: &str, text: String, key: &Key) -> Option<String> {
    match field {
        "endpoint" | "addresses" | "address" | "name" | "names" => Some(called(&text, key)),
        "subject" | "issuer" => Some(distinguished(&text, key)),
        "cipher_suites" => Some(text),
        field if KEPT.contains(&field) => Some(text),
        _ => None,
    }
}

/// A name, an address, or an address and a port.
fn called(text: &str, key: &Key) -> String {
    let other = |address: IpAddr| key.addresses.replace(address);
    if let Ok(place) = text.parse::<SocketAddr>() {
        return SocketAddr::new(other(place.ip()), place.port()).to_string();
    }
    match text.parse() {
        Ok(address) => other(address).to_string(),
        Err(_) => words::replaced(text, key),
    }
}

/// `CN=shop.example,O=Shop`: what the parts are called stays.
fn distinguished(text: &str, key: &Key) -> String {
    let parts = text.split_inclusive([',', '+']).map(|part| {
        let called = part.find('=').map_or(0, |at| at + 1);
        let (called, said) = part.split_at(called);
        format!("{called}{}", words::replaced(said, key))
    });
    parts.collect()
}
