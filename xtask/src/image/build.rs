//! Building it with buildah.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{Options, Platform};
use crate::command::{output, run};
use crate::{paths, say, setup};

/// How much cargo optimises across crates; the Dockerfile has an argument of this name.
const LTO: &str = "CARGO_PROFILE_RELEASE_LTO";

/// An image in the local store.
#[derive(Debug)]
pub struct Built {
    /// Its name with its tag.
    pub name: String,
    /// Bytes of its layers.
    pub unpacked: u64,
    /// Bytes of its layers as a registry keeps them.
    pub packed: u64,
}

impl Platform {
    pub(super) fn of_this_machine() -> Result<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Ok(Self::Amd64),
            "aarch64" => Ok(Self::Arm64),
            other => bail!("no image for {other}"),
        }
    }

    /// As images call it.
    fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As compilers call it.
    pub(super) fn cpu(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

/// Builds it, for this machine or another, or takes the one that was asked for.
pub fn build(options: &Options) -> Result<Built> {
    let name = match &options.image {
        Some(name) => name.clone(),
        None => made(options)?,
    };
    Ok(Built {
        unpacked: archived(&name, "docker-archive")?,
        packed: archived(&name, "oci-archive")?,
        name,
    })
}

/// Has cargo build what the image will hold, as whoever asked, so that root owns nothing in the target folder.
pub fn prepare(options: &Options) -> Result<()> {
    if options.whole || options.image.is_some() {
        return Ok(());
    }
    program(wanted(options)?).map(drop)
}

fn wanted(options: &Options) -> Result<Platform> {
    let platform = options.platform;
    platform.map_or_else(Platform::of_this_machine, Ok)
}

fn made(options: &Options) -> Result<String> {
    let platform = wanted(options)?;
    let name = format!("localhost/tlsmon-{}:test", platform.name());
    say::step(format_args!("image: {name}"));
    // The one before would stay, without its name.
    let _ = output(buildah().args(["rmi", &name]));
    let mut command = buildah();
    command.args(["build", "--format", "docker", "--tag", &name, "--platform"]);
    command.arg(format!("linux/{}", platform.name()));
    let deploy = paths::root().join("deploy");
    command.arg("--file").arg(deploy.join("Dockerfile"));
    command
        .arg("--ignorefile")
        .arg(deploy.join("Dockerfile.dockerignore"));
    if options.whole {
        let base = setup::builder_image()?;
        command.args(["--pull=never", "--build-arg", &format!("RUST={base}")]);
        // BuildKit tells it by itself; old versions of buildah do not.
        let here = Platform::of_this_machine()?.name();
        command.args(["--build-arg", &format!("BUILDPLATFORM=linux/{here}")]);
        // Without a value it takes that of the environment, if there is one.
        if std::env::var_os(LTO).is_some() {
            command.args(["--build-arg", LTO]);
        }
    } else {
        let folder = program(platform)?.display().to_string();
        command.args(["--build-context", &format!("build={folder}")]);
    }
    run(command.arg(paths::root()))?;
    Ok(name)
}

/// Writes an image to a file of this kind.
pub fn archive(name: &str, kind: &str, file: &Path) -> Result<()> {
    let to = format!("{kind}:{}:{name}", file.display());
    output(buildah().args(["push", "--quiet", name, &to])).map(drop)
}

/// Copies a file out of an image into `folder`.
pub(crate) fn unpack(name: &str, file: &Path, folder: &Path) -> Result<()> {
    let container = output(buildah().args(["from", "--pull-never", name]))?;
    let container = container.trim();
    let mounted = output(buildah().args(["mount", container]));
    let copied = mounted.and_then(|root| {
        let mut copy = Command::new("cp");
        output(copy.arg(Path::new(root.trim()).join(file)).arg(folder))
    });
    // It goes whether that worked or not.
    output(buildah().args(["rm", container]))?;
    copied.map(drop)
}

/// How many bytes an archive of this kind takes: a Docker archive holds layers as they are, an OCI archive packed as registries have them.
fn archived(name: &str, kind: &str) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("image");
    archive(name, kind, &file)?;
    Ok(fs::metadata(file)?.len())
}

/// buildah, where a container may not make containers as well as where it may.
pub(crate) fn buildah() -> Command {
    let mut command = Command::new("buildah");
    command.env("BUILDAH_ISOLATION", "chroot");
    command
}

/// Where cargo's tlsmon is, without what only a debugger reads.
pub(super) fn folder(platform: Platform) -> PathBuf {
    paths::cache().join("image").join(platform.name())
}

/// Has cargo build tlsmon as the Dockerfile does, and gives the folder with it.
fn program(platform: Platform) -> Result<PathBuf> {
    let cpu = platform.cpu();
    let target = format!("{cpu}-unknown-linux-musl");
    let compiler = format!("{cpu}-linux-gnu-gcc");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "monitor"]);
    cargo.args(["--target", &target]).current_dir(paths::root());
    let name = target.replace('-', "_");
    cargo.env(format!("CC_{name}"), &compiler);
    let linker = format!("CARGO_TARGET_{}_LINKER", name.to_uppercase());
    run(cargo.env(linker, &compiler))?;
    let folder = folder(platform);
    fs::create_dir_all(&folder)?;
    let mut strip = Command::new(format!("{cpu}-linux-gnu-strip"));
    strip.arg("-o").arg(folder.join("tlsmon"));
    run(strip.arg(paths::target().join(target).join("release/tlsmon")))?;
    Ok(folder)
}
