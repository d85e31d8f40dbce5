//! A line of tshark's: one packet, its fields with tabs between them, the values of one field with bars between them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The fields that are asked for; those that a version of tshark does not have are left out.
pub(super) const FIELDS: [&str; 37] = [
    "frame.number",
    "frame.time_epoch",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.stream",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.flags.syn",
    "tcp.flags.ack",
    "tcp.flags.fin",
    "tcp.flags.reset",
    "udp.stream",
    "udp.srcport",
    "udp.dstport",
    "tls.handshake.type",
    "tls.handshake.length",
    "tls.handshake.version",
    "tls.handshake.random",
    "tls.handshake.ciphersuite",
    "tls.handshake.extension.type",
    "tls.handshake.extensions_server_name",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.extensions_supported_group",
    "tls.handshake.extensions_key_share_group",
    "tls.handshake.extensions_key_share_selected_group",
    "tls.handshake.sig_hash_alg",
    "tls.handshake.extensions_alpn_str",
    "tls.handshake.ja3",
    "tls.handshake.ja3s",
    "tls.handshake.ja4",
    "tls.handshake.certificate",
    "x509af.utcTime",
    "x509ce.dNSName",
    "tls.alert_message.desc",
];

/// What tshark says of one packet.
pub(super) struct Packet<'a>(BTreeMap<&'static str, &'a str>);

impl<'a> Packet<'a> {
    pub(super) fn read(fields: &[&'static str], line: &'a str) -> Self {
        Self(fields.iter().copied().zip(line.split('\t')).collect())
    }

    /// All values of a field.
    pub(super) fn all(&self, field: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let text = self.0.get(field).copied().unwrap_or_default();
        text.split('|').filter(|value| !value.is_empty())
    }

    pub(super) fn first(&self, field: &str) -> Option<&'a str> {
        self.all(field).next()
    }

    /// All values of a field as numbers, be they written in decimal or hexadecimal.
    pub(super) fn numbers(&self, field: &str) -> Vec<u64> {
        self.all(field).filter_map(number).collect()
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        matches!(self.first(flag), Some("1" | "True"))
    }

    /// Whether it is QUIC, and the number of its stream.
    pub(super) fn stream(&self) -> Option<(bool, u64)> {
        let quic = self.first("frame.protocols")?.contains(":quic");
        let field = if quic { "udp.stream" } else { "tcp.stream" };
        Some((quic, *self.numbers(field).last()?))
    }

    /// From where and to where: of a packet in a packet the inner one.
    pub(super) fn ends(&self) -> [Value; 2] {
        let carrier = if self.first("tcp.srcport").is_some() {
            "tcp"
        } else {
            "udp"
        };
        ["src", "dst"].map(|way| {
            let ip = self.all(&format!("ipv6.{way}")).last();
            let ip = ip.or_else(|| self.all(&format!("ip.{way}")).last());
            let ports = self.numbers(&format!("{carrier}.{way}port"));
            json!({"ip": ip, "port": ports.last()})
        })
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
