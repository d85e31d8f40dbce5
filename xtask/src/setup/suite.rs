//! Debian releases other than this machine's: their packages, downloaded with signatures checked, never installed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{output, succeeds};
use crate::paths;

/// The release that is never released: it has no security updates of its own.
const UNSTABLE: &str = "sid";

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A Debian release with an apt state of its own, so that the machine's apt is left as it is.
pub(super) struct Suite {
    state: PathBuf,
    /// Whose packages, as Debian calls the machine.
    architecture: &'static str,
}

/// As Debian calls the machine that kernels are tried on by default.
pub(super) const AMD64: &str = "amd64";

impl Suite {
    pub(super) fn new(name: &str) -> Result<Self> {
        Self::of_machine(name, AMD64)
    }

    /// The release's packages for machines of this architecture.
    pub(super) fn of_machine(name: &str, architecture: &'static str) -> Result<Self> {
        let (main, security) = mirrors()?;
        let source = format!("deb [signed-by={KEYRING} arch={architecture}]");
        let mut sources = format!("{source} {main} {name} main\n");
        if name != UNSTABLE {
            let _ = writeln!(sources, "{source} {security} {name}-security main");
        }
        let folder = if architecture == AMD64 {
            name.to_owned()
        } else {
            format!("{name}-{architecture}")
        };
        Self::with(&folder, &sources, architecture)
    }

    /// The release's source packages alone.
    pub(super) fn of_sources(name: &str) -> Result<Self> {
        let (main, _) = mirrors()?;
        let sources = format!("deb-src [signed-by={KEYRING}] {main} {name} main\n");
        Self::with(&format!("{name}-src"), &sources, AMD64)
    }

    fn with(folder: &str, sources: &str, architecture: &'static str) -> Result<Self> {
        let state = paths::cache().join("apt").join(folder);
        for folder in ["lists/partial", "cache/archives/partial", "etc"] {
            fs::create_dir_all(state.join(folder))?;
        }
        fs::write(state.join("etc/sources.list"), sources)?;
        fs::write(state.join("status"), "")?;
        Ok(Self {
            state,
            architecture,
        })
    }

    /// Downloads a source package and unpacks it, as its authors published it, under `into`; gives the folder.
    pub(super) fn source(&self, package: &str, into: &Path) -> Result<PathBuf> {
        let downloads = tempfile::tempdir()?;
        let mut download = self.apt("apt-get");
        output(
            download
                .args(["source", "--download-only", package])
                .current_dir(downloads.path()),
        )?;
        let mut files =
            fs::read_dir(downloads.path())?.filter_map(|entry| Some(entry.ok()?.path()));
        let archive = files.find(|file| file.to_string_lossy().contains(".orig.tar"));
        let archive = archive.with_context(|| format!("{package} has no source archive"))?;
        let folder = into.join("source");
        fs::create_dir_all(&folder)?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--strip-components=1", "--file"]);
        output(tar.arg(archive).arg("--directory").arg(&folder))?;
        Ok(folder)
    }

    /// Whether it has this package.
    pub(super) fn has(&self, package: &str) -> bool {
        succeeds(self.apt("apt-cache").args(["show", package]))
    }

    /// Downloads a package and unpacks it under `into`.
    pub(super) fn unpack(&self, package: &str, into: &Path) -> Result<()> {
        fs::create_dir_all(into)?;
        let downloads = tempfile::tempdir()?;
        let mut download = self.apt("apt-get");
        output(
            download
                .args(["download", package])
                .current_dir(downloads.path()),
        )?;
        unpack_all(downloads.path(), into)
    }

    /// The same of packages with all that they need, down to the C library.
    pub(super) fn unpack_whole(&self, packages: &[&str], into: &Path) -> Result<()> {
        fs::create_dir_all(into)?;
        let downloads = tempfile::tempdir()?;
        fs::create_dir(downloads.path().join("partial"))?;
        let mut download = self.apt("apt-get");
        let place = format!("Dir::Cache::archives={}", downloads.path().display());
        download.args(["-o", &place, "--download-only", "--yes"]);
        download.args(["--no-install-recommends", "install"]);
        output(download.args(packages))?;
        unpack_all(downloads.path(), into)
    }

    /// `apt-get` or `apt-cache` that sees this release alone.
    pub(super) fn apt(&self, program: &str) -> Command {
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
            format!("APT::Architecture={}", self.architecture),
            format!("APT::Architectures={}", self.architecture),
            "APT::Sandbox::User=root".into(),
            "Acquire::Languages=none".into(),
        ] {
            command.arg("-o").arg(option);
        }
        command
    }
}

/// Unpacks every package of a folder.
fn unpack_all(folder: &Path, into: &Path) -> Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?.path();
        if file.extension().is_some_and(|end| end == "deb") {
            output(Command::new("dpkg-deb").arg("-x").arg(file).arg(into))?;
        }
    }
    Ok(())
}

/// Where this machine's own apt gets Debian's releases from.
pub(super) fn mirror() -> Result<String> {
    Ok(mirrors()?.0)
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
    let main = main.context(
        "the apt sources name no Debian mirror, and some of what the tests use is Debian's",
    )?;
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
