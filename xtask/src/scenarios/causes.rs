//! The causes that tlsmon knows, and whether there is a scenario for each.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::table::Block;
use crate::command::output;

/// Fails on a cause in the tables that tlsmon does not know, and on one that it knows and the tables do not have.
pub(super) fn check(tlsmon: &Path, blocks: &[Block]) -> Result<()> {
    let known = known(tlsmon)?;
    let produced = || blocks.iter().flat_map(Block::causes);
    if let Some(typo) = produced().find(|cause| !known.iter().any(|known| known == cause)) {
        bail!(
            "tlsmon knows no cause {typo}; it knows {}",
            known.join(", ")
        );
    }
    let lacking = known.iter().map(String::as_str);
    let lacking: Vec<_> = lacking
        .filter(|cause| produced().all(|one| one != *cause))
        .collect();
    if !lacking.is_empty() {
        bail!("no scenario produces {}", lacking.join(", "));
    }
    Ok(())
}

/// As tlsmon's own schema lists them.
fn known(tlsmon: &Path) -> Result<Vec<String>> {
    let schema = output(Command::new(tlsmon).args(["generate", "schema"]))?;
    let schema: Value = serde_json::from_str(&schema)?;
    let causes = schema
        .pointer("/$defs/Cause/enum")
        .and_then(Value::as_array);
    let causes = causes.context("tlsmon's schema lists no causes")?;
    let causes = causes.iter().filter_map(Value::as_str);
    Ok(causes.map(str::to_owned).collect())
}
