//! Agents that run, here or elsewhere, asked over their API: over TCP, TLS, a Unix socket, or through `kubectl`.

mod address;
mod agent;
mod cluster;
mod forward;
mod trust;

pub(crate) use address::Address;
pub(crate) use agent::{Agent, Broken, piece};
pub(crate) use cluster::{Cluster, ClusterError};
pub(crate) use trust::Trust;

#[cfg(test)]
mod tests;
