//! Why the server could not start.

use std::io;
use std::path::PathBuf;

use tokio_rustls::rustls;

use super::Place;

/// The agent's HTTP server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The place cannot be listened on.
    #[error("cannot listen on {place}")]
    Bind {
        /// What was asked for.
        place: Place,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The API is to answer elsewhere, and anybody could ask.
    #[error("cannot offer the API beyond this host: that needs TLS and a token")]
    Unguarded,
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that should have a token has none.
    #[error(
        "cannot use the token in {path}: it has fewer than 16 characters, or white space in it"
    )]
    NoToken {
        /// Which.
        path: PathBuf,
    },
    /// A file that should have certificates or a key has none that can be read.
    #[error("cannot read {path} as PEM")]
    NotPem {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<rustls::pki_types::pem::Error>,
    },
    /// Certificate and key cannot be used.
    #[error("cannot use the certificate {path} with its key")]
    Certificate {
        /// The certificate.
        path: PathBuf,
        /// Why.
        source: Box<rustls::Error>,
    },
}

impl ServeError {
    /// What the user can do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Bind { source, .. } => help_for(source.kind()),
            Self::Unguarded => Some(
                "give --api-token-file, --tls-cert and --tls-key, or leave --api-listen out: the API then answers on loopback",
            ),
            Self::NoToken { .. } => Some("make one: head -c 32 /dev/urandom | base64 -w0 > FILE"),
            Self::Unreadable { .. } => Some("check the path and its permissions"),
            Self::NotPem { .. } | Self::Certificate { .. } => Some(
                "--tls-cert needs the certificate and those of its issuers, --tls-key the private key that belongs to it, both PEM",
            ),
        }
    }
}

fn help_for(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::AddrInUse => Some(
            "another process listens there, perhaps another tlsmon: choose another address with --listen",
        ),
        io::ErrorKind::AddrNotAvailable => Some(
            "this host does not have that address: choose one that \"ip address\" lists with --listen",
        ),
        io::ErrorKind::PermissionDenied => Some(
            "ports below 1024 need CAP_NET_BIND_SERVICE, a socket a folder that may be written to: choose another place with --listen",
        ),
        _ => None,
    }
}
