//! tlsmon on other kernels: Debian's, each booted in an emulated machine, and what is said about them in `docs/kernels.md`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::setup::kernel::{KERNELS, Kernel};
use crate::{paths, setup, vm};

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
        servers: &[setup::envoy(), setup::nginx()],
    };
    let said = vm::run(kernel, cargo, &command)?;
    let findings: Vec<_> = said.lines().filter_map(Finding::from_line).collect();
    ensure!(!findings.is_empty(), "nothing was found out\n{said}");
    Ok(findings)
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
        crate::say::note(format_args!("kernel {}", kernel.name));
        let findings = try_on(kernel, &xtask, &paths::tlsmon("debug"))?;
        all.push((kernel, findings));
    }
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
