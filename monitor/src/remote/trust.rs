//! Whose certificates an agent may show.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, InvalidMessage, RootCertStore};

use super::address::Wire;

/// Issuers that are trusted, and nobody else.
#[derive(Clone, Debug)]
pub(crate) struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Those whose certificates are in this file (PEM).
    pub(crate) fn of_file(path: &Path) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let certificates = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?;
        for certificate in certificates {
            let certificate = certificate.map_err(io::Error::other)?;
            roots.add(certificate).map_err(io::Error::other)?;
        }
        if roots.is_empty() {
            return Err(io::Error::other("there is no certificate in it"));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions();
        let config = config
            .map_err(io::Error::other)?
            .with_root_certificates(roots);
        Ok(Self(Arc::new(config.with_no_client_auth())))
    }

    pub(super) async fn connect(&self, address: &str) -> io::Result<Box<dyn Wire>> {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::clone(&self.0));
        let connected = connector.connect(name, stream).await;
        Ok(Box::new(connected.map_err(in_words)?))
    }
}

/// Why the agent is not believed, in the words of who asks.
fn in_words(error: io::Error) -> io::Error {
    let refused = error.get_ref().and_then(|error| error.downcast_ref());
    let said = match refused {
        Some(Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet"
            }
            CertificateError::UnknownIssuer => "its certificate was issued by nobody in --ca-file",
            CertificateError::BadSignature => {
                "its certificate was issued by another of the same name as in --ca-file"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for other names than this address"
            }
            _ => return error,
        },
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "it does not speak TLS: leave out https://"
        }
        _ => return error,
    };
    io::Error::other(said)
}
