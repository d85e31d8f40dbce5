//! `tlsmon doctor`: can this host run it, and what to do if not.

use std::fmt::Write as _;

use clap::Args;

use super::{CliError, Exit, print};
use crate::capture::preflight::{self, Check, Status};

/// What to look at.
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// Print the checks as one JSON object
    #[arg(long)]
    json: bool,
    /// Check these interfaces, by name or pattern, instead of those of the default routes
    #[arg(
        long,
        short,
        env = "TLSMON_INTERFACE",
        value_name = "NAME",
        value_delimiter = ','
    )]
    interface: Vec<String>,
}

pub(super) fn doctor(args: &DoctorArgs) -> Result<Exit, CliError> {
    let checks = preflight::check(&args.interface);
    let failed = checks.iter().any(|check| check.status == Status::Failed);
    print(&if args.json {
        json(&checks, failed)
    } else {
        checks.iter().map(line).collect()
    })?;
    Ok(if failed { Exit::CannotRun } else { Exit::Fine })
}

fn json(checks: &[Check], failed: bool) -> String {
    let report = serde_json::json!({ "type": "doctor", "schema": crate::report::SCHEMA, "can_run": !failed, "checks": checks });
    format!("{report}\n")
}

fn line(check: &Check) -> String {
    let mark = match check.status {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Failed => "FAILED",
    };
    let mut text = format!("{mark:<8} {:<22} {}\n", check.name, check.found);
    if let Some(help) = &check.help {
        let _ = writeln!(text, "         help: {help}");
    }
    text
}
