//! What each server endpoint did for others lately: the contrast that turns a bare RST into a cause.
//!
//! ```text
//! decided handshake --> Lesson --> Endpoints --> Baseline --> Window     how often, and what was negotiated, by the minute
//!                       once each  by endpoint            |-> Names      a Window for each name that was answered, and the ECH key in use
//!                                                         |-> Refusals   what was refused since anything was answered
//!                                                         '-> Steadiness whether the endpoint was up
//! ```
//!
//! It looks back five minutes and the minute that is filling. What is negotiated is kept as bits for code points that the
//! endpoint has in a short list, so that to learn what is known already takes no memory.
//!
//! **Bounds.** By default 1,024 endpoints of about 2 KiB; 512 names at each of them and 16,384 at all of them, each of about
//! 300 bytes and its own length: at most about 12 MiB. Names that were only refused take no room. What makes room, or
//! finds none, is counted.

mod endpoint;
mod endpoints;
mod facts;
mod keys;
mod lesson;
mod names;
mod palette;
mod profile;
mod refusals;
mod steadiness;
mod tried;
mod window;

pub use endpoint::Baseline;
pub use endpoints::{Endpoints, Learned, Service};
pub use facts::{Facts, Named, Negotiated};
pub use lesson::Lesson;
pub use profile::Profile;
pub use refusals::Refusals;
pub use tried::Tried;

#[cfg(test)]
mod tests;
