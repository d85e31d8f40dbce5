//! What tshark says of one stream.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::packet::Packet;

const CLIENT_HELLO: u64 = 1;
const SERVER_HELLO: u64 = 2;
const CERTIFICATE: u64 = 11;
/// How the random of a HelloRetryRequest begins (RFC 8446 section 4.1.3).
const RETRY: &str = "cf21ad74e59a6111";

/// A stream so far.
pub(super) struct Row {
    transport: &'static str,
    stream: u64,
    first_time: String,
    client: Value,
    server: Value,
    encap: String,
    hello: Value,
    answer: Value,
    certificate: Value,
    retried: bool,
    alerts: Vec<Value>,
    resets: Vec<Value>,
    closes: Vec<Value>,
}

impl Row {
    /// Who sends the first packet is the client, until a SYN/ACK or a hello says otherwise.
    pub(super) fn begin(packet: &Packet<'_>) -> Self {
        let (quic, stream) = packet.stream().unwrap_or_default();
        let [client, server] = packet.ends();
        Self {
            transport: if quic { "quic" } else { "tcp" },
            stream,
            first_time: packet
                .first("frame.time_epoch")
                .unwrap_or_default()
                .to_owned(),
            client,
            server,
            encap: packet
                .first("frame.protocols")
                .unwrap_or_default()
                .to_owned(),
            hello: Value::Null,
            answer: Value::Null,
            certificate: Value::Null,
            retried: false,
            alerts: Vec::new(),
            resets: Vec::new(),
            closes: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, packet: &Packet<'_>) {
        let [from, to] = packet.ends();
        let messages = packet.numbers("tls.handshake.type");
        let from_server = (packet.has("tcp.flags.syn") && packet.has("tcp.flags.ack"))
            || messages.contains(&SERVER_HELLO);
        if messages.contains(&CLIENT_HELLO) && self.hello.is_null() {
            (self.client, self.server) = (from.clone(), to.clone());
            self.hello = hello(packet, &messages);
        } else if from_server && self.hello.is_null() {
            (self.client, self.server) = (to, from.clone());
        }
        if messages.contains(&SERVER_HELLO) && self.answer.is_null() {
            if packet
                .first("tls.handshake.random")
                .is_some_and(|random| random.replace(':', "").starts_with(RETRY))
            {
                self.retried = true;
            } else {
                self.answer = answer(packet);
            }
        }
        let by_server = from == self.server;
        if messages.contains(&CERTIFICATE) && by_server && self.certificate.is_null() {
            self.certificate = certificate(packet);
        }
        self.end(packet, if by_server { "server" } else { "client" });
    }

    /// Alerts in clear, RST and FIN.
    fn end(&mut self, packet: &Packet<'_>, from: &str) {
        let frame = packet.numbers("frame.number").first().copied();
        for description in packet.numbers("tls.alert_message.desc") {
            self.alerts
                .push(json!({"from": from, "frame": frame, "desc": description}));
        }
        let phase = match (self.hello.is_null(), self.answer.is_null()) {
            (true, _) => "before_client_hello",
            (false, true) => "after_client_hello_before_server_hello",
            (false, false) => "after_server_hello",
        };
        let end = json!({"from": from, "frame": frame, "phase": phase});
        if packet.has("tcp.flags.reset") {
            self.resets.push(end);
        } else if packet.has("tcp.flags.fin") {
            self.closes.push(end);
        }
    }

    /// The row as it is stored; none for a stream without a hello.
    pub(super) fn line(&self) -> Option<String> {
        let is_tls = !self.hello.is_null() || !self.answer.is_null();
        let row = json!({
            "transport": self.transport, "stream": self.stream, "first_time": self.first_time, "encap": self.encap,
            "client": self.client, "server": self.server, "ch": self.hello, "sh": self.answer, "hrr": self.retried,
            "cert": self.certificate, "alerts": self.alerts, "rst": self.resets, "fin": self.closes,
            "rst_from": self.resets.first().and_then(|reset| reset.get("from")),
        });
        is_tls.then(|| format!("{row}\n"))
    }
}

fn hello(packet: &Packet<'_>, messages: &[u64]) -> Value {
    let place = messages
        .iter()
        .position(|kind| *kind == CLIENT_HELLO)
        .unwrap_or_default();
    let types = packet.numbers("tls.handshake.extension.type");
    let alpn: Vec<_> = packet.all("tls.handshake.extensions_alpn_str").collect();
    json!({
        // The form of SSL 2.0 calls it a challenge.
        "sslv2": packet.first("tls.handshake.random").is_none(),
        "sni": packet.first("tls.handshake.extensions_server_name"),
        "legacy_version": packet.numbers("tls.handshake.version").first(),
        "supported_versions": packet.numbers("tls.handshake.extensions.supported_version"),
        "ciphers": packet.numbers("tls.handshake.ciphersuite"),
        "groups": packet.numbers("tls.handshake.extensions_supported_group"),
        "key_share_groups": packet.numbers("tls.handshake.extensions_key_share_group"),
        "sig_algs": packet.numbers("tls.handshake.sig_hash_alg"),
        "alpn": alpn,
        "psk": types.contains(&41),
        "ech_outer": types.contains(&0xfe0d),
        "extensions": types,
        "hs_len": packet.numbers("tls.handshake.length").get(place),
        "ja3": packet.first("tls.handshake.ja3"),
        "ja4": packet.first("tls.handshake.ja4"),
    })
}

fn answer(packet: &Packet<'_>) -> Value {
    let first = |field: &str| packet.numbers(field).first().copied();
    let alpn: Vec<_> = packet.all("tls.handshake.extensions_alpn_str").collect();
    json!({
        "chosen_version": first("tls.handshake.extensions.supported_version").or_else(|| first("tls.handshake.version")),
        "cipher": first("tls.handshake.ciphersuite"),
        "alpn": alpn,
        "key_share_group": first("tls.handshake.extensions_key_share_group"),
        "ja3s": packet.first("tls.handshake.ja3s"),
    })
}

/// The first certificate is the server's own, and so are the first two dates. To which certificate a name belongs is not
/// told, so names are taken where there is one certificate.
fn certificate(packet: &Packet<'_>) -> Value {
    let all: Vec<_> = packet.all("tls.handshake.certificate").collect();
    let mut dates = packet.all("x509af.utcTime").map(date);
    let names: Vec<_> = packet.all("x509ce.dNSName").collect();
    json!({
        "count": all.len(),
        "leaf_sha256": all.first().and_then(|digits| fingerprint(digits)),
        "not_before": dates.next(),
        "not_after": dates.next(),
        "san_dns": (all.len() == 1 && !names.is_empty()).then_some(names),
    })
}

/// `2026-11-20 03:11:41 (UTC)` as RFC 3339 has it.
fn date(text: &str) -> String {
    let plain = text.trim_end_matches(" (UTC)");
    format!("{}Z", plain.replacen(' ', "T", 1))
}

fn fingerprint(digits: &str) -> Option<String> {
    let digits = digits.replace(':', "");
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at.checked_add(2)?)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    let hash = Sha256::digest(bytes?);
    let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .map(|nibble| char::from_digit(nibble.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_by_its_hash_and_its_dates() {
        let fields = ["tls.handshake.certificate", "x509af.utcTime"];
        let packet = Packet::read(
            &fields,
            "61:62:63\t2026-11-20 03:11:41 (UTC)|2027-11-20 03:11:41 (UTC)",
        );
        let found = certificate(&packet);
        let hash = found
            .get("leaf_sha256")
            .and_then(Value::as_str)
            .unwrap_or_default();
        assert!(hash.starts_with("ba7816bf8f01cfea"), "{hash}");
        assert_eq!(found.get("not_after"), Some(&json!("2027-11-20T03:11:41Z")));
    }
}
