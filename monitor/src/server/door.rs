//! Where callers come in: an address of this host, a socket in the file system, or an address elsewhere behind TLS and a token.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::time::sleep;

use super::ServeError;
use super::guard::Guard;

/// How often a place that another process has is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An address and port.
    Tcp(SocketAddr),
    /// A socket in the file system, for its owner and group.
    Unix(PathBuf),
}

/// A place that is listened on, and who is behind it.
#[derive(Debug)]
pub struct Door {
    pub(super) socket: Socket,
    /// What a caller must show to be told anything of the API; none where the place itself is guard enough.
    pub(super) guard: Option<Arc<Guard>>,
}

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
    /// Another process has it.
    Awaited(Place),
}

impl Door {
    /// Listens there. What is not this host's own and has no guard offers no API.
    pub async fn open(place: &Place, guard: Option<Arc<Guard>>) -> Result<Self, ServeError> {
        let socket = match place {
            Place::Tcp(address) => Socket::Tcp(bind(*address).await?),
            Place::Unix(path) => Socket::Unix(bind_unix(path)?),
        };
        Ok(Self { socket, guard })
    }

    /// The same; where another process listens there, it is listened on once that one is gone.
    pub async fn open_or_await(
        place: &Place,
        guard: Option<Arc<Guard>>,
    ) -> Result<Self, ServeError> {
        match Self::open(place, guard.clone()).await {
            Err(ServeError::Bind { source, .. }) if source.kind() == ErrorKind::AddrInUse => {
                tracing::warn!(
                    %place,
                    "another process listens there: capturing now, serving once it is gone"
                );
                let socket = Socket::Awaited(place.clone());
                Ok(Self { socket, guard })
            }
            opened => opened,
        }
    }

    /// This door once it is there.
    pub(super) async fn opened(self) -> Self {
        let Socket::Awaited(place) = &self.socket else {
            return self;
        };
        loop {
            if let Ok(door) = Self::open(place, self.guard.clone()).await {
                tracing::info!(%place, "the other process is gone: serving");
                return door;
            }
            sleep(TRY_AGAIN).await;
        }
    }

    /// The address that was taken, of one that has an address.
    #[cfg(test)]
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(_) | Socket::Awaited(_) => None,
        }
    }

    /// One without a guard.
    pub const fn plain(listener: TcpListener) -> Self {
        Self {
            socket: Socket::Tcp(listener),
            guard: None,
        }
    }
}

impl Place {
    /// Whether only this host gets there.
    pub fn is_here(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// The loopback address with the same port, where the place does not include it already.
    pub fn loopback_beside(&self) -> Option<Self> {
        let Self::Tcp(address) = self else {
            return None;
        };
        let ip = address.ip();
        if ip.is_unspecified() || self.is_here() {
            return None;
        }
        let loopback = if ip.is_ipv4() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            IpAddr::V6(Ipv6Addr::LOCALHOST)
        };
        Some(Self::Tcp(SocketAddr::new(loopback, address.port())))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            if path.starts_with('/') {
                return Ok(Self::Unix(path.into()));
            }
            return Err(format!(
                "{path:?} is no absolute path, as in unix:/run/tlsmon.sock"
            ));
        }
        let address = text.parse::<SocketAddr>();
        address.map(Self::Tcp).map_err(|error| {
            format!("{error}: give an address with a port, as in 127.0.0.1:9469, or unix:/path")
        })
    }
}

/// Listens on the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| ServeError::Bind {
        place: Place::Tcp(address),
        source,
    })
}

/// Listens on a path, for its owner and group alone from the first moment on.
fn bind_unix(path: &Path) -> Result<UnixListener, ServeError> {
    remove_stale(path);
    let others = rustix::fs::Mode::from_raw_mode(0o117);
    let before = rustix::process::umask(others);
    let listener = UnixListener::bind(path);
    rustix::process::umask(before);
    listener.map_err(|source| ServeError::Bind {
        place: Place::Unix(path.to_owned()),
        source,
    })
}

/// Removes the socket of an agent that is gone: one that nobody answers at.
fn remove_stale(path: &Path) {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        // What cannot be removed cannot be listened on either, and that is told.
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:9469", true, None)]
    #[case("[::1]:9469", true, None)]
    #[case("unix:/run/tlsmon.sock", true, None)]
    #[case("0.0.0.0:9469", false, None)]
    #[case("10.0.0.5:9469", false, Some("127.0.0.1:9469"))]
    #[case("[2001:db8::5]:9470", false, Some("[::1]:9470"))]
    fn the_api_is_on_loopback_beside_an_address_that_does_not_include_it(
        #[case] text: &str,
        #[case] is_here: bool,
        #[case] beside: Option<&str>,
    ) {
        let place: Place = text.parse().unwrap();
        assert_eq!(place.to_string(), text);
        assert_eq!(place.is_here(), is_here);
        let found = place.loopback_beside().map(|place| place.to_string());
        assert_eq!(found.as_deref(), beside);
    }

    #[rstest]
    #[case("9469")]
    #[case("localhost:9469")]
    #[case("unix:tlsmon.sock")]
    fn what_is_no_place_is_answered_with_what_is(#[case] text: &str) {
        let said = text.parse::<Place>().unwrap_err();
        assert!(
            said.contains("127.0.0.1:9469") || said.contains("/run/tlsmon.sock"),
            "{said}"
        );
    }
}
