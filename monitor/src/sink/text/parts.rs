//! Pieces of a line that failures and successes share.

use std::net::SocketAddr;

use super::super::style::Role;
use super::super::wrap::Wrapped;
use crate::report::{Handshake, HandshakeDirection, Peer, ProxyProtocol, Transport, Validity};
use crate::tls::Date;

/// `client -> server`, with what is known about each.
pub(super) fn ends(handshake: &Handshake, lines: &mut Wrapped) {
    let Handshake { client, server, .. } = handshake;
    peers(client, handshake.proxy_protocol, server, lines);
    if handshake.transport == Transport::Quic {
        lines.text(Role::Plain, 2, "quic");
    }
    if let Some(protocol) = handshake.starttls {
        lines.text(Role::Plain, 2, &format!("starttls {protocol}"));
    }
    if handshake.renegotiation {
        lines.text(Role::Plain, 2, "renegotiation");
    }
    if let Some(tunnel) = handshake.tunnel {
        let id = tunnel.id.map_or_else(String::new, |id| format!(" {id}"));
        lines.text(Role::Plain, 2, &format!("in {}{id}", tunnel.kind));
    }
    if handshake.direction == HandshakeDirection::Outbound {
        lines.text(Role::Plain, 2, "outbound");
    }
}

/// `client -> server`, and whom the client speaks for.
pub(super) fn peers(
    client: &Peer,
    proxy: Option<ProxyProtocol>,
    server: &Peer,
    lines: &mut Wrapped,
) {
    peer(client, lines);
    if let Some(client) = proxy.and_then(|header| header.client) {
        let address = SocketAddr::new(client.address, client.port);
        lines
            .text(Role::Plain, 1, "for")
            .address(Role::Strong, 1, address);
    }
    lines.whole(Role::Plain, 1, "->");
    peer(server, lines);
}

fn peer(peer: &Peer, lines: &mut Wrapped) {
    let address = SocketAddr::new(peer.address, peer.port);
    lines.address(Role::Strong, 1, address);
    let name = peer.pod.as_ref().or(peer.workload.as_ref());
    match (&peer.namespace, name.or(peer.service.as_ref())) {
        (Some(namespace), Some(name)) => lines.text(Role::Plain, 1, &format!("{namespace}/{name}")),
        (None, Some(only)) | (Some(only), None) => lines.text(Role::Plain, 1, only),
        (None, None) => match &peer.node {
            Some(node) => lines.text(Role::Plain, 1, &format!("node {node}")),
            None => lines,
        },
    };
}

/// `sni NAME`, when there was one.
pub(super) fn asked_name(handshake: &Handshake, lines: &mut Wrapped) {
    if let Some(name) = handshake.sni() {
        lines
            .whole(Role::Plain, 2, "sni")
            .whole(Role::Plain, 1, name);
    }
    let alpn = handshake
        .server_hello
        .as_ref()
        .and_then(|hello| hello.alpn.as_ref());
    if let Some(alpn) = alpn {
        lines
            .whole(Role::Plain, 2, "alpn")
            .whole(Role::Plain, 1, alpn);
    }
}

/// Version, cipher suite and, in TLS 1.3, the group of the key exchange.
pub(super) fn negotiated(handshake: &Handshake, lines: &mut Wrapped) {
    let Some(hello) = &handshake.server_hello else {
        return;
    };
    lines.text(Role::Plain, 2, &hello.version.to_string());
    match &hello.cipher_suite_name {
        Some(name) => lines.text(Role::Plain, 1, name),
        None => lines.text(
            Role::Plain,
            1,
            &format!("cipher suite 0x{:04x}", hello.cipher_suite),
        ),
    };
    match (hello.group_name(), hello.group) {
        (Some(name), _) => lines.text(Role::Plain, 1, name),
        (None, Some(group)) => lines.text(Role::Plain, 1, &format!("group 0x{group:04x}")),
        (None, None) => lines,
    };
    if hello.resumed == Some(true) {
        lines.text(Role::Plain, 1, "resumed");
    }
}

/// What is wrong with the certificate, if anything is.
pub(super) fn certificate(handshake: &Handshake, lines: &mut Wrapped) {
    let Some(certificate) = &handshake.certificate else {
        return;
    };
    let date =
        |date: Option<Date>| date.map_or_else(|| "unknown".to_owned(), |date| date.to_string());
    let wrong = match certificate.validity {
        Some(Validity::Expired) => format!("expired {}", date(certificate.not_after)),
        Some(Validity::NotYetValid) => {
            format!("not valid before {}", date(certificate.not_before))
        }
        _ if certificate.covers_sni == Some(false) => "is for another name".to_owned(),
        _ => return,
    };
    let subject = certificate.subject.as_deref().unwrap_or("(unknown)");
    lines
        .text(Role::Warning, 2, "certificate")
        .whole(Role::Warning, 1, subject)
        .text(Role::Warning, 1, &wrong);
}

/// The duration of each phase that was seen.
pub(super) fn timing(handshake: &Handshake, lines: &mut Wrapped) {
    let timing = &handshake.timing_ms;
    let phases = [
        ("connect", timing.connect),
        ("client_hello", timing.client_hello),
        ("server_hello", timing.server_hello),
        ("finished", timing.finished),
    ];
    let seen = phases
        .iter()
        .filter_map(|(name, took)| Some(format!("{name} {}", millis((*took)?))));
    lines.text(Role::Faint, 2, &seen.collect::<Vec<_>>().join(", "));
}

/// That other flows went unwatched.
pub(super) fn sampling(handshake: &Handshake, lines: &mut Wrapped) {
    let rate = handshake.capture.sample_rate;
    if rate > 1 {
        lines.text(Role::Warning, 2, &format!("1 in {rate} flows is watched"));
    }
}

/// Milliseconds with two digits that matter, and never zero for what took some time.
pub(crate) fn millis(value: f64) -> String {
    match value {
        v if v < 0.1 => format!("{v:.3} ms"),
        v if v < 10.0 => format!("{v:.1} ms"),
        v if v < 10_000.0 => format!("{v:.0} ms"),
        v => format!("{:.1} s", v / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0.004, "0.004 ms")]
    #[case(0.31, "0.3 ms")]
    #[case(9.96, "10.0 ms")]
    #[case(117.4, "117 ms")]
    #[case(15_000.0, "15.0 s")]
    fn a_duration_shows_the_digits_that_matter(#[case] value: f64, #[case] shown: &str) {
        assert_eq!(millis(value), shown);
    }
}
