//! `cargo xtask names`: the tables of names in `monitor/src/tls/names/`, made from the registry files in `registry/`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{paths, say};
use registry::{REGISTRIES, Registry};

mod compare;
mod others;
mod published;
mod registry;
mod table;

/// What to do with the tables of names.
#[derive(Args)]
pub struct Options {
    /// Change nothing: compare the tables with the registry files, those with the published registries, and the names with other lists.
    #[arg(long)]
    check: bool,
    /// Compare with registry files (CSV) in this folder, in place of fetching them.
    #[arg(long, value_name = "FOLDER", requires = "check")]
    from: Option<PathBuf>,
    /// Where registries are published.
    #[arg(long, value_name = "URL", default_value = published::URL, requires = "check")]
    url: String,
}

/// Writes the tables, or checks everything about them.
pub fn run(options: &Options) -> Result<()> {
    if options.check {
        return check(options);
    }
    for registry in &REGISTRIES {
        let path = path(registry);
        let text = table::text(registry)?;
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            say::note(format_args!("{} is new", path.display()));
        }
    }
    Ok(())
}

/// The tables that are not what the registry files give.
pub fn stale() -> Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for registry in &REGISTRIES {
        let path = path(registry);
        if fs::read_to_string(&path).ok() != Some(table::text(registry)?) {
            stale.push(path);
        }
    }
    Ok(stale)
}

fn check(options: &Options) -> Result<()> {
    say::step("tables: made from the registry files as they are");
    let mut faults = 0;
    for path in stale()? {
        say::note(format_args!(
            "{} is not: run cargo xtask names",
            path.display()
        ));
        faults += 1;
    }
    say::step("registry files: as the registries are now");
    faults += published::compare(options.from.as_deref(), &options.url)?;
    say::step("names: as other lists have them");
    faults += others::compare()?;
    if faults > 0 {
        bail!("{faults} differences that nothing explains");
    }
    Ok(())
}

fn path(registry: &Registry) -> PathBuf {
    let folder = paths::root().join("monitor/src/tls/names");
    folder.join(format!("{}.rs", registry.table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_what_its_registry_file_gives() {
        assert_eq!(stale().unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_tls_parser_has_otherwise_is_explained() {
        let (unexplained, unused) = others::tls_parser().unwrap();
        assert_eq!(unexplained, Vec::<String>::new());
        assert_eq!(unused, 0, "explanations of tls-parser that explain nothing");
    }
}
