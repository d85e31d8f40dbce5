//! The programs that go into a machine: this machine's own, or those under a file system root of another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::archive::Archive;
use crate::command::{output, require};
use crate::setup;
use crate::setup::kernel::Machine;

/// Where the programs of a root are.
const FOLDERS: [&str; 4] = ["usr/bin", "usr/sbin", "bin", "sbin"];

/// Where the loader of arm64 looks for libraries, and the loader.
const LIBRARIES: [&str; 2] = ["lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu"];
const LOADER: &str = "lib/ld-linux-aarch64.so.1";

/// The programs for a machine.
pub(super) struct Tools {
    /// The root of another machine's.
    root: Option<PathBuf>,
}

impl Tools {
    pub(super) fn of(machine: Machine) -> Self {
        Self {
            root: (machine == Machine::Arm64).then(setup::arm64::root),
        }
    }

    /// Where a program is, by its name.
    pub(super) fn find(&self, name: &str) -> Result<PathBuf> {
        let Some(root) = &self.root else {
            return require(name);
        };
        let mut places = FOLDERS.iter().map(|folder| root.join(folder).join(name));
        let found = places.find(|place| place.is_file());
        found.with_context(|| format!("no {name} in {}", root.display()))
    }

    /// Puts a program into `folder`, and its libraries where its loader looks for them.
    pub(super) fn put(&self, program: &Path, folder: &str, archive: &mut Archive) -> Result<()> {
        let name = program
            .file_name()
            .context("a program has a name")?
            .to_string_lossy();
        let name = format!("{}/{name}", folder.trim_start_matches('/'));
        archive.program(&name, program)?;
        for (inside, file) in self.libraries(program)? {
            archive.program(inside.trim_start_matches('/'), &file)?;
        }
        Ok(())
    }

    /// As `put`, without what only a debugger reads: an emulated machine takes seconds to unpack that.
    pub(super) fn put_bare(
        &self,
        program: &Path,
        folder: &str,
        archive: &mut Archive,
    ) -> Result<()> {
        let bare = tempfile::tempdir()?;
        let name = program.file_name().context("a program has a name")?;
        let copy = bare.path().join(name);
        let strip = match self.root {
            Some(_) => "aarch64-linux-gnu-strip",
            None => "strip",
        };
        let mut strip = Command::new(require(strip)?);
        output(strip.args(["--strip-debug", "-o"]).arg(&copy).arg(program))?;
        self.put(&copy, folder, archive)
    }

    /// The libraries of a program: where each must be, and where it is here.
    fn libraries(&self, program: &Path) -> Result<BTreeMap<String, PathBuf>> {
        let Some(root) = &self.root else {
            let own = super::libraries(program).into_iter();
            return Ok(own.map(|path| (path.clone(), path.into())).collect());
        };
        let mut found = BTreeMap::new();
        let mut open = vec![program.to_owned()];
        while let Some(file) = open.pop() {
            for name in needed(&file)? {
                let places = LIBRARIES.map(|folder| format!("{folder}/{name}"));
                let inside = places.into_iter().find(|place| root.join(place).is_file());
                let inside = inside.with_context(|| format!("no {name} of {}", file.display()))?;
                let library = root.join(&inside);
                if found.insert(inside, library.clone()).is_none() {
                    open.push(library);
                }
            }
        }
        if !found.is_empty() {
            found.insert(LOADER.to_owned(), root.join(LOADER));
        }
        Ok(found)
    }
}

/// The names of the libraries that a program or library asks for; none of a static one.
fn needed(file: &Path) -> Result<Vec<String>> {
    let mut readelf = Command::new(require("readelf")?);
    let said = output(readelf.args(["--dynamic", "--wide"]).arg(file))?;
    let lines = said.lines().filter(|line| line.contains("(NEEDED)"));
    let names = lines.filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']')));
    // The loader itself is asked for too.
    let names = names.filter(|name| !name.starts_with("ld-linux"));
    Ok(names.map(str::to_owned).collect())
}
