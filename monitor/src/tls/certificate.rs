//! The server's certificates where they can be read: TLS 1.2 and before send them in the clear (RFC 5246 section 7.4.2).
//!
//! ```text
//! Certificate message --> Chain --> Fields --> Certificate, and of the first of them Leaf
//!                         order     DER        names, dates, key
//! ```
//!
//! Nothing is verified: who signed what is told by names and key identifiers, never by checking a signature. The x509-parser
//! crate reads names, dates, keys and extensions, each by itself: a field that it cannot read is left out and named in
//! [`Leaf::unreadable`], and the others are kept.

mod cache;
mod chain;
mod coverage;
mod date;
pub(crate) mod der;
mod fields;
mod identity;
mod key;
mod leaf;
mod names;
mod signature;
mod staple;

pub use cache::Certificates;
pub use chain::Chain;
pub use coverage::Coverage;
pub(crate) use coverage::matches as name_matches;
pub use date::Date;
pub use identity::{Certificate, SerialText};
pub use key::Key;
pub use leaf::{Leaf, Sha256Text};
pub use names::Names;
pub use staple::{Answer as OcspAnswer, OcspStatus, Staple};

#[cfg(test)]
mod tests;
