//! Kernels for the test VM: Debian's own, downloaded with signatures checked and unpacked, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Item, debian};
use crate::command::{find, output};
use crate::{paths, say};

/// A kernel that tlsmon is tried on.
pub struct Kernel {
    /// `major.minor`.
    pub name: &'static str,
    /// The Debian release that has it.
    suite: &'static str,
    /// Which package, as apt-cache takes it.
    pattern: &'static str,
    /// How tlsmon attaches on it.
    pub attach: &'static str,
}

/// Every kernel that tlsmon is tried on, oldest first; the oldest is the floor that it promises.
pub const KERNELS: [Kernel; 3] = [
    Kernel {
        name: "5.10",
        suite: "bullseye",
        pattern: r"^linux-image-5\.10\.0-.*-cloud-amd64$",
        attach: "clsact",
    },
    Kernel {
        name: "6.1",
        suite: "bookworm",
        pattern: r"^linux-image-6\.1\.0-.*-cloud-amd64$",
        attach: "clsact",
    },
    Kernel {
        name: "6.12",
        suite: "bookworm",
        pattern: r"^linux-image-6\.12\..*-cloud-amd64$",
        attach: "tcx",
    },
];

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

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
        let suite = Suite::new(self.suite)?;
        output(suite.apt("apt-get").arg("update"))?;
        let package = self.newest(&suite)?;
        say::note(format_args!(
            "downloading {package} of Debian {}",
            self.suite
        ));
        let folder = self.folder().join("download");
        fs::create_dir_all(&folder)?;
        output(
            suite
                .apt("apt-get")
                .args(["download", &package])
                .current_dir(&folder),
        )?;
        for file in fs::read_dir(&folder)? {
            output(
                Command::new("dpkg-deb")
                    .arg("-x")
                    .arg(file?.path())
                    .arg(self.root()),
            )?;
        }
        fs::remove_dir_all(&folder)?;
        let mut depmod = Command::new(find("depmod").context("depmod")?);
        output(depmod.arg("-b").arg(self.root()).arg(self.release()?))?;
        let image = self
            .root()
            .join(format!("boot/vmlinuz-{}", self.release()?));
        fs::copy(&image, self.image()).with_context(|| image.display().to_string())?;
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

/// A Debian release with an apt state of its own, so that the machine's apt is left as it is.
struct Suite {
    state: PathBuf,
}

impl Suite {
    fn new(name: &str) -> Result<Self> {
        let state = paths::cache().join("apt").join(name);
        for folder in ["lists/partial", "cache/archives/partial", "etc"] {
            fs::create_dir_all(state.join(folder))?;
        }
        let (main, security) = mirrors()?;
        let sources = format!(
            "deb [signed-by={KEYRING} arch=amd64] {main} {name} main\n\
             deb [signed-by={KEYRING} arch=amd64] {security} {name}-security main\n"
        );
        fs::write(state.join("etc/sources.list"), sources)?;
        fs::write(state.join("status"), "")?;
        Ok(Self { state })
    }

    /// `apt-get` or `apt-cache` that sees this release alone.
    fn apt(&self, program: &str) -> Command {
        let state = self.state.display();
        let mut command = Command::new(program);
        command.arg("-qq");
        for option in [
            format!("Dir::State={state}"),
            format!("Dir::State::lists={state}/lists"),
            format!("Dir::State::status={state}/status"),
            format!("Dir::Cache={state}/cache"),
            format!("Dir::Etc::sourcelist={state}/etc/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".into(),
            "Dir::Etc::preferences=/dev/null".into(),
            "Dir::Etc::preferencesparts=/dev/null".into(),
            "APT::Architecture=amd64".into(),
            "APT::Sandbox::User=root".into(),
            "Acquire::Languages=none".into(),
        ] {
            command.arg("-o").arg(option);
        }
        command
    }
}

/// The mirrors that this machine's own apt uses: for releases, and for their security updates.
fn mirrors() -> Result<(String, String)> {
    let mut text = fs::read_to_string("/etc/apt/sources.list").unwrap_or_default();
    for entry in
        fs::read_dir("/etc/apt/sources.list.d").context("this machine has no apt sources")?
    {
        text.push('\n');
        text.push_str(&read_source(&entry?.path()));
    }
    let uris: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("URIs:") || line.starts_with("deb "))
        .filter_map(|line| line.split_whitespace().find(|word| word.contains("://")))
        .filter(|uri| uri.contains("debian"))
        .map(|uri| uri.trim_end_matches('/').to_owned())
        .collect();
    let main = uris.iter().find(|uri| !uri.ends_with("-security"));
    let main =
        main.context("the apt sources name no Debian mirror, and the test kernels are Debian's")?;
    let security = uris.iter().find(|uri| uri.ends_with("-security"));
    let security = security
        .cloned()
        .unwrap_or_else(|| format!("{main}-security"));
    Ok((main.clone(), security))
}

fn read_source(path: &Path) -> String {
    let apt_reads_it = path
        .extension()
        .is_some_and(|end| end == "sources" || end == "list");
    if apt_reads_it {
        fs::read_to_string(path).unwrap_or_default()
    } else {
        String::new()
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
