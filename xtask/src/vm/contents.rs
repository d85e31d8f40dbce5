//! What goes into the VM beside the programs: the libraries they need, and kernel modules.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::archive::Archive;
use crate::command::{output, require};
use crate::setup::kernel::Kernel;

/// The libraries that ldd names; none for a static program, of which ldd says so by failing.
pub(crate) fn libraries(program: &Path) -> Vec<String> {
    let said = output(Command::new("ldd").arg(program)).unwrap_or_default();
    said.split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

/// Puts in the modules and what they depend on; gives their paths in the order in which they load.
pub(super) fn modules(kernel: &Kernel, names: &[&str], archive: &mut Archive) -> Result<String> {
    let mut order = Vec::new();
    for name in names {
        for path in dependencies(kernel, name)? {
            let file = Path::new(&path)
                .file_name()
                .context("a module has a name")?;
            let inside = format!(
                "/lib/modules/{}",
                PACKERS
                    .iter()
                    .fold(&*file.to_string_lossy(), |name, (end, _)| name
                        .trim_end_matches(end))
            );
            if !order.contains(&inside) {
                archive.file(inside.trim_start_matches('/'), &unpacked(&path)?);
                order.push(inside);
            }
        }
    }
    Ok(order.join("\n"))
}

/// The files of a module and its dependencies in order; none when it is built in or does not exist.
fn dependencies(kernel: &Kernel, name: &str) -> Result<Vec<String>> {
    let mut modprobe = Command::new(require("modprobe")?);
    modprobe.args(["--set-version", &kernel.release()?, "--show-depends", name]);
    let said = output(modprobe.arg("--dirname").arg(kernel.root())).unwrap_or_default();
    let insmods = said.lines().filter_map(|line| line.strip_prefix("insmod "));
    Ok(insmods.map(|rest| rest.trim().to_owned()).collect())
}

/// How packages pack modules, by the end of the file's name, and what unpacks them.
const PACKERS: [(&str, &str); 2] = [(".xz", "xz"), (".zst", "zstd")];

/// A module's bytes; newer packages hold them packed, and busybox loads them unpacked.
fn unpacked(path: &str) -> Result<Vec<u8>> {
    let Some((_, packer)) = PACKERS.iter().find(|(end, _)| path.ends_with(end)) else {
        return std::fs::read(path).with_context(|| path.to_owned());
    };
    let mut command = Command::new(require(packer)?);
    let unpacked = command.args(["--decompress", "--stdout", path]).output()?;
    ensure!(unpacked.status.success(), "{packer} cannot unpack {path}");
    Ok(unpacked.stdout)
}
