//! The fields of the server's certificate.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::fields::{both, stated};
use super::values::at;

/// A field of the certificate, where both have one and the peers could read the field.
pub(super) fn certificate(
    row: &Value,
    report: &Value,
    peer: &str,
    ours: &str,
) -> Option<(Value, Value)> {
    stated(both(
        at(row, "/cert"),
        at(report, "/certificate"),
        peer,
        ours,
    )?)
}

/// The common name, which is all that the peers tell.
pub(super) fn subject(row: &Value, report: &Value) -> Option<(Value, Value)> {
    let (peer, ours) = certificate(row, report, "subject_cn", "subject")?;
    let name = format!("CN={}", peer.as_str()?);
    let ours_has = names_of(ours.as_str()?).any(|part| part == name);
    Some((json!(name), if ours_has { json!(name) } else { ours }))
}

/// Reports have a hundred names at most, and addresses beside them.
pub(super) fn dns_names(row: &Value, report: &Value) -> Option<(Value, Value)> {
    const MOST: usize = 100;
    let (peer, ours) = certificate(row, report, "san_dns", "names")?;
    let ours = ours.as_array()?;
    let is_name = |name: &&Value| {
        name.as_str()
            .is_some_and(|name| name.parse::<IpAddr>().is_err())
    };
    let names: Vec<_> = ours.iter().filter(is_name).cloned().collect();
    let most = if ours.len() == MOST {
        names.len()
    } else {
        usize::MAX
    };
    let peer: Vec<_> = peer.as_array()?.iter().take(most).cloned().collect();
    Some((json!(peer), json!(names)))
}

/// `RSAPublicKey:2048` is our RSA of 2048 bits; of curves the peers have the size only.
pub(super) fn key(row: &Value, report: &Value) -> Option<(Value, Value)> {
    let (peer, ours) = certificate(row, report, "key", "key")?;
    let (kind, size) = peer.as_str()?.split_once(':')?;
    let algorithm = at(&ours, "/algorithm").as_str()?;
    let of_kind = match kind {
        "RSAPublicKey" => algorithm.starts_with("RSA"),
        "ECPublicKey" => algorithm.starts_with("P-"),
        "DSAPublicKey" => algorithm.starts_with("DSA"),
        _ => return None,
    };
    let ours = json!([if of_kind { kind } else { algorithm }, at(&ours, "/bits")]);
    Some((json!([kind, size.parse::<u64>().ok()?]), ours))
}

/// The parts of a distinguished name (RFC 4514 section 2.1), unescaped.
fn names_of(subject: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut characters = subject.chars();
    while let Some(character) = characters.next() {
        match (character, parts.last_mut()) {
            (',' | '+', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(characters.next()),
            (_, Some(part)) => part.push(character),
            (_, None) => {}
        }
    }
    parts.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distinguished_name_falls_into_its_parts() {
        let parts: Vec<_> = names_of(r"CN=a\, b+OU=c,O=d").collect();
        assert_eq!(parts, ["CN=a, b", "OU=c", "O=d"]);
    }
}
