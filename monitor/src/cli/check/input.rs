//! Manifests from files and from standard input, and the files that overrides name.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::check::{Inventory, YamlError, candidates};
use crate::cli::ask::FetchError;
use crate::cli::kubectl;
use crate::remote::ClusterError;

/// The largest input. Ten thousand secrets with chains have some 80 MB.
const LARGEST: u64 = 256 * 1024 * 1024;
/// The largest file of a certificate.
const LARGEST_BESIDE: u64 = 4 * 1024 * 1024;

/// Why there is nothing to check.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than what is read.
    #[error("cannot read {path}: it has more than 256 MiB")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A file is not text.
    #[error("cannot read {path}: it is not UTF-8")]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A file is not YAML.
    #[error("cannot read {path}")]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: YamlError,
    },
    /// No file had anything that bears on handshakes.
    #[error(
        "nothing to check: no Istio Gateway, ApigeeRoute, Secret or virtualhost is in what was read"
    )]
    Nothing,
    /// There is no way to a cluster.
    #[cfg(feature = "kubernetes")]
    #[error(transparent)]
    Source(#[from] crate::enrich::kubernetes::SourceError),
    /// The cluster does not answer, or refuses to.
    #[cfg(feature = "kubernetes")]
    #[error("cannot read {what} of the cluster")]
    Cluster {
        /// What was asked for.
        what: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nothing can be asked at all.
    #[cfg(feature = "kubernetes")]
    #[error("cannot prepare to ask")]
    Runtime(#[source] io::Error),
    /// The agents of the cluster cannot be found.
    #[error(transparent)]
    Agents(#[from] ClusterError),
    /// The agent does not give any.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The file of reports cannot be read.
    #[error("cannot read the reports in {path}")]
    Reports {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl InputError {
    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } | Self::NotText { .. } | Self::Yaml { .. } => {
                "manifests are what \"kubectl get ... -o yaml\" prints, and overrides.yaml of Apigee hybrid"
            }
            #[cfg(feature = "kubernetes")]
            Self::Source(error) => error.help(),
            #[cfg(feature = "kubernetes")]
            Self::Cluster { .. } | Self::Runtime(_) => {
                "it needs to list gateways and apigeeroutes, and to get the secrets that they name (docs/check.md)"
            }
            Self::TooLarge { .. } => {
                "give the namespaces of the gateways alone: kubectl -n NAMESPACE get ..."
            }
            Self::Nothing => {
                "kubectl get gateways.networking.istio.io,apigeeroutes,secrets -A -o yaml | tlsmon check -"
            }
            Self::Agents(_) => kubectl::HELP,
            Self::Fetch(error) => error.help(),
            Self::Reports { .. } => {
                "reports are the lines that \"tlsmon run --output json\" and \"tlsmon replay --output json\" print"
            }
        }
    }
}

/// Reads the manifests of a file; what was read is wiped.
pub(super) fn read(path: &Path, inventory: &mut Inventory) -> Result<(), InputError> {
    let unreadable = |source| InputError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let is_stdin = path == Path::new("-");
    let bytes = if is_stdin {
        limited(io::stdin().lock(), LARGEST)
    } else {
        File::open(path).and_then(|file| limited(file, LARGEST))
    };
    let bytes = bytes.map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(InputError::TooLarge {
            path: path.to_owned(),
        });
    }
    let text = std::str::from_utf8(&bytes).map_err(|_error| InputError::NotText {
        path: path.to_owned(),
    })?;
    let name = if is_stdin {
        "stdin".into()
    } else {
        path.to_string_lossy()
    };
    inventory
        .read(text, &name)
        .map_err(|source| InputError::Yaml {
            path: path.to_owned(),
            source,
        })
}

/// All of it, or a byte more than the limit.
fn limited(input: impl Read, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the certificates that overrides name.
pub(super) fn files_beside(inventory: &mut Inventory) {
    for wanted in inventory.wanted_files() {
        let (overrides, path) = &wanted;
        let found = beside(overrides.as_deref(), path);
        inventory.found_file(wanted.clone(), found);
    }
}

/// The first of the places that has it, or why the first has not.
fn beside(overrides: Option<&str>, path: &str) -> Result<Vec<u8>, String> {
    let mut first = None;
    for place in candidates(overrides, path) {
        match File::open(&place).and_then(|file| limited(file, LARGEST_BESIDE)) {
            Ok(bytes) if bytes.len() as u64 > LARGEST_BESIDE => {
                return Err("has more than 4 MiB".to_owned());
            }
            Ok(mut bytes) => return Ok(std::mem::take(&mut *bytes)),
            Err(error) => {
                first.get_or_insert_with(|| format!("cannot be read: {error}"));
            }
        }
    }
    Err(first.unwrap_or_default())
}
