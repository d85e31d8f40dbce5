//! Why the server could not start.

use std::io;
use std::net::SocketAddr;

/// The agent's HTTP server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl ServeError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        let Self::Bind { source, .. } = self;
        match source.kind() {
            io::ErrorKind::AddrInUse => Some(
                "another process listens there, perhaps another tlsmon: choose another address with --listen",
            ),
            io::ErrorKind::AddrNotAvailable => Some(
                "this host does not have that address: choose one that \"ip address\" lists with --listen",
            ),
            io::ErrorKind::PermissionDenied => Some(
                "ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one with --listen",
            ),
            _ => None,
        }
    }
}
