//! The certificate that callers from elsewhere see.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio_rustls::rustls::{Error, ServerConfig};

use super::fresh::Fresh;
use crate::server::ServeError;

/// The files of certificate and key.
#[derive(Debug)]
pub(super) struct TlsFiles(Fresh<Arc<ServerConfig>>);

impl TlsFiles {
    pub(super) fn read(certificate: &Path, key: &Path) -> Result<Self, ServeError> {
        Fresh::new(vec![certificate.to_owned(), key.to_owned()], config_of).map(Self)
    }

    /// TLS 1.2 and 1.3 with the certificate as it is now.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.0.get()
    }
}

fn config_of(files: &[PathBuf]) -> Result<Arc<ServerConfig>, ServeError> {
    let [certificate, key] = files else {
        return Err(ServeError::Unguarded);
    };
    let not_pem = |path: &Path| {
        let path = path.to_owned();
        move |source: pem::Error| ServeError::NotPem {
            path,
            source: Box::new(source),
        }
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate)
        .map_err(not_pem(certificate))?
        .collect();
    let chain = chain.map_err(not_pem(certificate))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(not_pem(key))?;
    let made = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, secret)
        });
    made.map(Arc::new)
        .map_err(|source: Error| ServeError::Certificate {
            path: certificate.clone(),
            source: Box::new(source),
        })
}
