//! tlsmon on other kernels: Debian's, each booted in an emulated machine, and what is said about them in `docs/kernels.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::setup::kernel::{ARM64, KERNELS, Kernel, Machine};
use crate::{paths, say, setup, vm};

mod finding;
mod page;

pub use finding::Finding;

/// Boots a kernel and tries tlsmon on it, with real servers.
pub fn try_on(kernel: &Kernel, xtask: &Path, tlsmon: &Path) -> Result<Vec<Finding>> {
    // Envoy is found in the cache of setup, nginx there or by name.
    let command = format!(
        "export CARGO_TARGET_DIR={}; uname -r; tlsmon doctor --interface lo; xtask smoke /usr/local/bin/tlsmon {}",
        paths::target().display(),
        kernel.attach
    );
    let cargo = vm::Cargo {
        programs: &[xtask, tlsmon],
        servers: &servers(kernel.machine)?,
    };
    let said = vm::run(kernel, cargo, &command)?;
    let findings: Vec<_> = said.lines().filter_map(Finding::from_line).collect();
    ensure!(!findings.is_empty(), "nothing was found out\n{said}");
    Ok(findings)
}

/// Servers for a machine, and where the lab looks for them in it.
fn servers(machine: Machine) -> Result<[(PathBuf, PathBuf); 2]> {
    let folder = |file: PathBuf| {
        let folder = file.parent().map(Path::to_owned);
        folder.context("a program is in a folder")
    };
    Ok(match machine {
        Machine::Amd64 => [
            (setup::envoy(), folder(setup::envoy())?),
            (setup::nginx(), folder(setup::nginx())?),
        ],
        // Debian's nginx is found by its name.
        Machine::Arm64 => [
            (setup::arm64::envoy(), folder(setup::envoy())?),
            (
                setup::arm64::root().join("usr/sbin/nginx"),
                vm::PROGRAMS.into(),
            ),
        ],
    })
}

/// The kernel of another machine, with everything built for that.
pub fn arm64() -> Result<()> {
    say::step("build: tlsmon and its lab for arm64");
    let built = cross()?;
    let kernel = &ARM64;
    say::step(format_args!("kernel {}, emulated", kernel.name));
    let findings = try_on(kernel, &built.join("xtask"), &built.join("tlsmon"))?;
    for finding in &findings {
        let wrong: Vec<_> = finding.wrong().collect();
        say::note(page::row(kernel, finding));
        ensure!(wrong.is_empty(), "kernel {}: {wrong:#?}", kernel.name);
        ensure!(finding.ring_works(), "kernel {}: {finding:?}", kernel.name);
    }
    page_says(kernel, &findings)
}

/// Has cargo build both for it; gives the folder.
fn cross() -> Result<PathBuf> {
    const TARGET: &str = "aarch64-unknown-linux-musl";
    const COMPILER: &str = "aarch64-linux-gnu-gcc";
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--package", "monitor", "--package", "xtask"]);
    cargo.args(["--target", TARGET]).current_dir(paths::root());
    cargo.env("CC_aarch64_unknown_linux_musl", COMPILER);
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", COMPILER);
    crate::command::run(&mut cargo)?;
    Ok(paths::target().join(TARGET).join("debug"))
}

/// The kernel of this name.
pub fn named(name: &str) -> Result<&'static Kernel> {
    let mut kernels = KERNELS.iter();
    kernels
        .find(|kernel| kernel.name == name)
        .with_context(|| format!("setup knows no kernel {name}"))
}

/// Tries every kernel and writes the page.
pub fn generate() -> Result<()> {
    let xtask = crate::command::this_program()?;
    let mut all = Vec::new();
    for kernel in &KERNELS {
        say::note(format_args!("kernel {}", kernel.name));
        let findings = try_on(kernel, &xtask, &paths::tlsmon("debug"))?;
        all.push((kernel, findings));
    }
    setup::ensure(setup::Purpose::Arm64, false)?;
    let built = cross()?;
    say::note(format_args!("kernel {}", ARM64.name));
    let findings = try_on(&ARM64, &built.join("xtask"), &built.join("tlsmon"))?;
    all.push((&ARM64, findings));
    let page = file();
    fs::write(&page, page::text(&all)).with_context(|| page.display().to_string())
}

/// Whether the page says of a kernel what was found.
pub fn page_says(kernel: &Kernel, findings: &[Finding]) -> Result<()> {
    let page = fs::read_to_string(file())?;
    for finding in findings {
        let row = page::row(kernel, finding);
        ensure!(
            page.contains(&row),
            "docs/kernels.md has no row\n{row}\nhelp: cargo xtask generate kernels"
        );
    }
    Ok(())
}

fn file() -> PathBuf {
    paths::root().join("docs/kernels.md")
}
