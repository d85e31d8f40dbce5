//! The HTTP server beside the capture, on a thread of its own.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::RunArgs;
use crate::cli::CliError;
use crate::server::{self, ServeError, ServerState};

/// How often a port that another process has is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// A port that is taken, or will be, and not served yet.
pub(super) struct Http(Option<(Runtime, Port)>);

enum Port {
    Taken(TcpListener),
    /// Another process has it.
    Awaited(SocketAddr),
}

impl Http {
    /// Takes the port.
    pub(super) fn bind(args: &RunArgs) -> Result<Self, CliError> {
        let Some(address) = args.listen.0 else {
            return Ok(Self(None));
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| CliError::System {
            doing: "start the HTTP server",
            source,
        })?;
        let port = match runtime.block_on(server::bind(address)) {
            Err(error) if args.wait_for_port && is_taken(&error) => {
                tracing::warn!(
                    %address,
                    "another process listens there: capturing now, serving once it is gone"
                );
                Port::Awaited(address)
            }
            listener => Port::Taken(listener?),
        };
        Ok(Self(Some((runtime, port))))
    }

    /// Serves until the process ends.
    pub(super) fn serve(self, state: ServerState) -> Result<(), CliError> {
        let Some((runtime, port)) = self.0 else {
            return Ok(());
        };
        let thread = std::thread::Builder::new().name("tlsmon-http".to_owned());
        let serve = move || {
            runtime.block_on(async {
                let listener = port.listener().await;
                server::serve(listener, state, std::future::pending()).await;
            });
        };
        let started = thread.spawn(serve);
        started.map(drop).map_err(|source| CliError::System {
            doing: "start the HTTP server",
            source,
        })
    }
}

impl Port {
    async fn listener(self) -> TcpListener {
        let address = match self {
            Self::Taken(listener) => return listener,
            Self::Awaited(address) => address,
        };
        loop {
            if let Ok(listener) = server::bind(address).await {
                tracing::info!(%address, "the other process is gone: serving");
                return listener;
            }
            sleep(TRY_AGAIN).await;
        }
    }
}

fn is_taken(error: &ServeError) -> bool {
    let ServeError::Bind { source, .. } = error;
    source.kind() == io::ErrorKind::AddrInUse
}
