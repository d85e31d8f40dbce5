//! Kernels for the test VM: Debian's own, downloaded with signatures checked and unpacked, never installed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::suite::{self, Suite};
use super::{Item, debian};
use crate::command::{find, output};
use crate::{paths, say};

/// A kernel that tlsmon is tried on.
pub struct Kernel {
    /// `major.minor`, or `newest`; with the machine where that is another.
    pub name: &'static str,
    /// What it runs on.
    pub machine: Machine,
    /// The Debian release that has it.
    pub suite: &'static str,
    /// Which package, as apt-cache takes it.
    pattern: &'static str,
    /// How tlsmon attaches on it.
    pub attach: &'static str,
}

/// What a kernel runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    Amd64,
    /// 64-bit ARM.
    Arm64,
}

/// The kernel of another machine, with everything else of that machine too; only when asked for.
pub const ARM64: Kernel = Kernel {
    name: "6.12-arm64",
    machine: Machine::Arm64,
    suite: "bookworm",
    pattern: r"^linux-image-6\.12\..*-cloud-arm64$",
    attach: "tcx",
};

/// Every kernel of this machine that tlsmon is tried on, oldest first; the oldest is the floor that it promises.
pub const KERNELS: [Kernel; 4] = [
    Kernel {
        name: "5.10",
        machine: Machine::Amd64,
        suite: "bullseye",
        pattern: r"^linux-image-5\.10\.0-.*-cloud-amd64$",
        attach: "clsact",
    },
    Kernel {
        name: "6.1",
        machine: Machine::Amd64,
        suite: "bookworm",
        pattern: r"^linux-image-6\.1\.0-.*-cloud-amd64$",
        attach: "clsact",
    },
    Kernel {
        name: "6.12",
        machine: Machine::Amd64,
        suite: "bookworm",
        pattern: r"^linux-image-6\.12\..*-cloud-amd64$",
        attach: "tcx",
    },
    Kernel {
        name: "newest",
        machine: Machine::Amd64,
        suite: "sid",
        pattern: r"^linux-image-[0-9].*-cloud-amd64$",
        attach: "tcx",
    },
];

/// What comes with `linux-image-VERSION` where a release splits the package: the modules, and the kernel itself.
const PARTS: [&str; 2] = ["linux-modules-", "linux-binary-"];

impl Machine {
    /// As Debian calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => suite::AMD64,
            Self::Arm64 => "arm64",
        }
    }
}

impl Kernel {
    fn folder(&self) -> PathBuf {
        paths::cache().join("kernels").join(self.name)
    }

    /// The kernel that qemu boots.
    pub fn image(&self) -> PathBuf {
        self.folder().join("vmlinuz")
    }

    /// The file system root that holds `lib/modules`.
    pub fn root(&self) -> PathBuf {
        self.folder().join("root")
    }

    /// The full release, as `uname -r` says it in the VM.
    pub fn release(&self) -> Result<String> {
        let modules = self.root().join("lib/modules");
        let entry = fs::read_dir(&modules)?
            .next()
            .context("a kernel without modules")??;
        Ok(entry.file_name().to_string_lossy().into_owned())
    }

    fn install(&self) -> Result<()> {
        if find("depmod").is_none() {
            debian::install(&["kmod"])?;
        }
        let suite = Suite::of_machine(self.suite, self.machine.name())?;
        output(suite.apt("apt-get").arg("update"))?;
        let package = self.newest(&suite)?;
        say::note(format_args!(
            "downloading {package} of Debian {}",
            self.suite
        ));
        suite.unpack(&package, &self.root())?;
        for part in PARTS {
            let name = package.replace("linux-image-", part);
            if suite.has(&name) {
                suite.unpack(&name, &self.root())?;
            }
        }
        self.modules_where_tools_look()?;
        let mut depmod = Command::new(find("depmod").context("depmod")?);
        output(depmod.arg("-b").arg(self.root()).arg(self.release()?))?;
        let release = self.release()?;
        let places = [
            format!("boot/vmlinuz-{release}"),
            format!("usr/lib/modules/{release}/vmlinuz"),
        ];
        let image = places.iter().map(|place| self.root().join(place));
        let image = image.into_iter().find(|image| image.is_file());
        let image = image.with_context(|| format!("no kernel in {package}"))?;
        fs::copy(&image, self.image()).with_context(|| image.display().to_string())?;
        Ok(())
    }

    /// Packages of a merged `/usr` have `usr/lib/modules` alone; tools look for `lib/modules`.
    fn modules_where_tools_look(&self) -> Result<()> {
        let lib = self.root().join("lib");
        if !lib.join("modules").is_dir() {
            fs::create_dir_all(&lib)?;
            std::os::unix::fs::symlink("../usr/lib/modules", lib.join("modules"))?;
        }
        Ok(())
    }

    fn newest(&self, suite: &Suite) -> Result<String> {
        let found = output(
            suite
                .apt("apt-cache")
                .args(["search", "--names-only", self.pattern]),
        )?;
        found
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .max_by_key(|name| numbers(name))
            .map(str::to_owned)
            .with_context(|| format!("{} has no package {}", self.suite, self.pattern))
    }
}

/// The numbers in a name, which order it by version.
fn numbers(name: &str) -> Vec<u64> {
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

pub(super) fn item(kernel: &'static Kernel) -> Item {
    Item {
        name: format!("kernel {}", kernel.name),
        why: "to load and attach the programs on; Debian's package, unpacked and not installed",
        present: kernel.image().is_file(),
        install: Box::new(|| kernel.install()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_ordered_by_their_numbers_not_their_letters() {
        assert!(
            numbers("linux-image-5.10.0-39-cloud-amd64")
                > numbers("linux-image-5.10.0-9-cloud-amd64")
        );
    }
}
