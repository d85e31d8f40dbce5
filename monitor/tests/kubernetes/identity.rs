//! The server's certificate, and the files by which a client finds and trusts it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

pub struct Identity {
    folder: tempfile::TempDir,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// Of a server at this address, whose first token is `first`.
    pub fn new(address: SocketAddr) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([address.ip().to_string()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("ca.pem", cert.pem());
        write("token", "first".to_owned());
        let kubeconfig = include_str!("kubeconfig.yaml")
            .replace("ADDRESS", &address.to_string())
            .replace("FOLDER", folder.path().to_str().unwrap());
        write("kubeconfig", kubeconfig);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self {
            folder,
            config: Arc::new(config),
        }
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.config).into()
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// From now on the client's token is this.
    pub fn set_token(&self, token: &str) {
        std::fs::write(self.folder.path().join("token"), token).unwrap();
    }
}
