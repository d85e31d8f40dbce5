//! The cluster that whoever sits at this terminal means, found as kubectl finds it.
//!
//! The agent does not look there ([`Source::find`](super::Source::find)): on a desk these files lead to other clusters, whose
//! addresses mean something else here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

/// How long the API may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);

/// One who asks the API of a cluster.
#[derive(Clone)]
pub struct Access {
    /// Who asks.
    pub client: Client,
    /// Where the API is.
    pub server: String,
    /// What is meant where no namespace is named.
    pub namespace: String,
}

/// Why there is no access to a cluster.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Nothing says where a cluster is.
    #[error("no Kubernetes cluster is named")]
    Nowhere,
    /// A file that is not as it should be.
    #[error("cannot use the kubeconfig {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// The files are well, and do not say who asks whom.
    #[error("cannot use {what} of the kubeconfig")]
    Context {
        /// Which context.
        what: String,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// This is a pod, and it has no service account that it could ask with.
    #[error("cannot use this pod's service account")]
    Account(#[source] Box<InClusterError>),
    /// What was read is not good for TLS.
    #[error("cannot prepare to ask")]
    Client(#[source] Box<kube::Error>),
}

impl AccessError {
    /// What to do about it.
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Nowhere => "set KUBECONFIG, or name a file that kubectl takes with --kubeconfig",
            Self::File { .. } => "\"kubectl config view\" shows what kubectl makes of it",
            Self::Context { .. } => "\"kubectl config get-contexts\" lists those that there are",
            Self::Account(_) => "set automountServiceAccountToken to true, or name a kubeconfig",
            Self::Client(_) => "look at the certificates and keys that the kubeconfig names",
        }
    }
}

impl Access {
    /// By these files (as in `KUBECONFIG`, the first one that says something counts), else the one in the home, else the cluster that
    /// this is a pod of. `context` names one of the files' contexts; their current one is meant otherwise.
    pub async fn find(
        files: Option<&OsStr>,
        home: Option<&Path>,
        context: Option<&str>,
    ) -> Result<Self, AccessError> {
        let mut config = match kubeconfig(files, home)? {
            Some(file) => of_context(file, context).await?,
            None => Config::incluster().map_err(in_cluster)?,
        };
        config.connect_timeout = Some(CONNECT);
        let server = config.cluster_url.to_string();
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config);
        Ok(Self {
            client: client.map_err(|error| AccessError::Client(Box::new(error)))?,
            server,
            namespace,
        })
    }
}

/// What the files say together; none where nobody has named any and the home has none.
fn kubeconfig(
    files: Option<&OsStr>,
    home: Option<&Path>,
) -> Result<Option<Kubeconfig>, AccessError> {
    let named: Vec<_> = std::env::split_paths(files.unwrap_or_default())
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    let Some((last, others)) = named.split_last() else {
        let in_home = home.map(|home| home.join(".kube/config"));
        return in_home
            .filter(|path| path.is_file())
            .map(|path| read(&path))
            .transpose();
    };
    let mut all: Option<Kubeconfig> = None;
    // As kubectl does: of several files some may be missing.
    for path in others.iter().filter(|path| path.exists()) {
        all = Some(joined(all, path)?);
    }
    if all.is_none() || last.exists() {
        all = Some(joined(all, last)?);
    }
    Ok(all)
}

fn joined(all: Option<Kubeconfig>, path: &Path) -> Result<Kubeconfig, AccessError> {
    let next = read(path)?;
    match all {
        Some(all) => all.merge(next).map_err(|source| of_file(path, source)),
        None => Ok(next),
    }
}

fn read(path: &Path) -> Result<Kubeconfig, AccessError> {
    Kubeconfig::read_from(path).map_err(|source| of_file(path, source))
}

fn of_file(path: &Path, source: KubeconfigError) -> AccessError {
    AccessError::File {
        path: path.to_owned(),
        source: Box::new(source),
    }
}

async fn of_context(file: Kubeconfig, context: Option<&str>) -> Result<Config, AccessError> {
    let what = context.or(file.current_context.as_deref());
    let what = what.map_or_else(
        || "the current context".to_owned(),
        |name| format!("the context {name}"),
    );
    let options = KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(file, &options).await;
    config.map_err(|source| AccessError::Context {
        what,
        source: Box::new(source),
    })
}

fn in_cluster(error: InClusterError) -> AccessError {
    match error {
        InClusterError::ReadEnvironmentVariable(_) => AccessError::Nowhere,
        other => AccessError::Account(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A file with a context of this name, which leads to a cluster of this name.
    fn file(name: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
             contexts: [{{ name: {name}, context: {{ cluster: {name}, user: {name}, namespace: of-{name} }} }}]\n\
             clusters: [{{ name: {name}, cluster: {{ server: \"http://{name}.test:6443\" }} }}]\n\
             users: [{{ name: {name}, user: {{ token: secret }} }}]\n"
        )
    }

    /// A folder with two such files and one in its home.
    fn folder() -> TempDir {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(".kube")).unwrap();
        for (path, name) in [("one", "one"), ("two", "two"), (".kube/config", "home")] {
            fs::write(folder.path().join(path), file(name)).unwrap();
        }
        folder
    }

    fn find(
        folder: &TempDir,
        files: &[&str],
        context: Option<&str>,
    ) -> Result<Access, AccessError> {
        let paths = files.iter().map(|name| folder.path().join(name));
        let files = std::env::join_paths(paths).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(Access::find(Some(&files), Some(folder.path()), context))
    }

    #[test]
    fn the_first_file_counts_then_the_others_then_the_home() {
        let folder = folder();
        let server = |files: &[&str]| find(&folder, files, None).unwrap().server;
        assert_eq!(server(&["one", "two"]), "http://one.test:6443/");
        assert_eq!(server(&["missing", "two"]), "http://two.test:6443/");
        assert_eq!(server(&["two", "missing"]), "http://two.test:6443/");
        assert_eq!(server(&[]), "http://home.test:6443/");
    }

    #[test]
    fn a_context_is_found_by_name_in_any_of_the_files() {
        let folder = folder();
        let access = find(&folder, &["one", "two"], Some("two")).unwrap();
        assert_eq!(access.namespace, "of-two");
        let error = find(&folder, &["one"], Some("three")).err().unwrap();
        assert_eq!(
            error.to_string(),
            "cannot use the context three of the kubeconfig"
        );
    }

    #[test]
    fn a_file_that_was_named_must_be_there_and_be_one() {
        let folder = folder();
        let error = find(&folder, &["missing"], None).err().unwrap();
        assert!(matches!(error, AccessError::File { .. }), "{error}");
        fs::write(folder.path().join("odd"), "clusters: 7").unwrap();
        let error = find(&folder, &["odd"], None).err().unwrap();
        assert!(error.to_string().ends_with("odd"), "{error}");
    }

    #[test]
    fn where_nothing_is_named_and_this_is_no_pod_that_is_said() {
        let nothing = OsString::new();
        let found = kubeconfig(Some(&nothing), None).unwrap();
        assert!(found.is_none());
        let error = in_cluster(InClusterError::ReadEnvironmentVariable(
            std::env::VarError::NotPresent,
        ));
        assert_eq!(error.to_string(), "no Kubernetes cluster is named");
        assert!(error.help().contains("KUBECONFIG"));
    }
}
