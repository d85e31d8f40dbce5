//! Extensions that say several things at once.

use schemars::JsonSchema;
use serde::Serialize;

use crate::label::labelled;
use crate::tls::{EncryptedHello, Few, OuterHello, PskOffer, names};

/// The pre-shared keys that a client offers (RFC 8446 section 4.2.11).
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PskReport {
    /// Length of each identity, in bytes; at most 64 are shown.
    pub identity_bytes: Few,
    /// Length of each binder, in bytes: that of the key's hash.
    pub binder_bytes: Few,
    /// The obfuscated_ticket_age of the first; 0 for a key that did not come by ticket.
    pub obfuscated_ticket_age: u32,
}

impl PskReport {
    /// What is shown of `offer`.
    pub(super) fn of(offer: &PskOffer) -> Self {
        Self {
            identity_bytes: offer.identities.clone(),
            binder_bytes: offer.binders.clone(),
            obfuscated_ticket_age: offer.ticket_age,
        }
    }
}

labelled! {
    /// Which ClientHello of Encrypted Client Hello this is.
    pub enum EncryptedHelloKind {
        /// The outer one; its server name is a public one. GREASE looks the same, on purpose.
        Outer = "outer",
        /// The inner one, in the clear: that should not be.
        Inner = "inner",
        /// Neither.
        Unknown = "unknown",
    }
}

/// Encrypted Client Hello as far as it is in the clear (RFC 9849 section 5). The parameters are null but for the outer kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct EncryptedHelloReport {
    /// Which ClientHello it is.
    pub kind: EncryptedHelloKind,
    /// Which of the server's keys.
    pub config_id: Option<u8>,
    /// The HPKE key derivation function.
    pub kdf: Option<u16>,
    /// Its IANA name; null when unknown.
    pub kdf_name: Option<&'static str>,
    /// The HPKE encryption algorithm.
    pub aead: Option<u16>,
    /// Its IANA name; null when unknown.
    pub aead_name: Option<&'static str>,
    /// Length of the encapsulated key, in bytes; 0 in the answer to a HelloRetryRequest.
    pub enc_bytes: Option<u16>,
    /// Length of the encrypted ClientHello, in bytes.
    pub payload_bytes: Option<u16>,
}

impl EncryptedHelloReport {
    /// What is shown of `ech`.
    pub(super) fn of(ech: EncryptedHello) -> Self {
        match ech {
            EncryptedHello::Outer(outer) => Self::outer(outer),
            EncryptedHello::Inner => Self::bare(EncryptedHelloKind::Inner),
            EncryptedHello::Other(_) => Self::bare(EncryptedHelloKind::Unknown),
        }
    }

    fn outer(outer: OuterHello) -> Self {
        Self {
            kind: EncryptedHelloKind::Outer,
            config_id: Some(outer.config_id),
            kdf: Some(outer.kdf),
            kdf_name: names::hpke_kdf(outer.kdf),
            aead: Some(outer.aead),
            aead_name: names::hpke_aead(outer.aead),
            enc_bytes: Some(outer.enc),
            payload_bytes: Some(outer.payload),
        }
    }

    const fn bare(kind: EncryptedHelloKind) -> Self {
        Self {
            kind,
            config_id: None,
            kdf: None,
            kdf_name: None,
            aead: None,
            aead_name: None,
            enc_bytes: None,
            payload_bytes: None,
        }
    }
}
