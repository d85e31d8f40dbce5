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
pub mod frame;
pub mod label;
pub mod report;
pub mod wire;
pub mod tls;
