//! The alert rules, as promtool sees them: well formed, and firing when they should and only then.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::dashboard;
use crate::command::{output, run};
use crate::setup;

/// What stands for the address of the project's files in runbook_url.
pub(super) const PLACEHOLDER: &str = "https://tlsmon.invalid/";

pub(super) fn file() -> PathBuf {
    super::folder().join("alerts/tlsmon.rules.yaml")
}

/// Whether the rules can be read, and their unit tests pass.
pub fn check() -> Result<()> {
    let promtool = || Command::new(setup::promtool());
    output(promtool().args(["check", "rules"]).arg(file()))?;
    let tests = file().with_file_name("tlsmon.rules.test.yaml");
    run(promtool().args(["test", "rules"]).arg(tests))
}

/// Whether every query of the dashboards can be read: as rules that record it, with Grafana's variables filled in.
pub fn check_panels() -> Result<()> {
    let panels = dashboard::ALL
        .iter()
        .flat_map(|dashboard| dashboard.panels());
    let queries = panels.map(|panel| {
        let query = panel.query.replace("$__rate_interval", "5m");
        query.replace("$__range", "6h").replace("$endpoint", ".*")
    });
    let rules: Vec<_> = queries
        .map(|query| json!({ "record": "panel:query", "expr": query }))
        .collect();
    check_groups(&json!({ "groups": [{ "name": "panels", "rules": rules }] }))
}

/// Whether the groups of an object that holds rules can be read.
pub(super) fn check_groups(spec: &Value) -> Result<()> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    std::fs::write(&file, spec.to_string())?;
    let said = output(
        Command::new(setup::promtool())
            .args(["check", "rules"])
            .arg(file.path()),
    )?;
    ensure!(!said.contains("SUCCESS: 0 rules"), "no rules");
    Ok(())
}
