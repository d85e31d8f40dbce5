//! What a caller from elsewhere must show: TLS with this agent's certificate, and a token that both know.

mod fresh;
mod tls;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use super::ServeError;
use tls::TlsFiles;
use token::TokenFile;

/// The files that make it safe to answer elsewhere. They are read again when they change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardFiles {
    /// Holds the token.
    pub token: Option<PathBuf>,
    /// The certificate and those of its issuers, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
}

/// Token and certificate of this agent.
#[derive(Debug)]
pub struct Guard {
    token: TokenFile,
    tls: TlsFiles,
}

impl Guard {
    /// Reads the files; all of them are needed.
    pub fn read(files: &GuardFiles) -> Result<Arc<Self>, ServeError> {
        let (Some(token), Some(certificate), Some(key)) =
            (&files.token, &files.certificate, &files.key)
        else {
            return Err(ServeError::Unguarded);
        };
        Ok(Arc::new(Self {
            token: TokenFile::read(token)?,
            tls: TlsFiles::read(certificate, key)?,
        }))
    }

    /// Whether the header `Authorization` has the token.
    pub(super) fn admits(&self, authorization: Option<&str>) -> bool {
        let given = authorization.and_then(|value| value.split_once(' '));
        given.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && self.token.is(token.trim())
        })
    }

    /// What accepts the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.tls.config())
    }
}

#[cfg(test)]
mod tests;
