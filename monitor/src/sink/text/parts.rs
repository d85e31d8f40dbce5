//! Pieces of a line that failures and successes share.

use std::net::SocketAddr;

use super::super::style::Role;
use super::super::wrap::Paragraph;
use crate::report::{Handshake, HandshakeDirection, Peer, ProxyProtocol, Transport, Validity};
use crate::tls::Date;

/// `client -> server`, with what is known about each.
pub(super) fn ends(handshake: &Handshake, line: &mut Paragraph) {
    let Handshake { client, server, .. } = handshake;
    peers(client, handshake.proxy_protocol, server, line);
    if handshake.transport == Transport::Quic {
        line.text(Role::Plain, 2, "quic");
    }
    if let Some(protocol) = handshake.starttls {
        line.text(Role::Plain, 2, &format!("starttls {protocol}"));
    }
    if handshake.renegotiation {
        line.text(Role::Plain, 2, "renegotiation");
    }
    if let Some(tunnel) = handshake.tunnel {
        let id = tunnel.id.map_or_else(String::new, |id| format!(" {id}"));
        line.text(Role::Plain, 2, &format!("in {}{id}", tunnel.kind));
    }
    if handshake.direction == HandshakeDirection::Outbound {
        line.text(Role::Plain, 2, "outbound");
    }
}

/// `client -> server`, and whom the client speaks for.
pub(super) fn peers(
    client: &Peer,
    proxy: Option<ProxyProtocol>,
    server: &Peer,
    line: &mut Paragraph,
) {
    peer(client, line);
    if let Some(client) = proxy.and_then(|header| header.client) {
        let address = SocketAddr::new(client.address, client.port);
        line.text(Role::Plain, 1, "for")
            .address(Role::Strong, 1, address);
    }
    line.whole(Role::Plain, 1, "->");
    peer(server, line);
}

fn peer(peer: &Peer, line: &mut Paragraph) {
    let address = SocketAddr::new(peer.address, peer.port);
    line.address(Role::Strong, 1, address);
    let name = peer.pod.as_ref().or(peer.workload.as_ref());
    match (&peer.namespace, name.or(peer.service.as_ref())) {
        (Some(namespace), Some(name)) => line.text(Role::Plain, 1, &format!("{namespace}/{name}")),
        (None, Some(only)) | (Some(only), None) => line.text(Role::Plain, 1, only),
        (None, None) => match &peer.node {
            Some(node) => line.text(Role::Plain, 1, &format!("node {node}")),
            None => line,
        },
    };
}

/// `sni NAME`, when there was one.
pub(super) fn asked_name(handshake: &Handshake, line: &mut Paragraph) {
    if let Some(name) = handshake.sni() {
        line.text(Role::Plain, 2, "sni").whole(Role::Plain, 1, name);
    }
    let alpn = handshake
        .server_hello
        .as_ref()
        .and_then(|hello| hello.alpn.as_ref());
    if let Some(alpn) = alpn {
        line.text(Role::Plain, 2, "alpn")
            .whole(Role::Plain, 1, alpn);
    }
}

/// Version, cipher suite and, in TLS 1.3, the group of the key exchange.
pub(super) fn negotiated(handshake: &Handshake, line: &mut Paragraph) {
    let Some(hello) = &handshake.server_hello else {
        return;
    };
    line.text(Role::Plain, 2, &hello.version.to_string());
    match &hello.cipher_suite_name {
        Some(name) => line.text(Role::Plain, 1, name),
        None => line.text(
            Role::Plain,
            1,
            &format!("cipher suite 0x{:04x}", hello.cipher_suite),
        ),
    };
    match (hello.details.group_name, hello.group) {
        (Some(name), _) => line.text(Role::Plain, 1, name),
        (None, Some(group)) => line.text(Role::Plain, 1, &format!("group 0x{group:04x}")),
        (None, None) => line,
    };
    if hello.resumed == Some(true) {
        line.text(Role::Plain, 1, "resumed");
    }
}

/// What is wrong with the certificate, if anything is.
pub(super) fn certificate(handshake: &Handshake, line: &mut Paragraph) {
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
    line.text(Role::Warning, 2, "certificate")
        .whole(Role::Warning, 1, subject)
        .text(Role::Warning, 1, &wrong);
}

/// The duration of each phase that was seen.
pub(super) fn timing(handshake: &Handshake, line: &mut Paragraph) {
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
    line.text(Role::Faint, 2, &seen.collect::<Vec<_>>().join(", "));
}

/// That other flows went unwatched.
pub(super) fn sampling(handshake: &Handshake, line: &mut Paragraph) {
    let rate = handshake.capture.sample_rate;
    if rate > 1 {
        line.text(Role::Warning, 2, &format!("1 in {rate} flows is watched"));
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
