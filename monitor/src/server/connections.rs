//! Accepts connections, within limits: a monitor must not be the weak spot of its node.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::access::Caller;
use super::door::{Door, Socket};
use super::stream::{READERS, Stream};
use super::{ServerState, routes};

/// Connections at a time through one door, those of readers of the stream among them; more wait in the kernel's backlog.
const CONNECTIONS: usize = 64 + READERS;
/// For a request's head to arrive, and for the next request on a connection that is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes that a request's head may have.
const HEAD_BYTES: usize = 16 * 1024;
/// For a whole connection, unless it carries a stream; then it may finish the answer that it is at.
const CONNECTION_AGE: Duration = Duration::from_mins(5);
/// For that answer, and for all answers when the agent ends.
const GRACE: Duration = Duration::from_secs(3);
/// Milliseconds for which a peer may acknowledge nothing.
const UNREACHABLE: u32 = 300_000;
/// Before the next attempt when a connection cannot be accepted: no file descriptor is free, for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until `shutdown` is done, and then those that are under way.
pub async fn serve(doors: Vec<Door>, state: ServerState, shutdown: impl Future<Output = ()>) {
    let stream = Stream::new(&state);
    let router = routes::router(state).layer(Extension(Arc::clone(&stream)));
    let dispatcher = tokio::spawn(Arc::clone(&stream).dispatch());
    let (end, ending) = watch::channel(());
    let mut open = JoinSet::new();
    for door in doors {
        // Each has places of its own: who fills those of one door keeps nobody out of another, the kubelet for one.
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        open.spawn(door.answer(router.clone(), places, ending.clone()));
    }
    drop(ending);
    shutdown.await;
    drop(end);
    stream.close();
    // Whoever has not taken the answer by then is cut off when the set is dropped.
    let _ = timeout(GRACE, async { while open.join_next().await.is_some() {} }).await;
    dispatcher.abort();
}

impl Door {
    /// Answers whoever comes in here until the end begins, and then those who are in.
    async fn answer(self, router: Router, places: Arc<Semaphore>, mut ending: watch::Receiver<()>) {
        let door = tokio::select! {
            _ = ending.changed() => return,
            door = self.opened() => door,
        };
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = ending.changed() => break,
                Some(_) = connections.join_next() => {}
                (stream, caller, place) = door.accept(&places) => {
                    let router = router.clone().layer(Extension(caller.clone()));
                    let ending = ending.clone();
                    connections.spawn(async move {
                        match (stream, caller) {
                            (Stranger::Tcp(stream), Caller::Guarded(guard)) => {
                                let shake = guard.acceptor().accept(stream);
                                if let Ok(Ok(stream)) = timeout(HEAD_TIMEOUT, shake).await {
                                    converse(stream, router, ending).await;
                                }
                            }
                            (Stranger::Tcp(stream), _) => converse(stream, router, ending).await,
                            (Stranger::Unix(stream), _) => converse(stream, router, ending).await,
                        }
                        drop(place);
                    });
                }
            }
        }
        drop(door);
        while connections.join_next().await.is_some() {}
    }

    /// The next connection, once there is a place for it.
    async fn accept(&self, places: &Arc<Semaphore>) -> (Stranger, Caller, OwnedSemaphorePermit) {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            return pending().await;
        };
        loop {
            match self.next().await {
                Ok((stream, caller)) => return (stream, caller, place),
                Err(error) => tracing::warn!(%error, "cannot accept a connection"),
            }
            sleep(ACCEPT_PAUSE).await;
        }
    }

    async fn next(&self) -> io::Result<(Stranger, Caller)> {
        match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Without it the kernel would try for a quarter of an hour to reach a peer that is gone.
                set_tcp_user_timeout(&stream, UNREACHABLE)?;
                let guard = self.guard.as_ref().map(Arc::clone);
                let caller = guard.map_or(Caller::Plain(peer), Caller::Guarded);
                Ok((Stranger::Tcp(stream), caller))
            }
            Socket::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stranger::Unix(stream), Caller::Unix))
            }
            Socket::Awaited(_) => pending().await,
        }
    }
}

/// A connection of which nothing is known yet.
#[derive(Debug)]
enum Stranger {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Serves one connection until it ends, grows too old, or the agent ends.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    router: Router,
    mut ending: watch::Receiver<()>,
) {
    let life = Arc::new(Life::default());
    let router = router.layer(Extension(Arc::clone(&life)));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = loop {
        tokio::select! {
            result = connection.as_mut() => break Some(result),
            () = sleep(CONNECTION_AGE) => if !life.is_streaming() { break None },
            _ = ending.changed() => break None,
            () = life.cut.notified() => return,
        }
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
}

/// What keeps a connection, or ends it.
#[derive(Debug, Default)]
pub(super) struct Life {
    streams: AtomicUsize,
    cut: Notify,
}

impl Life {
    pub(super) fn begin_stream(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end_stream(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    /// Ends the connection, whatever it is at.
    pub(super) fn cut(&self) {
        self.cut.notify_one();
    }

    fn is_streaming(&self) -> bool {
        self.streams.load(Ordering::Relaxed) > 0
    }
}
