//! Where an agent listens.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::forward::Forward;
use super::trust::Trust;

/// The port of agents.
const PORT: u16 = 9469;

/// Where an agent listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// `host:port`.
    Tcp(String),
    /// The same behind TLS.
    Https(String),
    /// A socket in the file system.
    Unix(PathBuf),
    /// A pod of a cluster.
    Pod(Arc<Forward>),
}

/// What bytes go over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Address {
    pub(super) async fn connect(&self, trust: Option<&Trust>) -> io::Result<Box<dyn Wire>> {
        Ok(match self {
            Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            Self::Https(address) => {
                let trust = trust.ok_or_else(|| {
                    io::Error::other("https takes --ca-file, with the certificate of its issuer")
                })?;
                trust.connect(address).await?
            }
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
            Self::Pod(forward) => Box::new(through(forward).await?),
        })
    }

    /// Whether both lead to one agent.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pod(one), Self::Pod(other)) => one.is_same(other),
            (one, other) => one.to_string() == other.to_string(),
        }
    }

    /// It is not needed any more.
    pub(crate) fn leave(&self) {
        if let Self::Pod(forward) = self {
            forward.end();
        }
    }

    /// The Host header.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Tcp(address) | Self::Https(address) => address,
            Self::Unix(_) | Self::Pod(_) => "localhost",
        }
    }
}

/// Connects to a pod; a way that leads nowhere is made anew the next time.
async fn through(forward: &Arc<Forward>) -> io::Result<TcpStream> {
    let making = Arc::clone(forward);
    let port = tokio::task::spawn_blocking(move || making.port()).await;
    let port = port.map_err(io::Error::other)??;
    let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
    connected.inspect_err(|_refused| forward.end())
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Https(address) => write!(f, "https://{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Pod(forward) => f.write_str(&forward.pod),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    /// `HOST[:PORT]`, with `http://` or `https://` before it or not, or `unix:/path`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Self::Unix(path.into()));
        }
        if let Some(rest) = text.strip_prefix("https://") {
            return host_and_port(rest).map(Self::Https);
        }
        host_and_port(text.strip_prefix("http://").unwrap_or(text)).map(Self::Tcp)
    }
}

/// `HOST[:PORT]` with its port.
fn host_and_port(text: &str) -> Result<String, String> {
    let host = text.trim_end_matches('/');
    if host.is_empty() || host.contains(['/', ' ', '@']) {
        return Err("give an address as in 127.0.0.1:9469 or unix:/run/tlsmon.sock".to_owned());
    }
    let bare_ipv6 = host.parse::<std::net::Ipv6Addr>();
    Ok(match (bare_ipv6, host.rsplit_once(':')) {
        (Ok(address), _) => format!("[{address}]:{PORT}"),
        (_, Some((_, port))) if port.parse::<u16>().is_ok() => host.to_owned(),
        _ => format!("{host}:{PORT}"),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:9469", "127.0.0.1:9469")]
    #[case("http://localhost:8080/", "localhost:8080")]
    #[case("node-3", "node-3:9469")]
    #[case("::1", "[::1]:9469")]
    #[case("[::1]:7", "[::1]:7")]
    #[case("https://node-3", "https://node-3:9469")]
    #[case("unix:/run/tlsmon.sock", "unix:/run/tlsmon.sock")]
    #[case("unix:///run/tlsmon.sock", "unix:/run/tlsmon.sock")]
    fn an_address_is_written_in_many_ways(#[case] text: &str, #[case] read: &str) {
        assert_eq!(text.parse::<Address>().unwrap().to_string(), read);
    }

    #[rstest]
    #[case("")]
    #[case("http://")]
    #[case("a b")]
    #[case("https://a b")]
    fn what_is_no_address_is_answered_with_what_is(#[case] text: &str) {
        assert!(text.parse::<Address>().is_err());
    }
}
