//! What checks the files of `deploy/`: kubectl for its kustomize, Prometheus with its promtool, and the schemas of Kubernetes.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::suite::Suite;
use super::{Item, debian, python};
use crate::command::{find, output, succeeds};
use crate::paths;

/// The checker and its schemas: the name and version of the Python package.
const SCHEMAS: &str = "kubernetes-validate==1.37.0";

/// The Debian release whose kubectl is new enough: components in kustomize came with 1.21.
const SUITE: &str = "trixie";

/// The machine's own kubectl, else the one that setup unpacked.
pub fn kubectl() -> PathBuf {
    find("kubectl").unwrap_or_else(|| folder().join("kubectl/usr/bin/kubectl"))
}

/// The machine's own promtool, else the one that setup unpacked.
pub fn promtool() -> PathBuf {
    find("promtool").unwrap_or_else(|| folder().join("prometheus/usr/bin/promtool"))
}

/// The machine's own Prometheus, else the one that setup unpacked.
pub fn prometheus() -> PathBuf {
    find("prometheus").unwrap_or_else(|| folder().join("prometheus/usr/bin/prometheus"))
}

/// The Python that has the schemas.
pub fn python() -> PathBuf {
    python::of(&environment())
}

fn environment() -> PathBuf {
    folder().join("python")
}

fn folder() -> PathBuf {
    paths::cache().join("deploy")
}

pub(super) fn items() -> [Item; 3] {
    [
        Item {
            name: "kubectl".into(),
            why: "renders manifests with kustomize; Debian's package, unpacked and not installed",
            present: succeeds(Command::new(kubectl()).args(["kustomize", "--help"])),
            install: Box::new(unpack_kubectl),
        },
        Item {
            name: "prometheus".into(),
            why: "tests alert rules and answers what dashboards ask; Debian's package, unpacked and not installed, so that no service starts",
            present: [promtool(), prometheus()]
                .iter()
                .all(|program| succeeds(Command::new(program).arg("--version"))),
            install: Box::new(unpack_prometheus),
        },
        Item {
            name: SCHEMAS.into(),
            why: "the schemas of Kubernetes, and what checks against them; from the Python package index",
            present: succeeds(Command::new(python()).args(["-c", "import kubernetes_validate"])),
            install: Box::new(|| python::install(&environment(), SCHEMAS)),
        },
    ]
}

fn unpack_kubectl() -> Result<()> {
    let suite = Suite::new(SUITE)?;
    output(suite.apt("apt-get").arg("update"))?;
    suite.unpack("kubectl", &folder().join("kubectl"))?;
    output(Command::new(kubectl()).args(["version", "--client"])).map(drop)
}

fn unpack_prometheus() -> Result<()> {
    debian::unpack(&["prometheus"], &folder().join("prometheus"))?;
    for program in [promtool(), prometheus()] {
        output(Command::new(program).arg("--version"))?;
    }
    Ok(())
}
