//! A lab for live tests and the demo: a client, a node and a pod in network namespaces, real servers, real clients,
//! and tlsmon on the node between them.
//!
//! ```text
//!  client                     node                               pod
//!  192.0.2.10 eth0 --------- eth0 192.0.2.1 (tlsmon here)
//!                             pod0 198.51.100.1 --------- eth0 198.51.100.20:443
//! ```
//!
//! The addresses are those that RFC 5737 and RFC 3849 keep for documentation, and no packet leaves the namespaces.

mod agent;
mod client;
mod hello;
mod interrupt;
mod knock;
mod kubernetes;
mod namespace;
mod network;
mod pki;
mod process;
mod quic_client;
mod raw_tcp;
mod server;
mod terminal;
mod wait;
mod witness;

pub mod smoke;

pub use agent::{Agent, AgentOptions, Ended, Output, client_port, get, handshakes, replay, word};
pub use client::{Attempt, Curl, SClient, Stream, StreamEnd};
pub use hello::Hello;
pub use interrupt::{interrupted, listen_for_interrupts};
pub use knock::knock;
pub use kubernetes::Kubernetes;
pub use namespace::{Namespace, remove_stale};
pub use network::{CLIENT, Network, POD, POD_V6};
pub use pki::Pki;
pub use process::Process;
pub use quic_client::QuicClient;
pub use raw_tcp::RawTcp;
pub use server::{Server, Unread, Unwelcoming};
pub use terminal::Terminal;
pub use wait::{pause, until, uptime};
pub use witness::Witness;
