//! What each cause means, how it looks on the wire, and what to do next: the text behind `next` and `tlsmon explain`.

use crate::report::Cause;

/// What a person needs to know about a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guide {
    /// What it means.
    pub meaning: &'static str,
    /// What the packets show.
    pub wire: &'static str,
    /// What to do next.
    pub next: &'static str,
}

/// What to do next about a failure of this cause.
pub const fn next_step(cause: Cause) -> &'static str {
    guide(cause).next
}

const fn of(meaning: &'static str, wire: &'static str, next: &'static str) -> Guide {
    Guide {
        meaning,
        wire,
        next,
    }
}

/// What a person needs to know about a cause.
#[expect(clippy::too_many_lines, reason = "a table: one entry for each cause")]
pub const fn guide(cause: Cause) -> Guide {
    match cause {
        Cause::NoSniRejected => of(
            "The client's ClientHello carries no server_name, and the server chooses what to serve by that name. An Envoy (Istio, Apigee) ingress without a matching filter chain closes the connection unread, which the client sees as a reset.",
            "ClientHello without server_name, then RST, FIN or a fatal alert from the server, and no ServerHello.",
            "send SNI, or enable a wildcard route for non-SNI clients",
        ),
        Cause::UnknownSni => of(
            "The client asks for a name that no certificate, filter chain or route of this endpoint serves.",
            "ClientHello with server_name, then alert unrecognized_name, RST or FIN from the server, and no ServerHello; other names complete.",
            "check the client's host name, and that a route and a certificate for this name exist",
        ),
        Cause::EndpointWithoutCertificate => of(
            "The endpoint has no usable certificate and refuses everybody: its secret is missing, the PEM is malformed, or the key does not match.",
            "Every ClientHello, whatever its name, is reset or refused; none completes.",
            "check the endpoint's TLS secret: present, well formed, key matching the certificate",
        ),
        Cause::ProtocolVersionMismatch => of(
            "Client and server share no TLS version.",
            "Alert protocol_version or inappropriate_fallback.",
            "compare the versions the client offers with those the server allows",
        ),
        Cause::CipherMismatch => of(
            "Client and server share no cipher suite, group or signature scheme.",
            "Alert insufficient_security, or handshake_failure with disjoint offers.",
            "compare the cipher suites and groups the client offers with those the server allows",
        ),
        Cause::AlpnMismatch => of(
            "Client and server share no application protocol.",
            "Alert no_application_protocol from the server.",
            "compare the ALPN protocols the client offers with those the server speaks",
        ),
        Cause::CertificateExpired => of(
            "The client refused the server's certificate because its validity has ended.",
            "Alert certificate_expired from the client, or it leaves after a certificate (TLS 1.2 and before: readable) whose validity is over by the capture's clock.",
            "renew the server's certificate; check the client's clock",
        ),
        Cause::CertificateNotYetValid => of(
            "The server's certificate is not valid yet.",
            "The client ends the handshake after a certificate whose validity begins later.",
            "check the certificate's notBefore and the client's clock",
        ),
        Cause::CertificateUntrusted => of(
            "The client does not trust the issuer of the server's certificate.",
            "Alert unknown_ca from the client, or it leaves after a self-signed certificate.",
            "install the issuing CA in the client's trust store, or serve the whole chain",
        ),
        Cause::CertificateHostnameMismatch => of(
            "The server's certificate does not cover the name that the client asked for.",
            "The client ends the handshake after a certificate whose names do not cover its server_name.",
            "serve a certificate that covers this name",
        ),
        Cause::CertificateChainIncomplete => of(
            "The server does not send the intermediate certificates, or sends them in the wrong order.",
            "Alert unknown_ca after several certificates of which none is the leaf's issuer, or which are out of order. A leaf that comes alone stays certificate-untrusted: whether its issuer is a root cannot be seen.",
            "serve the whole chain, leaf first",
        ),
        Cause::CertificateRejected => of(
            "The client refused the server's certificate, and the wire does not say why.",
            "Alert bad_certificate, unsupported_certificate, certificate_revoked or certificate_unknown from the client; in TLS 1.3 often a record of an encrypted alert's size where Finished should be.",
            "check the certificate as the client sees it: dates, chain, names; read the client's own log",
        ),
        Cause::ClientCertificateMissing => of(
            "The server requires a client certificate and the client sent none.",
            "Alert certificate_required from the server.",
            "configure the client's certificate, or make client authentication optional",
        ),
        Cause::ClientCertificateRejected => of(
            "The server refused the client's certificate.",
            "A certificate alert from the server after the client's certificate.",
            "check that the server trusts the issuer of the client's certificate, and its dates",
        ),
        Cause::ServerKeyMismatch => of(
            "The server's private key does not belong to its certificate.",
            "Alert decrypt_error from the client after ServerKeyExchange.",
            "compare the modulus of the key with that of the certificate",
        ),
        Cause::PathMtuBlackhole => of(
            "Large packets vanish on the path while small ones pass.",
            "A large ClientHello segment is retransmitted and never acknowledged, small ones are.",
            "check the MTU along the path and that ICMP fragmentation-needed passes",
        ),
        Cause::ServerSilent => of(
            "The server's TCP stack took the ClientHello, and the server never answered.",
            "The ClientHello is acknowledged and no byte comes back; of QUIC, no datagram comes back.",
            "check whether the server process is alive, overloaded, or waits for something else first",
        ),
        Cause::ConnectionRefused => of(
            "Nothing listens on that address and port, or a firewall rejects the connection.",
            "SYN, answered by RST; of QUIC, a first packet answered by ICMP port unreachable.",
            "check that the server listens on this address and port, and that the Service has ready endpoints",
        ),
        Cause::ConnectionTimeout => of(
            "Nothing answers the connection attempt: packets are dropped on the way or the host is gone.",
            "SYN and its retransmissions, unanswered.",
            "check firewall rules, network policies and routes towards this address",
        ),
        Cause::ClientAbandoned => of(
            "The client went away before the server could answer.",
            "RST or FIN from the client after (part of) its ClientHello, before any byte from the server.",
            "check the client's own timeout, and whether the server answers slowly",
        ),
        Cause::ResetInTransit => of(
            "A reset that neither end sent: a firewall or another box between them made it.",
            "An RST whose TTL, IP id or sequence number does not fit the host it claims to come from.",
            "look for a firewall or proxy between the two that resets connections",
        ),
        Cause::PlaintextOnTlsPort => of(
            "The client speaks a cleartext protocol, such as HTTP, to a port that expects TLS; or a proxy sends a \
             PROXY protocol header to a server that does not expect one.",
            "The client's first bytes are not a TLS record.",
            "use https (or TLS) on the client, or point it at the cleartext port",
        ),
        Cause::TlsOnPlaintextServer => of(
            "The server answers a ClientHello in cleartext: it does not speak TLS on this port.",
            "ClientHello, answered by bytes that are no TLS record.",
            "enable TLS on the server's port, or use cleartext on the client",
        ),
        Cause::ServerInternalError => of(
            "The server failed for a reason of its own.",
            "Alert internal_error from the server.",
            "read the server's log at this time",
        ),
        Cause::MalformedMessage => of(
            "One side could not make sense of what the other sent.",
            "Alert decode_error, illegal_parameter, unexpected_message or bad_record_mac.",
            "look for a middlebox that alters the traffic, and for outdated TLS libraries",
        ),
        Cause::EchRejected => of(
            "The server could not use the client's Encrypted Client Hello, and the client insists on it.",
            "Alert ech_required.",
            "refresh the client's ECH configuration (DNS HTTPS record), or publish a valid one",
        ),
        Cause::Unexplained => of(
            "It failed, and nothing that was seen says why. No guess is made.",
            "None of the other patterns.",
            "look at the evidence, and at both ends' logs at this time",
        ),
    }
}
