//! A gateway and its clients.

use std::fs;

use anyhow::{Result, ensure};
use tempfile::TempDir;

use super::node::Node;
use super::{SOON, images};
use crate::lab::{Pki, until};

const NAME: &str = "shop.example";

/// Each is a Deployment of one pod.
pub(super) const ALL: [&str; 4] = ["gateway", "good", "legacy", "partner"];

/// Where the pod finds its files.
const MOUNTED: &str = "/etc/gateway";

/// Installs them and waits until each runs.
pub(super) fn install(node: &Node) -> Result<()> {
    let folder = TempDir::with_prefix("tlsmon-workload-")?;
    let pki = Pki::create(&[NAME])?;
    let envoy = include_str!("../lab/envoy.yaml")
        .replace("NAME", NAME)
        .replace("CERTIFICATE", &format!("{MOUNTED}/tls.crt"))
        .replace("KEY", &format!("{MOUNTED}/tls.key"));
    fs::write(folder.path().join("envoy.yaml"), envoy)?;
    fs::copy(pki.certificate(NAME), folder.path().join("tls.crt"))?;
    fs::copy(pki.key(NAME), folder.path().join("tls.key"))?;
    let file = folder.path().join("workload.yaml");
    let text = include_str!("workload.yaml").replace("IMAGE", images::LAB);
    fs::write(&file, text)?;
    node.kubectl(&["apply", "--filename", &file.display().to_string()])?;
    let secret = ["create", "secret", "generic", "gateway"];
    let files = ["envoy.yaml", "tls.crt", "tls.key"]
        .map(|name| format!("--from-file={}", folder.path().join(name).display()));
    let files = files.each_ref().map(String::as_str);
    shop(node, &[&secret[..], &files[..]].concat())?;
    run(node)
}

/// Deletes the pods; their Deployments make others.
pub(super) fn replace(node: &Node) -> Result<()> {
    let before = address(node, "legacy")?;
    for name in ALL {
        shop(
            node,
            &["delete", "pod", "--selector", &format!("app={name}")],
        )?;
    }
    run(node)?;
    let after = address(node, "legacy")?;
    ensure!(
        before != after,
        "the new pod has the old one's address {after}"
    );
    Ok(())
}

fn run(node: &Node) -> Result<()> {
    for name in ALL {
        let deployment = format!("deployment/{name}");
        shop(node, &["rollout", "status", &deployment, "--timeout=120s"])?;
    }
    attempts_go_on(node)
}

/// Waits until the client without a name has made some more attempts.
pub(super) fn attempts_go_on(node: &Node) -> Result<()> {
    let count = || Ok::<_, anyhow::Error>(logs(node, "legacy")?.matches("attempt ").count());
    let before = count()?;
    until("more attempts", SOON, || {
        Ok((count()? > before + 5).then_some(()))
    })
}

/// The address of a Deployment's pod.
pub(super) fn address(node: &Node, name: &str) -> Result<String> {
    field(node, name, "status.podIP")
}

/// The name of a Deployment's pod.
pub(super) fn pod(node: &Node, name: &str) -> Result<String> {
    field(node, name, "metadata.name")
}

fn field(node: &Node, name: &str, field: &str) -> Result<String> {
    let selector = format!("--selector=app={name}");
    let path = format!("--output=jsonpath={{.items[0].{field}}}");
    let running = "--field-selector=status.phase=Running";
    shop(node, &["get", "pods", &selector, running, &path])
}

/// What the pod of a Deployment printed.
pub(super) fn logs(node: &Node, name: &str) -> Result<String> {
    shop(node, &["logs", &format!("deployment/{name}"), "--tail=-1"])
}

/// What tlsmon's pod printed.
pub(super) fn agent_logs(node: &Node) -> Result<String> {
    let selector = ["--selector=app.kubernetes.io/name=tlsmon", "--tail=-1"];
    node.kubectl(&[&["--namespace", "tlsmon", "logs"][..], &selector[..]].concat())
}

fn shop(node: &Node, arguments: &[&str]) -> Result<String> {
    node.kubectl(&[&["--namespace", "shop"][..], arguments].concat())
}
