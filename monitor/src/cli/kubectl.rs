//! The cluster that `kubectl` speaks to, and the agents in it.

use std::path::PathBuf;

use clap::Args;

use crate::remote::Cluster;

/// What to do where no agents are found.
pub(crate) const HELP: &str = "see that \"kubectl get pods --all-namespaces -l app.kubernetes.io/name=tlsmon\" shows the agents; --kubeconfig, --context, --selector and --kubectl say otherwise";

/// Which cluster, and which pods of it are agents.
#[derive(Args, Clone, Debug)]
pub(crate) struct KubectlArgs {
    /// Of a cluster: its kubeconfig; as kubectl finds it when left out
    #[arg(long, env = "TLSMON_KUBECONFIG", value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Of a cluster: the context of the kubeconfig; the current one when left out
    #[arg(long, env = "TLSMON_CONTEXT", value_name = "NAME")]
    pub(super) context: Option<String>,
    /// Of a cluster: the labels of the agents' pods
    #[arg(
        long,
        env = "TLSMON_SELECTOR",
        value_name = "LABELS",
        default_value = "app.kubernetes.io/name=tlsmon"
    )]
    selector: String,
    /// Of a cluster: the command that reaches the agents
    #[arg(
        long,
        env = "TLSMON_KUBECTL",
        value_name = "COMMAND",
        default_value = "kubectl"
    )]
    kubectl: String,
}

impl KubectlArgs {
    /// The cluster.
    pub(super) fn cluster(&self) -> Cluster {
        Cluster {
            kubectl: self.kubectl.clone(),
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: None,
            selector: self.selector.clone(),
            port: 9469,
        }
    }
}
