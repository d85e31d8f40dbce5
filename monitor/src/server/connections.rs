//! Accepts connections, within limits: a monitor must not be the weak spot of its node.

use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::api::PeerAddress;
use super::{ServeError, ServerState, routes};

/// Connections at a time; more wait in the kernel's backlog.
const CONNECTIONS: usize = 64;
/// For a request's head to arrive, and for the next request on a connection that is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that a request's head may have.
const HEAD_BYTES: usize = 16 * 1024;
/// For a whole connection; then it may finish the answer that it is at.
const CONNECTION_AGE: Duration = Duration::from_mins(5);
/// For that answer, and for all answers when the agent ends.
const GRACE: Duration = Duration::from_secs(3);
/// Before the next attempt when a connection cannot be accepted: no file descriptor is free, for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Listens on the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| ServeError::Bind { address, source })
}

/// Answers requests until `shutdown` is done, and then those that are under way.
pub async fn serve(listener: TcpListener, state: ServerState, shutdown: impl Future<Output = ()>) {
    let router = routes::router(state);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (end, ending) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, place) = accept(&listener, &places) => {
                let router = router.clone().layer(Extension(PeerAddress(peer)));
                connections.spawn(converse(stream, router, ending.clone(), place));
            }
        }
    }
    drop(listener);
    drop(end);
    // Whoever has not taken the answer by then is cut off when the set is dropped.
    let _ = timeout(GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    // The semaphore is never closed.
    let Ok(place) = Arc::clone(places).acquire_owned().await else {
        return pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => tracing::warn!(%error, "cannot accept a connection"),
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

/// Serves one connection until it ends, grows too old, or the agent ends.
async fn converse(
    stream: TcpStream,
    router: Router,
    mut ending: watch::Receiver<()>,
    place: OwnedSemaphorePermit,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        result = connection.as_mut() => Some(result),
        () = sleep(CONNECTION_AGE) => None,
        _ = ending.changed() => None,
    };
    let result = if let Some(result) = ended {
        Ok(result)
    } else {
        connection.as_mut().graceful_shutdown();
        timeout(GRACE, connection).await
    };
    if let Ok(Err(error)) = result {
        tracing::debug!(%error, "a connection ended early");
    }
    drop(place);
}
