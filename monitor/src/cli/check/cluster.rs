//! The same objects from a cluster: Gateways and ApigeeRoutes by lists, and of the secrets those that they name, one by one.
//!
//! No list of secrets is asked for: whoever may read the named ones needs no right to read all.

use std::time::Duration;

use clap::Args;
use kube::Client;
use zeroize::Zeroizing;

use super::input::InputError;
use crate::check::Inventory;
use crate::cli::kubectl::KubectlArgs;
use crate::enrich::kubernetes::{Source, SourceError};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Objects of one answer, and answers for one list.
const PAGE: u32 = 500;
const MAX_PAGES: usize = 200;
/// Secrets that are asked for.
const MAX_SECRETS: usize = 10_000;

/// Where each kind is, the newest version first.
const GATEWAYS: &[&str] = &[
    "/apis/networking.istio.io/v1",
    "/apis/networking.istio.io/v1beta1",
    "/apis/networking.istio.io/v1alpha3",
];
const ROUTES: &[&str] = &[
    "/apis/apigee.cloud.google.com/v1alpha2",
    "/apis/apigee.cloud.google.com/v1alpha1",
];

const SERVICES: &[&str] = &["/api/v1"];

/// Which cluster, and what of it.
#[derive(Args, Debug)]
pub(super) struct ClusterArgs {
    /// Read Gateways, ApigeeRoutes and the secrets that they name from the cluster
    #[arg(long, env = "TLSMON_CHECK_CLUSTER", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) cluster: bool,
    /// Of --cluster: this namespace's objects alone
    #[arg(long, short, env = "TLSMON_CHECK_NAMESPACE", value_name = "NAME")]
    namespace: Option<String>,
}

/// Asks the cluster for everything that handshakes hang on.
pub(super) fn read(
    args: &ClusterArgs,
    kubectl: &KubectlArgs,
    inventory: &mut Inventory,
) -> Result<(), InputError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(InputError::Runtime)?;
    runtime.block_on(async {
        let reading = Reading {
            client: source(kubectl)?.client().await?,
            namespace: args.namespace.as_deref(),
        };
        reading.list(GATEWAYS, "gateways", inventory).await?;
        reading.list(ROUTES, "apigeeroutes", inventory).await?;
        // They tell which gateway a handshake came to. Without them all else can be told.
        if let Err(error) = reading.list(SERVICES, "services", inventory).await {
            tracing::warn!("{error}: handshakes are joined by name and cause alone");
        }
        inventory.lists_are_whole(args.namespace.is_none());
        reading.secrets(inventory).await
    })
}

/// The cluster that kubectl would ask, else the one that this is a pod of.
fn source(args: &KubectlArgs) -> Result<Source, SourceError> {
    let file = args.kubeconfig.as_deref();
    let found = if file.is_some() {
        Source::find(file)?.map_or_else(Source::as_kubectl, Ok)
    } else {
        let is_asked_for = args.context.is_some();
        Source::as_kubectl().or_else(|error| match Source::find(None)? {
            Some(pod) if !is_asked_for => Ok(pod),
            _ => Err(error),
        })
    };
    Ok(found?.in_context(args.context.clone()))
}

struct Reading<'a> {
    client: Client,
    namespace: Option<&'a str>,
}

impl Reading<'_> {
    /// All objects of a kind; none where the cluster does not know the kind.
    async fn list(
        &self,
        paths: &[&str],
        kind: &str,
        inventory: &mut Inventory,
    ) -> Result<(), InputError> {
        for path in paths {
            let place = self
                .namespace
                .map_or_else(String::new, |namespace| format!("/namespaces/{namespace}"));
            if self
                .pages(&format!("{path}{place}/{kind}"), inventory)
                .await?
            {
                return Ok(());
            }
        }
        tracing::info!("the cluster has no {kind}");
        Ok(())
    }

    /// Whether there is such a list.
    async fn pages(&self, path: &str, inventory: &mut Inventory) -> Result<bool, InputError> {
        let mut next = String::new();
        for _ in 0..MAX_PAGES {
            let Some(body) = self.get(&format!("{path}?limit={PAGE}{next}")).await? else {
                return Ok(false);
            };
            match inventory
                .read_answer(&body)
                .map_err(|source| Self::odd(path, source))?
            {
                // A token is of characters that a query may have.
                Some(token) => next = format!("&continue={token}"),
                None => return Ok(true),
            }
        }
        tracing::warn!(
            "{path} has more than {} objects: the others were left out",
            MAX_PAGES * PAGE as usize
        );
        Ok(true)
    }

    async fn secrets(&self, inventory: &mut Inventory) -> Result<(), InputError> {
        let wanted = inventory.wanted_secrets();
        if wanted.len() > MAX_SECRETS {
            tracing::warn!(
                "{} secrets are named, and {MAX_SECRETS} of them are looked at",
                wanted.len()
            );
        }
        for (namespace, name) in wanted.into_iter().take(MAX_SECRETS) {
            if !is_name(&namespace) || !is_name(&name) {
                tracing::warn!("{namespace:?}/{name:?} is no name that a secret can have");
                continue;
            }
            let path = format!("/api/v1/namespaces/{namespace}/secrets/{name}");
            match self.get(&path).await {
                Ok(Some(body)) => {
                    inventory
                        .read_answer(&body)
                        .map_err(|source| Self::odd(&path, source))?;
                }
                Ok(None) => inventory.is_absent(namespace, name),
                // Others may still be read; the finding says that this one was not.
                Err(error) => tracing::warn!(
                    "{error}: {}",
                    std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
                ),
            }
        }
        Ok(())
    }

    /// The answer; none where there is no such thing. It may hold keys, and is wiped.
    async fn get(&self, path: &str) -> Result<Option<Zeroizing<String>>, InputError> {
        let fault = |source: Box<dyn std::error::Error + Send + Sync>| InputError::Cluster {
            what: path.split('?').next().unwrap_or_default().to_owned(),
            source,
        };
        let request = axum::http::Request::get(path).body(Vec::new());
        let request = request.map_err(|error| fault(error.into()))?;
        let asked = tokio::time::timeout(PATIENCE, self.client.request_text(request)).await;
        match asked.map_err(|_elapsed| fault("no answer in 30 seconds".into()))? {
            Ok(body) => Ok(Some(Zeroizing::new(body))),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(fault(error.into())),
        }
    }

    fn odd(path: &str, source: crate::check::YamlError) -> InputError {
        InputError::Cluster {
            what: path.to_owned(),
            source: source.into(),
        }
    }
}

/// Whether it can be the name of an object (RFC 1123 section 2.1), and so a part of a path.
fn is_name(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !text.starts_with('.') && text.bytes().all(is_of_name)
}
