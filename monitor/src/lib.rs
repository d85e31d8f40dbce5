//! tlsmon: watches the TLS handshakes of a Linux node and says, in one line, why one failed.
//!
//! Modules stand in the order in which a packet meets them:
//!
//! ```text
//! capture --> wire --> flow --> stream --> tls --> handshake --> diagnosis --> report --> sink
//! live|pcap   headers  who      in order   messages how far       why           Event     metrics log api
//! '-- I/O --' '------------------- pure: no clock, socket, thread, async ------------------' '-- I/O --'
//! ```
//!
//! Everything that enters is a [`frame::Frame`], everything that leaves is a [`report::Event`], and
//! [`pipeline::Pipeline`] is the one place that knows the order of what lies between.

pub mod capture;
mod check;
pub mod cli;
pub mod diagnosis;
pub mod enrich;
pub mod filter;
pub mod flow;
pub mod frame;
pub mod handshake;
pub mod label;
mod memo;
pub mod pipeline;
pub mod ports;
pub mod probe;
pub mod problems;
pub mod proof;
mod remote;
pub mod report;
pub mod server;
pub mod sink;
pub mod stream;
pub mod tls;
mod triage;
pub mod wire;
mod words;
