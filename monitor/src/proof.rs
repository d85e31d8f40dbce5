//! The proof of a verdict: the packets of a failing handshake, kept in bounded memory and given out as pcapng.
//!
//! ```text
//!  Frames --> Ring ---- a failure ----> Redact ----> Store ----> pcapng, with the verdict as comments
//!             the last packets          what the     bounded     API, `tlsmon capture`, `tlsmon bundle`
//!             of all flows, bytes       verdict needs
//!             overwritten in turn       and no more
//! ```
//!
//! It stands beside the pipeline and not in it: a replay that asks for no proof pays nothing. Copying a packet into the ring
//! allocates nothing. What is kept longer than the ring holds no application data: see [`redact`].

pub mod anonymize;
mod checksum;
mod comment;
mod file;
mod kept;
mod keys;
mod pcapng;
mod recorder;
pub mod redact;
mod ring;
mod store;

pub use comment::verdict_lines;
pub use file::{of_failures, of_file, of_kept};
pub use kept::{Packet, Proof};
pub use pcapng::{About, write};
pub use recorder::Recorder;
pub use ring::{Ring, Size};
pub use store::{Limits, Store, Wanted};

#[cfg(test)]
mod tests;
