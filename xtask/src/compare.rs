//! `cargo xtask compare`: what tlsmon and its peers read in the same captures, field by field.
//!
//! ```text
//! DIR/pcaps/a/b.pcap ----------> tlsmon replay --> reports --.
//!                                                            pairs --> fields --> agree | differ | not judged
//! DIR/oracle/a/b.pcap.jsonl ---> rows -----------------------'                            |
//!                                                                       docs/comparison.md has it, or it is a fault
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::setup::Purpose;
use crate::{command, paths, say, setup};

mod certificate;
mod corpus;
mod fields;
mod listed;
mod pairs;
mod tally;
mod tshark;
mod values;

use corpus::Corpus;
use listed::Listed;
use tally::Tally;

/// What to compare.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// A folder with `pcaps/` and `oracle/`; the project's own captures by default. docs/comparison.md has the form.
    dir: Option<PathBuf>,
    /// First write the oracle's rows, as the tshark of this machine reads the captures.
    #[arg(long)]
    oracle_from_tshark: bool,
}

/// Compares; gives whether every difference is listed.
pub fn run(options: &Options) -> Result<bool> {
    let corpus = match &options.dir {
        Some(dir) => Corpus::at(dir),
        None => Corpus::own(),
    };
    if options.oracle_from_tshark {
        tshark::write(&corpus)?;
    }
    setup::ensure(Purpose::Build, false)?;
    say::step("build: the tlsmon that reads them");
    let mut build = Command::new("cargo");
    build.args(["build", "--package", "monitor"]);
    command::run(build.current_dir(paths::root()))?;
    say::step("comparison");
    compare(&corpus, &paths::tlsmon("debug"))
}

/// Compares the project's own captures with what tshark reads in them.
pub fn own(tlsmon: &Path) -> Result<()> {
    ensure!(compare(&Corpus::own(), tlsmon)?, "there are differences");
    Ok(())
}

fn compare(corpus: &Corpus, tlsmon: &Path) -> Result<bool> {
    let listed = Listed::read()?;
    let mut tally = Tally::new(&listed);
    for name in corpus.captures()? {
        let rows = corpus.rows(&name)?;
        if corpus.is_complete && !corpus.rows_of(&name).exists() {
            tally.fault(format!(
                "{name} has no rows; cargo xtask compare --oracle-from-tshark writes them"
            ));
        }
        match corpus.reports(&name, tlsmon) {
            Ok(reports) => tally.capture(&name, &rows, &reports),
            Err(error) => tally.fault(format!("{name}: {error:#}")),
        }
    }
    ensure!(tally.rows() > 0, "there is nothing to compare in {corpus}");
    tally.print();
    Ok(tally.is_good())
}
