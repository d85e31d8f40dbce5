//! How far a handshake came and how it ended.

use schemars::JsonSchema;
use serde::Serialize;

use crate::label::labelled;

labelled! {
    /// What became of a connection's handshake.
    pub enum Outcome {
        /// The handshake completed.
        Established = "established",
        /// It ended before it completed; or the client left at its end without a word, and the certificate has a fault in plain
        /// sight.
        Failed = "failed",
        /// TCP only, no ClientHello: a health check or a port scan; or a question of `tlsmon probe`.
        Probe = "probe",
        /// The client's first bytes are not TLS.
        NotTls = "not_tls",
        /// The capture saw too little to say; `capture.missing` tells what.
        Incomplete = "incomplete",
    }
}

labelled! {
    /// The last step of the handshake that was seen.
    pub enum Stage {
        /// TCP connection set-up.
        Connect = "connect",
        /// The ClientHello arrived.
        ClientHello = "client_hello",
        /// The ServerHello was sent.
        ServerHello = "server_hello",
        /// The server's certificate was sent (in the clear, TLS 1.2 and before).
        Certificate = "certificate",
        /// Key exchange messages were sent (TLS 1.2 and before).
        KeyExchange = "key_exchange",
        /// One side's Finished was sent.
        Finished = "finished",
        /// Both sides finished.
        Established = "established",
    }
}

labelled! {
    /// Who ended the connection or the handshake.
    pub enum EndedBy {
        /// The client.
        Client = "client",
        /// The server.
        Server = "server",
        /// Something between them.
        Network = "network",
        /// Nobody did, or the capture does not say.
        Unknown = "unknown",
    }
}

labelled! {
    /// How it was ended.
    pub enum EndedHow {
        /// A TCP RST, or ICMP unreachable in answer to the opening.
        Reset = "reset",
        /// A fatal TLS alert; of QUIC, a CONNECTION_CLOSE that stands for one.
        Alert = "alert",
        /// A TCP FIN, a QUIC CONNECTION_CLOSE with another error, or Version Negotiation.
        Close = "close",
        /// Nothing came in time.
        Timeout = "timeout",
        /// It did not end.
        None = "none",
    }
}

/// Who ended it, how, and how long after the ClientHello (or the SYN, when no ClientHello was seen).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ended {
    /// Who.
    pub by: EndedBy,
    /// How.
    pub how: EndedHow,
    /// Milliseconds from the last byte of the ClientHello, else from the SYN, to the end.
    pub after_ms: Option<f64>,
}

impl Ended {
    /// It did not end while it was watched.
    pub const NOT: Self = Self {
        by: EndedBy::Unknown,
        how: EndedHow::None,
        after_ms: None,
    };
}
