//! The agents of a cluster, each through a port-forward of its own: by `kubectl`, which knows the person's kubeconfig and how
//! they sign in, and reaches an agent that listens on loopback only.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde::Deserialize;

use super::address::Address;
use super::agent::Agent;
use super::forward::Forward;

/// The agents of a cluster that are listened to.
const MAX_AGENTS: usize = 1000;
/// How long the list of them may take, as the command takes it: it would wait for ever.
const LISTED: &str = "--request-timeout=20s";

/// Which agents of which cluster.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// The command that speaks to the cluster.
    pub(crate) kubectl: String,
    /// The kubeconfig; as the command finds it when not said.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; the current one when not said.
    pub(crate) context: Option<String>,
    /// The namespace; all when not said.
    pub(crate) namespace: Option<String>,
    /// The labels of the agents' pods.
    pub(crate) selector: String,
    /// The port of the agents.
    pub(crate) port: u16,
}

/// Why there are no agents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterError {
    /// The command cannot be run.
    #[error("cannot run {0}")]
    Run(String, #[source] io::Error),
    /// It says why not.
    #[error("cannot list the agents' pods: {0}")]
    Refused(String),
    /// Its answer makes no sense.
    #[error("cannot read what kubectl answers")]
    Answer(#[from] serde_json::Error),
    /// There are none.
    #[error("no running pods with the labels {0}")]
    Nobody(String),
}

#[derive(Deserialize)]
struct List {
    items: Vec<Pod>,
}

#[derive(Deserialize)]
struct Pod {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    #[serde(default)]
    creation_timestamp: String,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    node_name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    phase: String,
}

impl Cluster {
    /// The agents, called as their nodes are: one for each node. While the next pod is there beside the one before, as when a
    /// DaemonSet rolls, that is the older, until it is told to end.
    pub(crate) fn agents(&self, token: Option<&str>) -> Result<Vec<Agent>, ClusterError> {
        let mut command = self.command();
        command.args([
            "get",
            "pods",
            "--output",
            "json",
            "--selector",
            &self.selector,
            LISTED,
        ]);
        match &self.namespace {
            Some(namespace) => command.args(["--namespace", namespace]),
            None => command.arg("--all-namespaces"),
        };
        let answer = command.output();
        let answer = answer.map_err(|error| ClusterError::Run(self.kubectl.clone(), error))?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(ClusterError::Refused(said.trim().to_owned()));
        }
        let list: List = serde_json::from_slice(&answer.stdout)?;
        let agents: Vec<Agent> = of_each_node(list)
            .take(MAX_AGENTS)
            .map(|(name, pod)| self.agent(name, pod, token))
            .collect();
        if agents.is_empty() {
            return Err(ClusterError::Nobody(self.selector.clone()));
        }
        Ok(agents)
    }

    fn agent(&self, name: String, pod: Metadata, token: Option<&str>) -> Agent {
        Agent {
            name,
            address: Address::Pod(Arc::new(Forward::to(self, pod.namespace, pod.name))),
            token: token.map(ToOwned::to_owned),
            trust: None,
        }
    }

    /// The command, which cluster it is to speak to, and nothing yet of what it is to do.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.stdin(Stdio::null());
        if let Some(kubeconfig) = &self.kubeconfig {
            command.arg("--kubeconfig").arg(kubeconfig);
        }
        if let Some(context) = &self.context {
            command.args(["--context", context]);
        }
        command
    }
}

/// The pod of each node that is to be asked, in the order of the nodes' names.
fn of_each_node(list: List) -> impl Iterator<Item = (String, Metadata)> {
    let running = list.items.into_iter();
    let mut running: Vec<_> = running
        .filter(|pod| pod.status.phase == "Running")
        .collect();
    // Times of the API are all in UTC, and all written alike.
    running.sort_by_cached_key(|pod| {
        let is_ending = pod.metadata.deletion_timestamp.is_some();
        (is_ending, pod.metadata.creation_timestamp.clone())
    });
    let mut nodes = BTreeMap::new();
    for Pod { metadata, spec, .. } in running {
        let node = spec.node_name.unwrap_or_else(|| metadata.name.clone());
        nodes.entry(node).or_insert(metadata);
    }
    nodes.into_iter()
}

