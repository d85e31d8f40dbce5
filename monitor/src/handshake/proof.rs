//! Whether the server has the key of its certificate, as far as that can be checked from outside (TLS 1.2).

use super::Progress;
use crate::tls::{Chain, ServerKeyExchange, proof};

impl Progress {
    /// The server's ServerKeyExchange, where it is of (EC)DHE and can be read.
    pub fn server_key_exchange(&self) -> Option<ServerKeyExchange<'_>> {
        ServerKeyExchange::read(self.exchange.as_deref()?, self.version()?)
    }

    /// Whether there is a signature that [`Self::key_proven`] would check.
    pub fn has_signature(&self) -> bool {
        self.exchange.is_some() && self.certificates.is_some()
    }

    /// Whether the signature of ServerKeyExchange was made with the key of the server's certificate (RFC 5246 section 7.4.3).
    /// `None` where that cannot be checked: something of it was not seen, or it is of a kind that is not checked. This takes
    /// as long as hundreds of packets do: it is for handshakes that failed.
    pub fn key_proven(&self) -> Option<bool> {
        let (client, _) = self.client_hello.as_ref()?;
        let (server, _) = self.server_hello.as_ref()?;
        let (certificates, _) = self.certificates.as_ref()?;
        let key = Chain::leaf_key(certificates)?;
        let exchange = self.server_key_exchange()?;
        let signed = exchange.signed?;
        let message = [&client.random[..], &server.random, exchange.params].concat();
        proof::is_signed_by(key, signed.scheme?, &message, signed.signature)
    }
}
