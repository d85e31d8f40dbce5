//! The HTTP server beside the capture, on a thread of its own.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::RunArgs;
use crate::cli::CliError;
use crate::server::{self, Door, Guard, Place, ServeError, ServerState};

/// Places that are taken and not served yet.
pub(super) struct Http {
    runtime: Option<(Runtime, Vec<Door>)>,
    /// Where the API is, besides where `--listen` says.
    api: Option<Place>,
    sockets: Vec<Socket>,
}

/// The server runs; its sockets in the file system go when this does.
#[derive(Debug)]
pub(super) struct Served(Vec<Socket>);

/// A socket in the file system that this agent made.
#[derive(Debug)]
struct Socket {
    path: PathBuf,
    /// Tells it from one that the next agent puts in its place: none where it cannot be looked at.
    made: Option<(u64, u64)>,
}

impl Http {
    /// Takes the places.
    pub(super) fn bind(args: &RunArgs) -> Result<Self, CliError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| CliError::System {
            doing: "start the HTTP server",
            source,
        })?;
        let mut http = Self {
            runtime: None,
            api: None,
            sockets: Vec::new(),
        };
        let doors = runtime.block_on(http.open(args))?;
        http.runtime = (!doors.is_empty()).then_some((runtime, doors));
        Ok(http)
    }

    /// The API first: what is wrong with its files must be told.
    async fn open(&mut self, args: &RunArgs) -> Result<Vec<Door>, ServeError> {
        let mut doors = Vec::new();
        let beside = args.listen.0.as_ref().and_then(Place::loopback_beside);
        if let Some(place) = &args.api_listen {
            let guard = if place.is_here() {
                None
            } else {
                Some(Guard::read(&args.guard_files())?)
            };
            doors.push(open(place, guard, args).await?);
            self.keep(place);
            self.api = Some(place.clone());
        }
        if let Some(place) = &args.listen.0 {
            doors.push(open(place, None, args).await?);
            self.keep(place);
        }
        if let Some(place) = beside.filter(|place| args.api_listen.as_ref() != Some(place)) {
            match open(&place, None, args).await {
                Ok(door) => doors.push(door),
                Err(error) => tracing::warn!("{error}: the API is not offered there"),
            }
            self.api.get_or_insert(place);
        }
        Ok(doors)
    }

    fn keep(&mut self, place: &Place) {
        if let Place::Unix(path) = place {
            self.sockets.push(Socket::at(path.clone()));
        }
    }

    /// Where the API is, where that is not where the metrics are.
    pub(super) const fn api(&self) -> Option<&Place> {
        self.api.as_ref()
    }

    /// Serves until the process ends.
    pub(super) fn serve(self, state: ServerState) -> Result<Served, CliError> {
        let served = Served(self.sockets);
        let Some((runtime, doors)) = self.runtime else {
            return Ok(served);
        };
        let thread = std::thread::Builder::new().name("tlsmon-http".to_owned());
        let serve = move || runtime.block_on(server::serve(doors, state, std::future::pending()));
        let started = thread.spawn(serve);
        started.map(|_| served).map_err(|source| CliError::System {
            doing: "start the HTTP server",
            source,
        })
    }
}

/// Listens there, or waits until that can be done.
async fn open(
    place: &Place,
    guard: Option<Arc<Guard>>,
    args: &RunArgs,
) -> Result<Door, ServeError> {
    if args.wait_for_port {
        Door::open_or_await(place, guard).await
    } else {
        Door::open(place, guard).await
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        for socket in self.0.iter().filter(|socket| socket.is_ours()) {
            // Who cannot remove it leaves a socket that the next agent takes over.
            let _ = std::fs::remove_file(&socket.path);
        }
    }
}

impl Socket {
    fn at(path: PathBuf) -> Self {
        let made = identity(&path);
        Self { path, made }
    }

    fn is_ours(&self) -> bool {
        self.made.is_some() && identity(&self.path) == self.made
    }
}

/// Device and inode.
fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_the_next_agent_put_in_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tlsmon.sock");
        std::fs::write(&path, "").unwrap();
        let ours = Served(vec![Socket::at(path.clone())]);
        let next = folder.path().join("next");
        std::fs::write(&next, "").unwrap();
        std::fs::rename(&next, &path).unwrap();
        drop(ours);
        assert!(path.exists());
        drop(Served(vec![Socket::at(path.clone())]));
        assert!(!path.exists());
    }
}
