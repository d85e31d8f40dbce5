//! What a node makes outside of its own network and folder, and does not take away: networks of pods, control groups.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::output;

/// What was there before; dropping it removes what came since.
pub(super) struct Leftovers(BTreeSet<PathBuf>);

impl Leftovers {
    pub(super) fn before() -> Self {
        Self(networks().chain(groups()).collect())
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        for network in networks().filter(|network| !self.0.contains(network)) {
            let name = network.file_name().unwrap_or_default();
            let _ = output(Command::new("ip").args(["netns", "del"]).arg(name));
        }
        for group in groups().filter(|group| !self.0.contains(group)) {
            remove(&group);
        }
    }
}

/// Network namespaces, as the plugins call those of pods.
fn networks() -> impl Iterator<Item = PathBuf> {
    entries("/run/netns").filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("cni-")
    })
}

/// The kubelet's groups in each hierarchy, whichever version they are of.
fn groups() -> impl Iterator<Item = PathBuf> {
    let hierarchies = entries("/sys/fs/cgroup").map(|hierarchy| hierarchy.join("kubepods"));
    let all = hierarchies.chain([PathBuf::from("/sys/fs/cgroup/kubepods")]);
    all.filter(|group| group.is_dir())
}

fn entries(folder: impl AsRef<Path>) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}

/// A group goes when its own groups have gone.
fn remove(group: &Path) {
    for inner in entries(group).filter(|path| path.is_dir()) {
        remove(&inner);
    }
    let _ = fs::remove_dir(group);
}
