//! Where the API is, and who asks.

use std::path::{Path, PathBuf};

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

/// Where the API is, and who asks.
#[derive(Clone, Debug)]
pub enum Source {
    /// As a pod is told by its environment and its service account.
    Cluster,
    /// As a file says, in this context of it or its current one; and what it said when it was first read, in case that it cannot be
    /// read any more.
    File(PathBuf, Box<Kubeconfig>, Option<String>),
    /// As kubectl finds it: by the files that `KUBECONFIG` names, else by the one in the home.
    Kubectl(Box<Kubeconfig>, Option<String>),
}

/// Why it cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file that is not as it should be.
    #[error("cannot use the kubeconfig {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// The files that kubectl reads are not as they should be, or not there.
    #[error("cannot use the kubeconfig as kubectl does")]
    Kubectl(#[source] Box<KubeconfigError>),
    /// This is a pod, and it has no service account that it could ask with.
    #[error("cannot use this pod's service account")]
    Account(#[source] Box<InClusterError>),
    /// What was read is not good for TLS.
    #[error("cannot prepare to ask")]
    Client(#[source] Box<kube::Error>),
}

impl SourceError {
    /// What to do about it.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::File { .. } => {
                "name a file that kubectl takes with --kubeconfig, or leave it out"
            }
            Self::Kubectl(_) => "set KUBECONFIG, or name a file with --kubeconfig",
            Self::Account(_) => "set automountServiceAccountToken to true, or --kubernetes to off",
            Self::Client(_) => "look at the certificates and keys that it names",
        }
    }
}

impl Source {
    /// The file, where one is named, else the cluster that this is a pod of, if it is one.
    pub fn find(file: Option<&Path>) -> Result<Option<Self>, SourceError> {
        if let Some(path) = file {
            let read = read(path)?;
            return Ok(Some(Self::File(path.to_owned(), Box::new(read), None)));
        }
        match Config::incluster() {
            Ok(_) => Ok(Some(Self::Cluster)),
            Err(InClusterError::ReadEnvironmentVariable(_)) => Ok(None),
            Err(error) => Err(SourceError::Account(Box::new(error))),
        }
    }

    /// Whom kubectl would ask here. Only for who says so: on a desk that is often another cluster than the one whose addresses are seen.
    pub fn as_kubectl() -> Result<Self, SourceError> {
        let read = Kubeconfig::read();
        let read = read.map_err(|error| SourceError::Kubectl(Box::new(error)))?;
        Ok(Self::Kubectl(Box::new(read), None))
    }

    /// The same by another context than the current one. A pod has none.
    #[must_use]
    pub fn in_context(mut self, name: Option<String>) -> Self {
        if let Self::File(.., context) | Self::Kubectl(_, context) = &mut self {
            *context = name;
        }
        self
    }

    /// One who asks. Files are read anew: tokens and certificates change.
    pub(crate) async fn client(&self) -> Result<Client, SourceError> {
        let mut config = match self {
            Self::Cluster => {
                Config::incluster().map_err(|error| SourceError::Account(Box::new(error)))?
            }
            Self::File(path, first, context) => {
                let file = read(path).unwrap_or_else(|_unreadable| (**first).clone());
                let config = config(file, context.clone()).await;
                config.map_err(|source| of_file(path, source))?
            }
            Self::Kubectl(first, context) => {
                let file = Kubeconfig::read().unwrap_or_else(|_unreadable| (**first).clone());
                let config = config(file, context.clone()).await;
                config.map_err(|error| SourceError::Kubectl(Box::new(error)))?
            }
        };
        // What is tried again, and when, is decided in one place.
        config.default_retry = false;
        Client::try_from(config).map_err(|error| SourceError::Client(Box::new(error)))
    }
}

async fn config(file: Kubeconfig, context: Option<String>) -> Result<Config, KubeconfigError> {
    let options = KubeConfigOptions {
        context,
        ..KubeConfigOptions::default()
    };
    Config::from_custom_kubeconfig(file, &options).await
}

fn read(path: &Path) -> Result<Kubeconfig, SourceError> {
    Kubeconfig::read_from(path).map_err(|source| of_file(path, source))
}

fn of_file(path: &Path, source: KubeconfigError) -> SourceError {
    SourceError::File {
        path: path.to_owned(),
        source: Box::new(source),
    }
}
