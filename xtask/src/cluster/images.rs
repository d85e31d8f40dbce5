//! The image that every pod of the lab uses: a shell, curl and Envoy, copied from this machine with the libraries that they need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::command::{output, require};
use crate::{image, setup, vm};

/// Its name; it does nothing when it is started without a command, as a sandbox does.
pub(super) const LAB: &str = "localhost/tlsmon-lab:1";

const DOCKERFILE: &str = "FROM scratch\n\
    COPY --from=root / /\n\
    ENV PATH=/usr/local/bin:/bin\n\
    ENTRYPOINT [\"/bin/busybox\", \"sleep\", \"2147483647\"]\n";

/// Builds it; gives an archive of it in `folder`.
pub(super) fn lab(folder: &Path) -> Result<PathBuf> {
    let root = folder.join("root");
    put(&require("busybox")?, &root, "bin")?;
    std::os::unix::fs::symlink("busybox", root.join("bin/sh"))?;
    for program in [require("curl")?, setup::envoy()] {
        put(&program, &root, "usr/local/bin")?;
        for library in vm::libraries(&program) {
            let library = PathBuf::from(library);
            let place = library.parent().context("a library is in a folder")?;
            put(&library, &root, &place.to_string_lossy())?;
        }
    }
    fs::create_dir_all(root.join("tmp"))?;
    let file = folder.join("Dockerfile");
    fs::write(&file, DOCKERFILE)?;
    // The one before would stay, without its name.
    let _ = output(image::buildah().args(["rmi", LAB]));
    let mut build = image::buildah();
    build.args(["build", "--tag", LAB, "--build-context"]);
    build.arg(format!("root={}", root.display())).arg("--file");
    output(build.arg(&file).arg(folder))?;
    let archive = folder.join("lab.tar");
    image::archive(LAB, "docker-archive", &archive)?;
    Ok(archive)
}

fn put(file: &Path, root: &Path, folder: &str) -> Result<()> {
    let folder = root.join(folder.trim_start_matches('/'));
    fs::create_dir_all(&folder)?;
    let name = file.file_name().context("a file has a name")?;
    output(
        Command::new("cp")
            .arg("--dereference")
            .arg(file)
            .arg(folder.join(name)),
    )
    .map(drop)
}
