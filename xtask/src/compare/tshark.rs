//! The oracle's rows, made by tshark.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::corpus::Corpus;
use crate::command::{output, require};
use crate::say;

mod packet;
mod row;

use packet::{FIELDS, Packet};
use row::Row;

/// Writes a file of rows for every capture that tshark can read.
pub(super) fn write(corpus: &Corpus) -> Result<()> {
    let tshark = require("tshark")?;
    let known = output(Command::new(&tshark).args(["-G", "fields"]))?;
    let version = output(Command::new(&tshark).arg("--version"))?;
    say::step(format_args!(
        "rows by {}",
        version.lines().next().unwrap_or("tshark")
    ));
    let fields: Vec<_> = FIELDS
        .iter()
        .copied()
        .filter(|field| known.contains(&format!("\t{field}\t")))
        .collect();
    for name in corpus.captures()? {
        match rows(&tshark, &fields, &corpus.captures.join(&name)) {
            Ok(rows) => save(&corpus.rows_of(&name), &rows)?,
            Err(error) => say::note(format_args!("{name}: {error:#}")),
        }
    }
    Ok(())
}

fn save(path: &Path, rows: &[Row]) -> Result<()> {
    let folder = path.parent().context("no folder")?;
    std::fs::create_dir_all(folder)?;
    let lines: Vec<_> = rows.iter().filter_map(Row::line).collect();
    std::fs::write(path, lines.concat()).with_context(|| format!("cannot write {}", path.display()))
}

/// One row for each stream.
fn rows(tshark: &Path, fields: &[&'static str], capture: &Path) -> Result<Vec<Row>> {
    let mut read = Command::new(tshark);
    read.args([
        "-n",
        "-o",
        "tcp.reassemble_out_of_order:TRUE",
        "-T",
        "fields",
    ]);
    read.args([
        "-E",
        "separator=/t",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=|",
    ]);
    for field in fields {
        read.args(["-e", field]);
    }
    let text = output(read.arg("-r").arg(capture))?;
    let mut rows = BTreeMap::<(bool, u64), Row>::new();
    for line in text.lines() {
        let packet = Packet::read(fields, line);
        if let Some(key) = packet.stream() {
            rows.entry(key)
                .or_insert_with(|| Row::begin(&packet))
                .add(&packet);
        }
    }
    Ok(rows.into_values().collect())
}
