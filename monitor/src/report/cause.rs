//! Why a handshake failed, in one stable word.

use crate::label::labelled;

labelled! {
    /// The cause of a failure. The words are stable: dashboards, alerts and runbooks refer to them.
    pub enum Cause {
        /// A ClientHello without server_name was refused before any ServerHello.
        NoSniRejected = "no-sni-rejected",
        /// The name in the ClientHello is one that the endpoint does not serve.
        UnknownSni = "unknown-sni",
        /// The endpoint refuses every ClientHello, whatever its name.
        EndpointWithoutCertificate = "endpoint-without-certificate",
        /// Client and server share no protocol version.
        ProtocolVersionMismatch = "protocol-version-mismatch",
        /// Client and server share no cipher suite, group or signature scheme.
        CipherMismatch = "cipher-mismatch",
        /// Client and server share no application protocol (RFC 7301).
        AlpnMismatch = "alpn-mismatch",
        /// The server's certificate is past its validity.
        CertificateExpired = "certificate-expired",
        /// The server's certificate is not valid yet.
        CertificateNotYetValid = "certificate-not-yet-valid",
        /// The client does not trust the issuer of the server's certificate.
        CertificateUntrusted = "certificate-untrusted",
        /// The server's certificate does not cover the name that the client asked for.
        CertificateHostnameMismatch = "certificate-hostname-mismatch",
        /// The server did not send the intermediate certificates, or sent them in the wrong order.
        CertificateChainIncomplete = "certificate-chain-incomplete",
        /// The client refused the server's certificate and the wire does not say why.
        CertificateRejected = "certificate-rejected",
        /// The server requires a client certificate and got none.
        ClientCertificateMissing = "client-certificate-missing",
        /// The server refused the client's certificate.
        ClientCertificateRejected = "client-certificate-rejected",
        /// The server's private key does not belong to its certificate.
        ServerKeyMismatch = "server-key-mismatch",
        /// Large packets vanish on the path while small ones pass.
        PathMtuBlackhole = "path-mtu-blackhole",
        /// The server took the ClientHello and never answered.
        ServerSilent = "server-silent",
        /// The server refused the TCP connection.
        ConnectionRefused = "connection-refused",
        /// Nothing answered the TCP connection attempt.
        ConnectionTimeout = "connection-timeout",
        /// The client went away before the server could answer.
        ClientAbandoned = "client-abandoned",
        /// A reset that neither end sent.
        ResetInTransit = "reset-in-transit",
        /// The client spoke a cleartext protocol to a TLS port.
        PlaintextOnTlsPort = "plaintext-on-tls-port",
        /// The server answered a ClientHello in cleartext.
        TlsOnPlaintextServer = "tls-on-plaintext-server",
        /// The server failed for a reason of its own (alert internal_error).
        ServerInternalError = "server-internal-error",
        /// One side could not make sense of what the other sent.
        MalformedMessage = "malformed-message",
        /// The server refused Encrypted Client Hello.
        EchRejected = "ech-rejected",
        /// It failed, and nothing that was seen says why.
        Unexplained = "unexplained",
    }
}

labelled! {
    /// How sure a verdict is.
    pub enum Confidence {
        /// On the wire in plain sight.
        Certain = "certain",
        /// Inferred from the wire and from what this endpoint does for others.
        Likely = "likely",
        /// The best fit among several; nothing to compare with yet.
        Possible = "possible",
    }
}
