//! Debian's packages: which are missing, and their installation with apt-get.

use std::process::Command;

use anyhow::{Result, bail};

use super::Purpose;
use crate::command::{as_root, find, is_root, output, run, succeeds};
use crate::say;

/// A package that is there when its program is.
pub(super) struct Package {
    pub(super) name: &'static str,
    program: &'static str,
    pub(super) why: &'static str,
    from: Purpose,
}

const PACKAGES: [Package; 27] = [
    package("gcc", "cc", "links Rust programs", Purpose::Build),
    package(
        "iproute2",
        "ip",
        "network namespaces and the links between them",
        Purpose::Demo,
    ),
    package(
        "ethtool",
        "ethtool",
        "switches offloads off, so that packets have wire size",
        Purpose::Demo,
    ),
    package("curl", "curl", "a client", Purpose::Demo),
    package("openssl", "openssl", "a client and a server", Purpose::Demo),
    package(
        "tcpdump",
        "tcpdump",
        "a second witness: replay of its file must agree with live",
        Purpose::Live,
    ),
    package(
        "nftables",
        "nft",
        "makes networks lose, translate addresses, and hides a kernel from a raw client",
        Purpose::Demo,
    ),
    package(
        "gnutls-bin",
        "gnutls-serv",
        "a client and a server with another TLS library",
        Purpose::Live,
    ),
    package(
        "tmux",
        "tmux",
        "a terminal that a test can type in",
        Purpose::Live,
    ),
    package("python3", "python3", "clients and servers", Purpose::Live),
    package("nodejs", "node", "a client and a server", Purpose::Live),
    package("default-jdk-headless", "javac", "a client", Purpose::Live),
    package(
        "busybox-static",
        "busybox",
        "the user space of the test VM",
        Purpose::Test,
    ),
    package(
        "qemu-system-x86",
        "qemu-system-x86_64",
        "runs other kernels",
        Purpose::Test,
    ),
    package(
        "util-linux",
        "setpriv",
        "takes privileges from tlsmon in the test VM",
        Purpose::Test,
    ),
    package(
        "zstd",
        "zstd",
        "unpacks the modules of new kernels",
        Purpose::Test,
    ),
    package("buildah", "buildah", "builds the image", Purpose::Image),
    package("podman", "podman", "runs the image", Purpose::Image),
    package(
        "runc",
        "runc",
        "runs containers on any layout of control groups",
        Purpose::Image,
    ),
    package("make", "make", "builds Kubernetes", Purpose::Cluster),
    package("rsync", "rsync", "builds Kubernetes", Purpose::Cluster),
    package(
        "iptables",
        "iptables",
        "what kube-proxy makes Services of",
        Purpose::Cluster,
    ),
    package(
        "chromium",
        "chromium",
        "a real browser for the page",
        Purpose::Web,
    ),
    package("npm", "npm", "installs what drives it", Purpose::Web),
    package(
        "qemu-system-arm",
        "qemu-system-aarch64",
        "runs kernels of arm64",
        Purpose::Arm64,
    ),
    package(
        "gcc-aarch64-linux-gnu",
        "aarch64-linux-gnu-gcc",
        "builds for arm64",
        Purpose::Arm64,
    ),
    package("g++", "c++", "builds the fuzzer", Purpose::Fuzz),
];

const fn package(
    name: &'static str,
    program: &'static str,
    why: &'static str,
    from: Purpose,
) -> Package {
    Package {
        name,
        program,
        why,
        from,
    }
}

/// The packages that `purpose` needs and whose programs are nowhere to be found.
pub(super) fn missing(purpose: Purpose) -> Vec<&'static Package> {
    PACKAGES
        .iter()
        .filter(|package| purpose.holds(package.from) && find(package.program).is_none())
        .collect()
}

/// Installs packages, after `apt-get update`; through sudo when this is not root.
pub(super) fn install(names: &[&str]) -> Result<()> {
    if find("apt-get").is_none() {
        bail!(
            "this machine has no apt-get\nhelp: install these by hand and run setup again: {}",
            names.join(" ")
        );
    }
    if !is_root() {
        say::note("installing packages takes root: asking sudo");
    }
    run(apt_get().arg("update"))?;
    run(apt_get()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(names))
}

/// `apt-get` as root, quiet, without questions, patient with other package managers at work.
fn apt_get() -> Command {
    let mut command = as_root("env");
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]);
    command.args(["-o", "DPkg::Lock::Timeout=600", "-o", "Dpkg::Use-Pty=0"]);
    command
}

/// A package, and those that it needs and this machine lacks.
pub(super) fn with_what_it_needs(name: &str) -> Result<Vec<String>> {
    let simulate = ["--simulate", "--no-install-recommends", "install", name];
    let list = || output(Command::new("apt-get").args(simulate));
    let plan = match list() {
        Ok(plan) => plan,
        Err(_stale) => {
            run(apt_get().arg("update"))?;
            list()?
        }
    };
    let lines = plan.lines().filter_map(|line| line.strip_prefix("Inst "));
    let names = lines.filter_map(|line| line.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}

/// Downloads packages into `folder` and unpacks them under `into`, without installing them: no service is started.
pub(super) fn unpack(names: &[&str], into: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(into)?;
    let downloads = tempfile::tempdir()?;
    let download = |names: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "APT::Sandbox::User=root", "download"]);
        command.args(names).current_dir(downloads.path());
        command
    };
    if !succeeds(&mut download(names)) {
        run(apt_get().arg("update"))?;
        run(&mut download(names))?;
    }
    for file in std::fs::read_dir(downloads.path())? {
        run(Command::new("dpkg-deb")
            .arg("-x")
            .arg(file?.path())
            .arg(into))?;
    }
    Ok(())
}
