//! `tlsmon doctor`: can this host run it, and what to do if not.

#[cfg(feature = "kubernetes")]
mod names;

use std::fmt::Write as _;

use clap::Args;

use super::{CliError, Exit, print};
use crate::capture::preflight::{self, Check, Status};

/// What to look at.
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// Print the checks as one JSON object
    #[arg(long, env = "TLSMON_DOCTOR_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    json: bool,
    /// Check these interfaces, by name, pattern, "uplink" or "pods", instead of those of the default routes
    #[arg(
        long,
        short,
        env = "TLSMON_INTERFACE",
        value_name = "NAME",
        value_delimiter = ','
    )]
    interface: Vec<String>,
    /// Check the Kubernetes API that this file names
    #[arg(long, env = "TLSMON_KUBECONFIG", value_name = "FILE")]
    #[cfg(feature = "kubernetes")]
    kubeconfig: Option<std::path::PathBuf>,
    /// Check whether the pods of this node can be read; the host's name when left out
    #[arg(long, env = "TLSMON_NODE", value_name = "NAME")]
    #[cfg(feature = "kubernetes")]
    node: Option<String>,
}

pub(super) fn doctor(args: &DoctorArgs) -> Result<Exit, CliError> {
    #[cfg_attr(
        not(feature = "kubernetes"),
        expect(unused_mut, reason = "there is no API to check")
    )]
    let mut checks = preflight::check(&args.interface);
    #[cfg(feature = "kubernetes")]
    checks.push(names::check(args));
    let failed = checks.iter().any(|check| check.status == Status::Failed);
    print(&if args.json {
        json(&checks, failed)
    } else {
        checks.iter().map(line).collect()
    })?;
    Ok(if failed { Exit::CannotRun } else { Exit::Fine })
}

/// The checks of the interfaces of the default routes, as `--json` prints them.
pub(super) fn report() -> String {
    let checks = preflight::check(&[]);
    let failed = checks.iter().any(|check| check.status == Status::Failed);
    json(&checks, failed)
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
