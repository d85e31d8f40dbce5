//! A Kubernetes node's programs. No package index has them ready-made, but Debian's source package still holds the whole of Kubernetes
//! 1.20 with all that it is built from; the Go that it was written for is in an older Debian. Nothing is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::suite::Suite;
use super::{Item, debian};
use crate::command::{output, require, run};
use crate::{paths, say};

/// What is built, under `cmd/` of the source.
const PROGRAMS: [&str; 5] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
];

/// What the build would ask git about; the source is an archive.
const VERSION: &str = "\
KUBE_GIT_COMMIT='e87da0bd6e03ec3fea7933c4b5263d151aafd07c'
KUBE_GIT_TREE_STATE='clean'
KUBE_GIT_VERSION='v1.20.2'
KUBE_GIT_MAJOR='1'
KUBE_GIT_MINOR='20'
";

/// A program of the node, wherever it came from.
pub fn program(name: &str) -> PathBuf {
    let places = [folder().join("bin"), folder().join("node/usr/bin")];
    let found = places.iter().map(|place| place.join(name));
    let found = found.into_iter().find(|file| file.is_file());
    found.unwrap_or_else(|| folder().join("bin").join(name))
}

/// The folders of the programs, for those who start others by name.
pub fn path() -> [PathBuf; 2] {
    [folder().join("bin"), folder().join("node/usr/bin")]
}

/// The plugins that give pods their network.
pub fn plugins() -> PathBuf {
    folder().join("node/usr/lib/cni")
}

fn folder() -> PathBuf {
    paths::cache().join("cluster")
}

pub(super) fn items() -> [Item; 2] {
    let node = ["etcd", "containerd", "ctr"];
    [
        Item {
            name: "etcd, containerd and network plugins".into(),
            why: "below Kubernetes; Debian's packages, unpacked and not installed, so that no service starts",
            present: node.iter().all(|name| program(name).is_file()) && plugins().is_dir(),
            install: Box::new(unpack_node),
        },
        Item {
            name: "Kubernetes 1.20.2".into(),
            why: "a real node; built from Debian's source package, some ten minutes",
            present: PROGRAMS.iter().all(|name| program(name).is_file()),
            install: Box::new(build),
        },
    ]
}

fn unpack_node() -> Result<()> {
    let node = folder().join("node");
    debian::unpack(&["containerd", "containernetworking-plugins"], &node)?;
    let suite = Suite::new("trixie")?;
    output(suite.apt("apt-get").arg("update"))?;
    suite.unpack("etcd-server", &node)
}

fn build() -> Result<()> {
    fs::create_dir_all(folder())?;
    let work = tempfile::Builder::new()
        .prefix("build-")
        .tempdir_in(folder())?;
    let suite = Suite::of_sources("bookworm")?;
    output(suite.apt("apt-get").arg("update"))?;
    let source = suite.source("kubernetes", work.path())?;
    let suite = Suite::new("bullseye")?;
    output(suite.apt("apt-get").arg("update"))?;
    let go = work.path().join("go");
    for package in ["golang-1.15-go", "golang-1.15-src"] {
        suite.unpack(package, &go)?;
    }
    fs::write(work.path().join("version"), VERSION)?;
    say::note("building Kubernetes, without a network");
    make(&source, work.path(), &["generated_files".into()])?;
    let what: Vec<_> = PROGRAMS.iter().map(|name| format!("cmd/{name}")).collect();
    make(&source, work.path(), &[format!("WHAT={}", what.join(" "))])?;
    let bin = folder().join("bin");
    fs::create_dir_all(&bin)?;
    for name in PROGRAMS {
        let built = source.join("_output/bin").join(name);
        fs::copy(&built, bin.join(name)).with_context(|| built.display().to_string())?;
    }
    Ok(())
}

fn make(source: &Path, work: &Path, arguments: &[String]) -> Result<()> {
    let root = work.join("go/usr/lib/go-1.15");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(root.join("bin")).chain(std::env::split_paths(&path));
    let mut make = Command::new(require("make")?);
    make.arg("--jobs=2").args(arguments).current_dir(source);
    make.env("PATH", std::env::join_paths(path)?)
        .env("GOROOT", root)
        .env("GOPATH", work.join("gopath"))
        .env("GOCACHE", work.join("gocache"))
        .env("KUBE_GIT_VERSION_FILE", work.join("version"))
        .envs([
            ("GOPROXY", "off"),
            ("GOFLAGS", "-mod=vendor"),
            ("GO111MODULE", "on"),
            ("CGO_ENABLED", "0"),
        ]);
    run(&mut make)
}
