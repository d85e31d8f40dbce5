//! A Kubernetes node with its control plane, in a network namespace: it goes away with its value.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::identities;
use super::leftovers::Leftovers;
use super::settings::Settings;
use crate::command::{output, require, succeeds};
use crate::lab::{Namespace, Process, until};
use crate::setup::kubernetes::{path, plugins, program};
use crate::{say, setup};

/// Compiled by an old Go and started on a busy machine.
const START: Duration = Duration::from_mins(3);

/// The node's address, where the API server listens too.
pub(super) const ADDRESS: &str = "10.88.0.1";

/// A running node.
pub(super) struct Node {
    namespace: Namespace,
    folder: TempDir,
    /// In the order of their start; they end the other way round.
    processes: Vec<(&'static str, Process)>,
    _settings: Settings,
    // The last one, so that it goes last.
    _leftovers: Leftovers,
}

impl Node {
    /// Starts all of it, with these images in its store; the first is that of the sandboxes.
    pub(super) fn start(images: &[(&str, &Path)]) -> Result<Self> {
        let node = Self {
            namespace: network()?,
            folder: TempDir::with_prefix("tlsmon-cluster-")?,
            processes: Vec::new(),
            _settings: Settings::kept()?,
            _leftovers: Leftovers::before(),
        };
        let (sandbox, _) = images.first().context("no image")?;
        node.write_files(sandbox)?;
        node.control_plane()?.containers(images)?.ready()
    }

    /// Its network namespace.
    pub(super) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The kubeconfig of somebody.
    pub(super) fn kubeconfig(&self, who: &str) -> PathBuf {
        self.file(&format!("{who}.conf"))
    }

    /// kubectl as the cluster's administrator.
    pub(super) fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        let mut kubectl = Command::new(setup::kubectl());
        kubectl.arg("--kubeconfig").arg(self.kubeconfig("admin"));
        kubectl.env("HOME", self.folder.path());
        self.namespace.output(kubectl.args(arguments))
    }

    /// Follows the log of a pod into this file.
    pub(super) fn follow(&self, namespace: &str, pod: &str, into: &Path) -> Result<Process> {
        let mut kubectl = Command::new(setup::kubectl());
        kubectl.arg("--kubeconfig").arg(self.kubeconfig("admin"));
        kubectl.args(["--namespace", namespace, "logs", "--follow", pod]);
        let log = self.file("follow.log");
        Process::start_with_output(&self.namespace, &mut kubectl, into, &log)
    }

