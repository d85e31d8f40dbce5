//! The manifests of `deploy/` on the node.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::node::Node;
use crate::command::output;
use crate::image::Built;
use crate::{deploy, paths, say};

/// The least privilege, with the image at hand; pods talk to each other past the uplink.
const OVERLAY: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../least-privilege]
images: [{ name: tlsmon, newName: NAME, newTag: TAG }]
configMapGenerator:
  - { name: tlsmon, namespace: tlsmon, behavior: replace, files: [tlsmon.toml] }
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
        let (list, custom) = deploy::manifests::known(&name)?;
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
    rolled_out(node)
}

/// Waits until the pod of the DaemonSet is ready.
pub(super) fn rolled_out(node: &Node) -> Result<()> {
    let wait = ["rollout", "status", "daemonset/tlsmon", "--timeout=120s"];
    let said = node.kubectl(&[&["--namespace", "tlsmon"][..], &wait[..]].concat())?;
    say::note(said.lines().last().unwrap_or_default());
    Ok(())
}
