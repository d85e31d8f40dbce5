//! What the agent knows of the servers of an archive's handshakes: what they did for others lately. The verdicts rest on it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use crate::proof::Proof;
use crate::proof::anonymize::{self, Key};
use crate::report::EndpointName;

/// Of the agent's answer, what is about these servers; about others where names and addresses are replaced. Nothing of an answer
/// that is no JSON.
pub(super) fn concerned(
    answer: &[u8],
    proofs: &[Arc<Proof>],
    key: Option<&Key>,
) -> Option<Vec<u8>> {
    let said = serde_json::from_slice(answer)
        .ok()
        .filter(Value::is_object)?;
    let mut said = match key {
        Some(key) => anonymize::facts(said, key),
        None => said,
    };
    let servers = Servers::of(proofs);
    for list in ["endpoints", "baselines"] {
        if let Some(items) = said.get_mut(list).and_then(Value::as_array_mut) {
            items.retain(|item| servers.have(item));
        }
    }
    Some(format!("{said:#}\n").into_bytes())
}

/// The servers of handshakes, by what they are called and by where they are.
struct Servers {
    names: BTreeSet<String>,
    places: BTreeSet<SocketAddr>,
}

impl Servers {
    fn of(proofs: &[Arc<Proof>]) -> Self {
        let names = proofs
            .iter()
            .map(|proof| EndpointName::of(&proof.handshake.server).to_string());
        let places = proofs.iter().flat_map(|proof| proof.servers());
        Self {
            names: names.collect(),
            places: places.map(SocketAddr::from).collect(),
        }
    }

    /// Whether this is about one of them. A baseline has one address, and its name may have many.
    fn have(&self, item: &Value) -> bool {
        let text = |field: &str| item.get(field).and_then(Value::as_str);
        if let Some(address) = text("address").and_then(|address| address.parse().ok()) {
            let port = item.get("port").and_then(Value::as_u64);
            let port = port.and_then(|port| u16::try_from(port).ok());
            let place = port.map(|port| SocketAddr::new(address, port));
            return place.is_some_and(|place| self.places.contains(&place));
        }
        let addresses = item.get("addresses").and_then(Value::as_array);
        let mut addresses = addresses
            .into_iter()
            .flatten()
            .filter_map(|it| it.as_str()?.parse().ok());
        text("endpoint").is_some_and(|name| self.names.contains(name))
            || addresses.any(|place| self.places.contains(&place))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::Handshake;

    /// A handshake with the server of whom is asked.
    fn proof() -> Proof {
        let mut handshake: Handshake = crate::report::example::no_sni();
        handshake.server.address = [10, 4, 2, 7].into();
        handshake.server.port = 443;
        handshake.server.namespace = None;
        handshake.legs.clear();
        Proof {
            until: handshake.time,
            handshake,
            revision: None,
            packets: Vec::new(),
            is_cut: false,
        }
    }

    fn answer() -> Value {
        let endpoint = |name: &str, place: &str| {
            json!({"endpoint": name, "addresses": [place], "failed": 3, "causes": {"unknown-sni": 3},
                "names": [{"name": "api.shop.example", "failed": 3}, {"name": null, "failed": 0}],
                "certificates": [{"subject": "CN=api.shop.example,O=Shop", "names": ["api.shop.example", "10.4.2.7"],
                    "fingerprint_sha256": "00ff"}],
                "owner": "somebody", "people": {"somebody": 1}})
        };
        let baseline = |address: &str| {
            json!({"endpoint": format!("{address}:443"), "address": address, "port": 443, "transport": "tcp", "up": true,
                "with_sni": {"completed": 37}, "names": [{"name": "api.shop.example", "completed": 37}],
                "negotiated": {"versions": ["TLS1.3"], "cipher_suites": ["TLS_AES_128_GCM_SHA256"], "alpn": ["h2"]}})
        };
        json!({"schema": "tlsmon/v1", "time": "2025-05-19T04:46:20.117000Z",
            "endpoints": [endpoint("10.4.2.7:443", "10.4.2.7:443"), endpoint("10.9.9.9:443", "10.9.9.9:443")],
            "baselines": [baseline("10.4.2.7"), baseline("10.9.9.9")]})
    }

    #[test]
    fn only_the_servers_of_the_handshakes_are_told() {
        let told = concerned(answer().to_string().as_bytes(), &[Arc::new(proof())], None).unwrap();
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(told["endpoints"], json!([answer()["endpoints"][0]]));
        assert_eq!(told["baselines"], json!([answer()["baselines"][0]]));
        assert!(concerned(b"404", &[Arc::new(proof())], None).is_none());
    }

    #[test]
    fn an_anonymised_baseline_says_the_same_of_the_server_that_the_handshakes_name_then() {
        let key = Key::new(b"a key of the tests");
        let proofs = anonymize::anonymize(vec![proof()], &key);
        let server = proofs[0].handshake.server.address;
        let proofs: Vec<_> = proofs.into_iter().map(Arc::new).collect();
        let told = concerned(answer().to_string().as_bytes(), &proofs, Some(&key)).unwrap();
        let text = String::from_utf8(told.clone()).unwrap();
        for original in [
            "10.4.2.7", "10.9.9.9", "shop", "Shop", "00ff", "somebody", "people", "owner",
        ] {
            assert!(!text.contains(original), "{original}: {text}");
        }
        let told: Value = serde_json::from_slice(&told).unwrap();
        let (endpoint, baseline) = (&told["endpoints"][0], &told["baselines"][0]);
        assert_eq!(baseline["address"], server.to_string());
        assert_eq!(endpoint["endpoint"], format!("{server}:443"));
        assert_eq!(endpoint["causes"], json!({"unknown-sni": 3}));
        assert_eq!(
            baseline["negotiated"],
            answer()["baselines"][0]["negotiated"]
        );
        assert_eq!(baseline["with_sni"], json!({"completed": 37}));
        // The same name is the same other one in both.
        assert_eq!(baseline["names"][0]["name"], endpoint["names"][0]["name"]);
        assert_eq!(endpoint["names"][1]["name"], Value::Null);
        assert!(
            endpoint["certificates"][0]["subject"]
                .as_str()
                .unwrap()
                .starts_with("CN=")
        );
        assert_eq!(told["endpoints"].as_array().unwrap().len(), 1);
    }
}
