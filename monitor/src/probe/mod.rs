//! Asks a server the questions of the on-call runbook: with its name, without, in each version, with few suites.
//!
//! ```text
//! Questions --> Asked  --> | ask | --> Dialogue --> Answer --> verdicts --> report
//! what next     a hello    | I/O |     decoder      what came  why          Event
//! ```
//!
//! Hellos are written byte by byte, so that no library refuses to send what the question is, and answers are read by the
//! decoder that reads captured handshakes. No handshake is completed: a ServerHello answers a question. Everything but
//! `net.rs` is pure.

mod answer;
mod asked;
mod bytes;
mod compose;
mod dialogue;
mod extension;
mod hello;
mod like;
mod net;
mod noise;
mod offer;
mod questions;
mod recorded;
mod runbook;
mod share;
mod target;
mod verdict;

pub use answer::{Answer, Ending, Exchange};
pub use asked::Asked;
pub use compose::{Subject, exchange_report, report};
pub use dialogue::{Cut, Dialogue, MAX_BYTES, Next};
pub use like::{Like, UnlikeError};
pub use net::{NoAddressError, ask, now, resolve, seed};
pub use noise::Noise;
pub use questions::Questions;
pub use recorded::{Recorded, RecordedHello, RecordedPeer, Reports};
pub use target::{Target, TargetError, host_name};