    /// Kills the API server and starts it again.
    pub(super) fn restart_api_server(&mut self) -> Result<()> {
        let place = self.processes.iter().position(|(name, _)| *name == API);
        let place = place.context("no API server")?;
        let (_, killed) = self.processes.remove(place);
        drop(killed);
        self.processes.insert(place, (API, self.api_server()?));
        self.answers()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    fn write_files(&self, sandbox: &str) -> Result<()> {
        identities::write(self.folder.path(), ADDRESS)?;
        fs::write(self.file("resolv.conf"), "nameserver 127.0.0.1\n")?;
        fs::create_dir_all(self.file("cni"))?;
        for (name, text) in [
            ("kubelet.yaml", include_str!("kubelet.yaml")),
            ("kube-proxy.yaml", include_str!("kube-proxy.yaml")),
            ("containerd.toml", include_str!("containerd.toml")),
            ("cni/10-pods.conflist", include_str!("network.conflist")),
        ] {
            let text = text
                .replace("FOLDER", self.path("").trim_end_matches('/'))
                .replace("PLUGINS", &plugins().display().to_string())
                .replace("IMAGE", sandbox);
            fs::write(self.file(name), text)?;
        }
        Ok(())
    }

    fn process(&self, name: &str, arguments: &[String]) -> Result<Process> {
        let mut command = Command::new(program(name));
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = path().into_iter().chain(std::env::split_paths(&inherited));
        command.env("PATH", std::env::join_paths(path)?);
        command.args(arguments).current_dir(self.folder.path());
        Process::start(
            &self.namespace,
            &mut command,
            &self.file(&format!("{name}.log")),
        )
    }

    fn add(mut self, name: &'static str, arguments: &[String]) -> Result<Self> {
        let process = self.process(name, arguments)?;
        self.processes.push((name, process));
        Ok(self)
    }

    fn control_plane(mut self) -> Result<Self> {
        let etcd = format!(
            "--data-dir={} --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379 \
             --listen-peer-urls=http://127.0.0.1:2380 --unsafe-no-fsync",
            self.path("etcd")
        );
        self = self.add("etcd", &words(&etcd))?;
        let api = self.api_server()?;
        self.processes.push((API, api));
        self.answers()?;
        let common = format!(
            "--kubeconfig={} --leader-elect=false --bind-address=127.0.0.1 --port=0",
            self.path("admin.conf")
        );
        let manager = format!(
            "{common} --service-account-private-key-file={} --root-ca-file={}",
            self.path("sa.key"),
            self.path("ca.crt")
        );
        self.add("kube-controller-manager", &words(&manager))?
            .add("kube-scheduler", &words(&common))
    }

    fn api_server(&self) -> Result<Process> {
        let text =
            include_str!("api-server.txt").replace("FOLDER", self.path("").trim_end_matches('/'));
        self.process(API, &words(&text.replace("ADDRESS", ADDRESS)))
    }

    fn answers(&self) -> Result<()> {
        until("the API server", START, || {
            Ok(self.kubectl(&["get", "--raw", "/readyz"]).ok())
        })
        .map(drop)
    }

    fn containers(self, images: &[(&str, &Path)]) -> Result<Self> {
        let config = format!("--config={}", self.path("containerd.toml"));
        let node = self.add("containerd", &words(&config))?;
        until("containerd", START, || {
            Ok(succeeds(node.ctr().arg("version")).then_some(()))
        })?;
        for (_, archive) in images {
            output(node.ctr().args(["images", "import"]).arg(archive))?;
        }
        let kubelet = format!(
            "--kubeconfig={} --config={} --container-runtime=remote --container-runtime-endpoint=unix://{} --root-dir={} \
             --cert-dir={} --hostname-override=node1 --node-ip={ADDRESS} --v=2",
            node.path("kubelet.conf"),
            node.path("kubelet.yaml"),
            node.path("c.sock"),
            node.path("kubelet"),
            node.path("kubelet-pki"),
        );
        let proxy = format!("--config={}", node.path("kube-proxy.yaml"));
        node.add("kubelet", &words(&kubelet))?
            .add("kube-proxy", &words(&proxy))
    }

    fn ready(self) -> Result<Self> {
        let ready = until("the node to be ready", START, || {
            let nodes = self
                .kubectl(&["get", "nodes", "--no-headers"])
                .unwrap_or_default();
            Ok(nodes.contains(" Ready").then_some(nodes))
        });
        say::note(ready.with_context(|| self.said())?);
        Ok(self)
    }

    /// The end of what each program said.
    pub(super) fn said(&self) -> String {
        let each = self.processes.iter().map(|(name, process)| {
            format!("--- {name}\n{}", crate::command::tail(&process.said(), 8))
        });
        each.collect::<Vec<_>>().join("\n")
    }

    /// What talks to containerd.
    fn ctr(&self) -> Command {
        let mut ctr = Command::new(program("ctr"));
        ctr.arg("--address").arg(self.file("c.sock"));
        ctr.args(["--namespace", "k8s.io"]);
        ctr
    }

    /// Pods have network namespaces of their own, in which nobody else would find them.
    fn end_containers(&self) {
        let list =
            |what: &str| output(self.ctr().args([what, "list", "--quiet"])).unwrap_or_default();
        for task in list("tasks").lines() {
            let _ = output(self.ctr().args(["tasks", "delete", "--force", task]));
        }
        for container in list("containers").lines() {
            let _ = output(self.ctr().args(["containers", "delete", container]));
        }
    }
}

const API: &str = "kube-apiserver";

impl Drop for Node {
    fn drop(&mut self) {
        // The kubelet would start pods again.
        self.processes.retain_mut(|(name, process)| {
            let starts_pods = *name == "kubelet";
            if starts_pods {
                let _ = process.signal(Signal::SIGTERM);
                let _ = process.wait(Duration::from_secs(5));
            }
            !starts_pods
        });
        self.end_containers();
        while self.processes.pop().is_some() {}
        unmount(self.folder.path());
    }
}

/// What the kubelet and containerd mounted, last first, with the pods' network namespaces.
fn unmount(folder: &Path) {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let folder = folder.display().to_string();
    let mut places: Vec<_> = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .filter(|place| place.starts_with(&folder))
        .collect();
    places.reverse();
    for place in places {
        let _ = output(Command::new("umount").args(["--lazy", place]));
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A node's network: its own address on an uplink that nobody is behind, and the address of the API's Service.
fn network() -> Result<Namespace> {
    require("ip")?;
    let namespace = Namespace::create("cluster")?;
    for step in [
        "addr add 10.96.0.1/32 dev lo",
        "link add eth0 type veth peer name beyond",
        "link set beyond up",
        "addr add 10.88.0.1/24 dev eth0",
        "link set eth0 up",
        "route add default via 10.88.0.254 dev eth0",
    ] {
        namespace.ip(step).with_context(|| step.to_owned())?;
    }
    namespace.sysctl("net/ipv4/ip_forward", "1")?;
    Ok(namespace)
}