#[cfg(test)]
impl Cluster {
    /// One whose `kubectl` is a shell script of a few lines.
    pub(crate) fn of_script(folder: &std::path::Path, script: &str) -> Self {
        let (text, kubectl) = (folder.join("kubectl.sh"), folder.join("kubectl"));
        std::fs::write(&text, format!("#!/bin/sh\n{script}")).unwrap();
        // Another test may fork meanwhile, and so hold open what this process writes: a program that is written to cannot be run.
        let mut install = Command::new("install");
        let installed = install.arg("-m755").arg(&text).arg(&kubectl).status();
        assert!(installed.unwrap().success());
        Self {
            kubectl: kubectl.display().to_string(),
            kubeconfig: None,
            context: Some("test".to_owned()),
            namespace: None,
            selector: "app.kubernetes.io/name=tlsmon".to_owned(),
            port: 9469,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pods, one that cannot be reached.
    fn kubectl() -> (tempfile::TempDir, Cluster) {
        let dir = tempfile::tempdir().unwrap();
        let cluster = Cluster::of_script(
            dir.path(),
            r#"
case "$*" in
*"get pods"*) cat <<'END'
{"items":[
 {"metadata":{"name":"tlsmon-a","namespace":"tlsmon"},"spec":{"nodeName":"node-1"},"status":{"phase":"Running"}},
 {"metadata":{"name":"tlsmon-b","namespace":"tlsmon"},"spec":{"nodeName":"node-2"},"status":{"phase":"Running"}},
 {"metadata":{"name":"tlsmon-c","namespace":"tlsmon"},"spec":{},"status":{"phase":"Pending"}}]}
END
;;
*pod/tlsmon-a*) echo "Forwarding from 127.0.0.1:40123 -> 9469"; exec sleep 60 ;;
*) echo "error: lost connection to pod" >&2; exit 1 ;;
esac
"#,
        );
        (dir, cluster)
    }

    #[test]
    fn each_running_agent_is_found_and_one_that_cannot_be_reached_says_why() {
        let (_dir, cluster) = kubectl();
        let agents = cluster.agents(None).unwrap();
        let names: Vec<_> = agents.iter().map(|agent| &*agent.name).collect();
        assert_eq!(names, ["node-1", "node-2"]);
        let ports: Vec<_> = agents
            .iter()
            .map(|agent| match &agent.address {
                Address::Pod(forward) => {
                    let port = forward.port().map_err(|error| error.to_string());
                    assert_eq!(forward.port().is_ok(), port.is_ok());
                    forward.end();
                    port
                }
                other => panic!("{other}"),
            })
            .collect();
        let lost = "kubectl port-forward: error: lost connection to pod".to_owned();
        assert_eq!(ports, [Ok(40123), Err(lost)]);
    }

    #[test]
    fn of_two_pods_on_a_node_the_one_that_has_its_port_is_asked() {
        let pod = |name: &str, created: &str, ends: Option<&str>| {
            serde_json::json!({
                "metadata": { "name": name, "namespace": "tlsmon", "creationTimestamp": created, "deletionTimestamp": ends },
                "spec": { "nodeName": "node-1" },
                "status": { "phase": "Running" },
            })
        };
        let asked = |pods: [serde_json::Value; 2]| {
            let list = serde_json::from_value(serde_json::json!({ "items": pods })).unwrap();
            let names: Vec<_> = of_each_node(list).map(|(_, pod)| pod.name).collect();
            names.join(",")
        };
        let next = || pod("next", "2026-05-19T04:46:20Z", None);
        assert_eq!(
            asked([next(), pod("old", "2026-05-01T09:00:00Z", None)]),
            "old"
        );
        let ending = pod("old", "2026-05-01T09:00:00Z", Some("2026-05-19T04:46:50Z"));
        assert_eq!(asked([ending, next()]), "next");
    }

    #[test]
    fn a_command_that_is_not_there_is_said() {
        let (_dir, mut cluster) = kubectl();
        cluster.kubectl = "/nonexistent/kubectl".to_owned();
        assert!(matches!(cluster.agents(None), Err(ClusterError::Run(..))));
    }
}
