//! A Kubernetes API of a few lines, on the node's loopback: tlsmon has names from it, and metrics about it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;
use xtask::lab::{Network, POD, Pki, Process, until};
use xtask::setup;

/// Where it listens.
pub(crate) const HOST: &str = "127.0.0.1";
const PORT: &str = "6443";

/// What the API calls the node.
pub(crate) const NODE: &str = "node-1";

/// The API's server. It ends with its value.
pub(crate) struct Kubernetes {
    pub(crate) kubeconfig: PathBuf,
    _process: Process,
}

impl Kubernetes {
    /// Starts it, with a pod and a Service at the address of the laboratory's server.
    pub(crate) fn start(network: &Network, pki: &Pki) -> Result<Self> {
        let log = pki.folder().join("kubernetes.log");
        let mut command = Command::new(setup::python_with_schemas());
        command.args(["-u", "-c", include_str!("kubernetes.py"), HOST, PORT]);
        command.arg(pki.certificate(HOST)).arg(pki.key(HOST));
        command.arg(objects().to_string());
        let mut process = Process::start(&network.node, &mut command, &log)?;
        until("the Kubernetes API", Duration::from_secs(10), || {
            if let Some(status) = process.ended()? {
                bail!("it ended: {status}\n{}", process.said());
            }
            Ok(process.said().contains("listening").then_some(()))
        })?;
        let kubeconfig = pki.folder().join("kubeconfig.json");
        std::fs::write(&kubeconfig, config(pki).to_string())?;
        Ok(Self {
            kubeconfig,
            _process: process,
        })
    }
}

/// What there is, by the path that lists it.
fn objects() -> serde_json::Value {
    let named = |name: &str| json!({ "name": name, "namespace": "shop", "resourceVersion": "1" });
    let mut of_pod = named("gateway-6d4b75cb6d-x2x9z");
    if let Some(fields) = of_pod.as_object_mut() {
        let set = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "gateway-6d4b75cb6d", "uid": "u", "controller": true }]);
        fields.insert("ownerReferences".to_owned(), set);
        fields.insert(
            "labels".to_owned(),
            json!({ "pod-template-hash": "6d4b75cb6d" }),
        );
    }
    let pod = json!({
        "metadata": of_pod,
        "spec": { "nodeName": NODE, "containers": [] },
        "status": { "phase": "Running", "podIP": POD, "podIPs": [{ "ip": POD }] },
    });
    let service = json!({
        "metadata": named("gateway"),
        "spec": { "type": "ClusterIP", "clusterIP": "203.0.113.10", "clusterIPs": ["203.0.113.10"] },
    });
    json!({
        "/api/v1/pods": [pod],
        "/api/v1/services": [service],
        "/apis/discovery.k8s.io/v1/endpointslices": [],
    })
}

/// What kubectl would be given; JSON is YAML.
fn config(pki: &Pki) -> serde_json::Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "contexts": [{ "name": "lab", "context": { "cluster": "lab", "user": "lab" } }],
        "clusters": [{
            "name": "lab",
            "cluster": {
                "server": format!("https://{HOST}:{PORT}"),
                "certificate-authority": pki.authority(),
            },
        }],
        "users": [{ "name": "lab", "user": { "token": "lab" } }],
    })
}
