//! TLS as someone sees it who only watches: stream bytes in, facts out.
//!
//! ```text
//! stream bytes --> Deframer --> Item::Handshake --> ClientHello, ServerHello --> fingerprint
//!                  records      whole messages      facts, Chain                 JA3, JA3S, JA4
//!                     |
//!                     '--> Item::Alert, ChangeCipherSpec, Protected, NotTls, Malformed
//! ```
//!
//! Numbers that a peer chose stay numbers (`u16`, [`Version`], [`HandshakeType`]): an unknown value is kept and shown,
//! never refused. [`names`] has the words for the known ones.
//!
//! The tls-parser crate reads the hellos up to their extensions, and those extensions that say no more than that they were
//! sent. What it would lose is read here: which extensions came and in which order (it stops silently at the first one that it
//! cannot read), lists of names that break half way, key shares, and the ServerHello of the early TLS 1.3 drafts. So are the
//! lists that every hello has, straight into their place.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod certificate;
mod client_hello;
mod deframer;
mod extension;
mod key_exchange;
mod malformed;
mod message;
mod reader;
mod server_hello;
mod server_name;
mod session_id;
mod suite;
mod version;

pub mod alert;
pub mod fingerprint;
pub mod names;
pub mod proof;
pub mod record;
pub mod text;

#[cfg(test)]
pub(crate) mod samples;

pub use certificate::{
    Certificate, Certificates, Chain, Coverage, Date, Key, Leaf, Names, OcspAnswer, OcspStatus,
    SerialText, Sha256Text, Staple,
};
pub(crate) use certificate::{der, name_matches};
pub use client_hello::ClientHello;
pub use deframer::{Deframer, Item};
pub use extension::{
    ClientDetails, EncryptedHello, ExtensionType, Few, OuterHello, Protocols, PskOffer,
    ServerDetails, U16s,
};
pub use key_exchange::{ServerKeyExchange, Signed};
pub use malformed::Malformed;
pub use message::{HandshakeType, MAX_MESSAGE};
pub use server_hello::ServerHello;
pub use server_name::ServerName;
pub use session_id::SessionId;
pub use suite::RecordSizes;
pub use version::{Version, is_grease};
