//! The agent's HTTP side: `/metrics` for Prometheus, `/healthz` and `/readyz` for the kubelet, `/api/v1` for this host, and elsewhere for
//! those who have the token.

mod access;
mod api;
mod baselines;
mod capture;
mod causes;
mod connections;
mod door;
mod endpoints;
mod error;
mod guard;
mod openapi;
mod page;
mod query;
mod readiness;
mod routes;
mod stream;
mod summary;

pub use connections::serve;
pub use door::{Door, Place, bind};
pub use error::ServeError;
pub use guard::{Guard, GuardFiles};
pub use openapi::openapi;
pub use readiness::Readiness;
pub use routes::ServerState;

#[cfg(test)]
pub(crate) mod tests;
