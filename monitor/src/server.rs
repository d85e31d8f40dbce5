//! The agent's HTTP side: `/metrics` for Prometheus, `/healthz` and `/readyz` for the kubelet, `/api/v1` for this host.

mod api;
mod capture;
mod connections;
mod error;
mod readiness;
mod routes;

pub use connections::{bind, serve};
pub use error::ServeError;
pub use readiness::Readiness;
pub use routes::ServerState;

#[cfg(test)]
mod tests;
