//! A Kubernetes API of a few lines, on a node's loopback: it has what it is given, and nothing changes.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Namespace, Pki, Process, until};
use crate::setup;

const PORT: &str = "6443";

/// The API's server. It ends with its value.
#[derive(Debug)]
pub struct Kubernetes {
    /// What leads to it.
    pub kubeconfig: PathBuf,
    _process: Process,
}

impl Kubernetes {
    /// Where it listens; the authority must have a certificate for it.
    pub const HOST: &str = "127.0.0.1";

    /// Starts it with these objects, by the path that lists them.
    pub fn start(namespace: &Namespace, pki: &Pki, objects: &Value) -> Result<Self> {
        let file = |name: &str| pki.folder().join(name);
        std::fs::write(file("objects.json"), objects.to_string())?;
        let mut command = Command::new(setup::python_with_schemas());
        command.args(["-u", "-c", include_str!("kubernetes.py")]);
        command.args([Self::HOST, PORT]);
        command.args([pki.certificate(Self::HOST), pki.key(Self::HOST)]);
        command.arg(file("objects.json"));
        let mut process = Process::start(namespace, &mut command, &file("kubernetes.log"))?;
        until("the Kubernetes API", Duration::from_secs(10), || {
            if let Some(status) = process.ended()? {
                bail!("it ended: {status}\n{}", process.said());
            }
            Ok(process.said().contains("listening").then_some(()))
        })?;
        std::fs::write(file("kubeconfig.json"), config(pki).to_string())?;
        Ok(Self {
            kubeconfig: file("kubeconfig.json"),
            _process: process,
        })
    }
}

/// What kubectl would be given; JSON is YAML.
fn config(pki: &Pki) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "contexts": [{ "name": "lab", "context": { "cluster": "lab", "user": "lab" } }],
        "clusters": [{
            "name": "lab",
            "cluster": {
                "server": format!("https://{}:{PORT}", Kubernetes::HOST),
                "certificate-authority": pki.authority(),
            },
        }],
        "users": [{ "name": "lab", "user": { "token": "lab" } }],
    })
}
