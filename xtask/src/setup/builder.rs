//! The image in which the Dockerfile compiles, where none can be pulled: Debian with this machine's Rust, as `rust:1.95-bookworm` is.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{debian, suite};
use crate::command::{find, output, run, succeeds};
use crate::{paths, say};

/// Its name in the local store.
const IMAGE: &str = "localhost/tlsmon-builder:1";

/// The Debian release of the image that the Dockerfile names.
const RELEASE: &str = "bookworm";

/// The authorities that Debian's programs trust.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What that image has beside Debian's smallest set.
const PACKAGES: &str = "gcc,libc6-dev,ca-certificates,curl";

/// Makes it where it is not there yet; gives its name.
pub fn image() -> Result<String> {
    if !succeeds(Command::new("buildah").args(["inspect", "--type", "image", IMAGE])) {
        make().context("cannot make the image that compiles")?;
    }
    Ok(IMAGE.to_owned())
}

fn make() -> Result<()> {
    say::note(format_args!(
        "making {IMAGE} from Debian {RELEASE} and this machine's Rust"
    ));
    if find("debootstrap").is_none() {
        debian::install(&["debootstrap"])?;
    }
    let folder = paths::cache().join("builder");
    std::fs::create_dir_all(&folder)?;
    let root = tempfile::Builder::new()
        .prefix("root-")
        .tempdir_in(&folder)?;
    let include = format!("--include={PACKAGES}");
    let mut bootstrap = Command::new("debootstrap");
    bootstrap.args(["--variant=minbase", &include, RELEASE]);
    output(bootstrap.arg(root.path()).arg(suite::mirror()?))?;
    rust(root.path())?;
    // What this machine trusts, where its way to the outside has an authority of its own.
    std::fs::copy(TRUSTED, root.path().join(TRUSTED.trim_start_matches('/')))?;
    commit(root.path())
}

/// rustup, cargo and the stable compiler where the image of that name has them; what the Dockerfile installs stays to be installed.
fn rust(root: &Path) -> Result<()> {
    let home = std::env::home_dir().context("no home folder")?;
    let from = |variable: &str, folder: &str| {
        std::env::var_os(variable).map_or_else(|| home.join(folder), PathBuf::from)
    };
    let local = root.join("usr/local");
    std::fs::create_dir_all(local.join("cargo/bin"))?;
    std::fs::create_dir_all(local.join("rustup/toolchains"))?;
    let rustup = from("CARGO_HOME", ".cargo").join("bin/rustup");
    for name in ["rustup", "cargo", "rustc"] {
        run(Command::new("cp")
            .arg("--dereference")
            .arg(&rustup)
            .arg(local.join("cargo/bin").join(name)))?;
    }
    let toolchain = output(Command::new("rustup").args(["show", "active-toolchain"]))?;
    let toolchain = toolchain
        .split_whitespace()
        .next()
        .context("no Rust is active")?;
    let homes = from("RUSTUP_HOME", ".rustup");
    run(Command::new("cp")
        .arg("--archive")
        .arg(homes.join("toolchains").join(toolchain))
        .arg(local.join("rustup/toolchains")))?;
    std::fs::write(
        local.join("rustup/settings.toml"),
        format!("version = \"12\"\nprofile = \"minimal\"\ndefault_toolchain = \"{toolchain}\"\n"),
    )?;
    Ok(())
}

/// An image of that root, with the environment that the image of that name has.
fn commit(root: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("Dockerfile");
    let text = "FROM scratch\n\
         COPY --from=root / /\n\
         ENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo \
         PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";
    std::fs::write(&file, text)?;
    let mut build = Command::new("buildah");
    build.env("BUILDAH_ISOLATION", "chroot");
    build.args(["build", "--tag", IMAGE, "--build-context"]);
    build.arg(format!("root={}", root.display()));
    output(build.arg("--file").arg(&file).arg(folder.path())).map(drop)
}
