//! The agents of a cluster, each through a port-forward of its own: by `kubectl`, which knows the person's kubeconfig and how
//! they sign in, and reaches an agent that listens on loopback only.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::address::Address;
use super::agent::Agent;

/// How long a port-forward may take to stand.
const PATIENCE: Duration = Duration::from_secs(8);
/// The agents of a cluster that are listened to.
const MAX_AGENTS: usize = 1000;

/// Which agents of which cluster.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// The command that speaks to the cluster.
    pub(crate) kubectl: String,
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
struct Metadata {
    name: String,
    namespace: String,
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
    /// The agents, called as their nodes are.
    pub(crate) fn agents(&self, token: Option<&str>) -> Result<Vec<Agent>, ClusterError> {
        let mut command = self.command();
        command.args([
            "get",
            "pods",
            "--output",
            "json",
            "--selector",
            &self.selector,
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
        let running = list
            .items
            .into_iter()
            .filter(|pod| pod.status.phase == "Running");
        let agents: Vec<Agent> = running
            .take(MAX_AGENTS)
            .map(|pod| self.agent(pod, token))
            .collect();
        if agents.is_empty() {
            return Err(ClusterError::Nobody(self.selector.clone()));
        }
        Ok(agents)
    }

    fn agent(&self, pod: Pod, token: Option<&str>) -> Agent {
        let Metadata { name, namespace } = pod.metadata;
        Agent {
            name: pod.spec.node_name.unwrap_or_else(|| name.clone()),
            address: Address::Pod(Arc::new(Forward {
                cluster: self.clone(),
                namespace,
                pod: name,
                stands: Mutex::new(None),
            })),
            token: token.map(ToOwned::to_owned),
            trust: None,
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.stdin(Stdio::null());
        if let Some(context) = &self.context {
            command.args(["--context", context]);
        }
        command
    }
}

/// A way to one pod. It stands from the first connection on, and is made anew when it broke.
#[derive(Debug)]
pub(crate) struct Forward {
    cluster: Cluster,
    namespace: String,
    pub(super) pod: String,
    stands: Mutex<Option<(Child, u16)>>,
}

impl Forward {
    /// The port on this host that leads there.
    pub(super) fn port(&self) -> io::Result<u16> {
        let mut stands = self.stands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((child, port)) = &mut *stands
            && child.try_wait()?.is_none()
        {
            return Ok(*port);
        }
        let (child, port) = self.make()?;
        *stands = Some((child, port));
        drop(stands);
        Ok(port)
    }

    /// It leads nowhere any more, or is not needed.
    pub(super) fn end(&self) {
        let stands = self
            .stands
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((mut child, _)) = stands {
            stop(&mut child);
        }
    }

    fn make(&self) -> io::Result<(Child, u16)> {
        let mut command = self.cluster.command();
        let pod = format!("pod/{}", self.pod);
        let port = format!(":{}", self.cluster.port);
        command.args([
            "port-forward",
            "--address",
            "127.0.0.1",
            "--namespace",
            &self.namespace,
            &pod,
            &port,
        ]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(port) = first_line(&mut child) {
            return Ok((child, port));
        }
        stop(&mut child);
        Err(io::Error::other(format!(
            "kubectl port-forward: {}",
            said(&mut child)
        )))
    }
}

fn stop(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads the port out of `Forwarding from 127.0.0.1:40123 -> 9469`. What comes after that is read and dropped, for as long as
/// the command lives: it must not wait for somebody to read.
fn first_line(child: &mut Child) -> Option<u16> {
    let out = BufReader::new(child.stdout.take()?);
    let (sender, first) = sync_channel(1);
    let reading = thread::Builder::new().name("kubectl".to_owned());
    let started = reading.spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = sender.try_send(port(&line));
        }
    });
    started.ok()?;
    // In time, or not at all.
    first.recv_timeout(PATIENCE).unwrap_or_default()
}

fn port(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    rest.split(' ').next()?.parse().ok()
}

fn said(child: &mut Child) -> String {
    let mut said = Vec::new();
    if let Some(out) = child.stderr.take() {
        // Whatever could be read is said.
        let _ = out.take(1000).read_to_end(&mut said);
    }
    let said = String::from_utf8_lossy(&said);
    said.lines()
        .next()
        .unwrap_or("it does not say why")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_what_kubectl_says() {
        assert_eq!(port("Forwarding from 127.0.0.1:40123 -> 9469"), Some(40123));
        assert_eq!(port("error: pod not found"), None);
    }

    /// A `kubectl` of a few lines: two pods, one that cannot be reached.
    fn kubectl() -> (tempfile::TempDir, Cluster) {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubectl");
        let script = r#"#!/bin/sh
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
"#;
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = Cluster {
            kubectl: path.display().to_string(),
            context: Some("test".to_owned()),
            namespace: None,
            selector: "app.kubernetes.io/name=tlsmon".to_owned(),
            port: 9469,
        };
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
    fn a_command_that_is_not_there_is_said() {
        let (_dir, mut cluster) = kubectl();
        cluster.kubectl = "/nonexistent/kubectl".to_owned();
        assert!(matches!(cluster.agents(None), Err(ClusterError::Run(..))));
    }
}
