//! The manifests of `deploy/` on the node.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::SOON;
use super::node::Node;
use crate::command::output;
use crate::image::Built;
use crate::lab::until;
use crate::{deploy, paths, say};

/// The least privilege and the API beyond the node, with the image at hand; pods talk to each other past the uplink. Kubernetes 1.20 has no `maxSurge`.
const OVERLAY: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../api]
images: [{ name: tlsmon, newName: NAME, newTag: TAG }]
configMapGenerator:
  - { name: tlsmon, namespace: tlsmon, behavior: replace, files: [tlsmon.toml] }
patches:
  - target: { kind: DaemonSet, name: tlsmon }
    patch: |
      - { op: replace, path: /spec/updateStrategy, value: { type: OnDelete } }
";

const SETTINGS: &str = "\
interface = [\"eth0\", \"veth*\"]
port = \"443\"
output = \"json\"
all = true
";

/// Whether the API server would take every object that comes with Kubernetes, of each overlay.
pub(super) fn all_are_taken(node: &Node) -> Result<()> {
    node.kubectl(&["create", "namespace", "tlsmon"])?;
    for name in deploy::manifests::all()? {
        let (mut list, custom) = deploy::manifests::known(&name)?;
        without_surge(&mut list);
        let file = tempfile::Builder::new().suffix(".json").tempfile()?;
        fs::write(&file, list.to_string())?;
        let path = file.path().display().to_string();
        let taken = node.kubectl(&["apply", "--dry-run=server", "--filename", &path]);
        let taken = taken.with_context(|| name.clone())?;
        say::note(format_args!(
            "{name}: {} objects taken, {custom} of operators left out",
            taken.lines().count()
        ));
    }
    Ok(())
}

/// Takes out what came with Kubernetes 1.21; the schemas of newer ones have it.
fn without_surge(list: &mut Value) {
    let items = list.get_mut("items").and_then(Value::as_array_mut);
    for object in items.into_iter().flatten() {
        if let Some(rolling) = object.pointer_mut("/spec/updateStrategy/rollingUpdate") {
            *rolling = json!({ "maxUnavailable": 1 });
        }
    }
}

/// Whether tlsmon may ask who has an address.
pub(super) fn grant_names() -> Result<bool> {
    let (list, _) = deploy::manifests::known("overlays/least-privilege")?;
    Ok(list.to_string().contains("\"ClusterRole\""))
}

/// Installs them and waits for the pod.
pub(super) fn install(node: &Node, built: &Built) -> Result<()> {
    let copy = TempDir::with_prefix("tlsmon-deploy-")?;
    let mut cp = Command::new("cp");
    cp.arg("--recursive").arg(paths::root().join("deploy"));
    output(cp.arg(copy.path()))?;
    let overlay = copy.path().join("deploy/overlays/lab");
    fs::create_dir(&overlay)?;
    let (name, tag) = built.name.rsplit_once(':').context("an image has a tag")?;
    let text = OVERLAY.replace("NAME", name).replace("TAG", tag);
    fs::write(overlay.join("kustomization.yaml"), text)?;
    fs::write(overlay.join("tlsmon.toml"), SETTINGS)?;
    let overlay = overlay.display().to_string();
    node.kubectl(&["apply", "--kustomize", &overlay])?;
    is_available(node, "tlsmon")
}

/// Does what a controller does that knows `maxSurge`: the next pod comes beside the one that is there, and that goes once the next
/// one has been ready for as long as the manifest says. It takes a DaemonSet of its own here.
pub(super) fn surge(node: &Node) -> Result<()> {
    let get = ["get", "daemonset/tlsmon", "--output=json"];
    let now: Value = serde_json::from_str(&of_tlsmon(node, &get)?)?;
    let next = json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": { "name": NEXT },
        "spec": now.get("spec"),
    });
    let file = tempfile::Builder::new().suffix(".json").tempfile()?;
    fs::write(&file, next.to_string())?;
    let path = file.path().display().to_string();
    of_tlsmon(node, &["apply", "--filename", &path])?;
    is_available(node, NEXT)?;
    // The DaemonSet is gone when its pod is.
    let delete = ["delete", "daemonset/tlsmon", "--cascade=foreground"];
    of_tlsmon(node, &[&delete[..], &["--timeout=60s"]].concat()).map(drop)
}

/// The DaemonSet of the next pod.
const NEXT: &str = "tlsmon-next";

/// Waits until the pod of a DaemonSet has been ready for long enough.
fn is_available(node: &Node, name: &str) -> Result<()> {
    until(&format!("{name} to be available"), SOON, || {
        let path = "--output=jsonpath={.status.numberAvailable}";
        let count = of_tlsmon(node, &["get", "daemonset", name, path])?;
        Ok((count == "1").then_some(()))
    })
}

fn of_tlsmon(node: &Node, arguments: &[&str]) -> Result<String> {
    node.kubectl(&[&["--namespace", "tlsmon"][..], arguments].concat())
}
