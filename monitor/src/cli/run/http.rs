//! The HTTP server beside the capture, on a thread of its own.

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::options::Listen;
use crate::cli::CliError;
use crate::server::{self, ServerState};

/// A port that is taken and not served yet.
pub(super) struct Http(Option<(Runtime, TcpListener)>);

impl Http {
    /// Takes the port.
    pub(super) fn bind(listen: Listen) -> Result<Self, CliError> {
        let Some(address) = listen.0 else {
            return Ok(Self(None));
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| CliError::System {
            doing: "start the HTTP server",
            source,
        })?;
        let listener = runtime.block_on(server::bind(address))?;
        Ok(Self(Some((runtime, listener))))
    }

    /// Serves until the process ends.
    pub(super) fn serve(self, state: ServerState) -> Result<(), CliError> {
        let Some((runtime, listener)) = self.0 else {
            return Ok(());
        };
        let thread = std::thread::Builder::new().name("tlsmon-http".to_owned());
        let serve =
            move || runtime.block_on(server::serve(listener, state, std::future::pending()));
        let started = thread.spawn(serve);
        started.map(drop).map_err(|source| CliError::System {
            doing: "start the HTTP server",
            source,
        })
    }
}
