//! `tlsmon check`: the configuration of gateways, judged by what clients would see, and held against what they did see.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::ask::KeyArgs;
use super::kubectl::KubectlArgs;
use super::options::OutputArgs;
use super::{CliError, Exit, Global};
use crate::check::{self, Inventory, Observed};
use crate::probe;
use crate::remote::Address;
use crate::report::Event;
use crate::sink::printer::{PrintError, Printer};
use crate::sink::style::Style;

#[cfg(feature = "kubernetes")]
mod cluster;
mod input;
mod seen;

pub(crate) use input::InputError;

const EXAMPLES: &str = "\
Examples:
  kubectl get gateways.networking.istio.io,secrets -A -o yaml | tlsmon check -
  tlsmon check overrides.yaml routes.yaml secrets.yaml --capture node.pcap
  tlsmon check gateways.yaml --connect 127.0.0.1:9469 --fail";

const MORE: &str = "\
What it reads: Istio Gateways, ApigeeRoutes and TLS Secrets as \"kubectl get ... -o yaml\" or
\"-o json\" prints them (one file or many, lists or documents), overrides.yaml of Apigee hybrid, and
the certificates that this names, from the files beside it. Private keys are compared with their
certificates in memory, and never printed.

  # everything a gateway's handshakes hang on, in one go
  kubectl get gateways.networking.istio.io,apigeeroutes,secrets -A -o yaml > gateway.yaml
  tlsmon check gateway.yaml overrides.yaml

  # the same from the cluster that kubectl means: only the secrets that are named are read
  tlsmon check --cluster overrides.yaml

  # the same of another context, and which of it clients run into on any node
  tlsmon check --cluster --context prod --agents

  # which of it clients run into: handshakes of the agent, of its JSON, or of a capture
  tlsmon check gateway.yaml --connect 127.0.0.1:9469
  tlsmon check gateway.yaml --events handshakes.json
  tlsmon check gateway.yaml --capture node.pcapng

  # in a pipeline: status 1 when clients would fail
  tlsmon check --fail manifests/*.yaml

Findings: \"failure\" clients fail; \"risk\" some do, or all will soon; \"note\" worth to be known.
See docs/check.md.";

/// What to read, and what to hold it against.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = MORE)]
pub(crate) struct CheckArgs {
    /// Manifests in YAML or JSON, and overrides.yaml; "-" reads standard input
    #[cfg_attr(feature = "kubernetes", arg(required_unless_present = "cluster"))]
    #[cfg_attr(not(feature = "kubernetes"), arg(required = true))]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[cfg(feature = "kubernetes")]
    #[command(flatten)]
    cluster: cluster::ClusterArgs,
    /// Hold them against the last handshakes of the agent at this address
    #[arg(long, env = "TLSMON_CHECK_CONNECT", value_name = "ADDRESS")]
    connect: Option<Address>,
    /// Hold them against the last handshakes of all agents of the cluster, each through kubectl
    #[arg(long, env = "TLSMON_CHECK_AGENTS", value_parser = clap::builder::FalseyValueParser::new())]
    agents: bool,
    #[command(flatten)]
    kubectl: KubectlArgs,
    #[command(flatten)]
    keys: KeyArgs,
    /// Hold them against JSON lines of "tlsmon run" or "replay"
    #[arg(long, env = "TLSMON_CHECK_EVENTS", value_name = "FILE")]
    events: Option<PathBuf>,
    /// Hold them against the handshakes of a capture file
    #[arg(long, env = "TLSMON_CHECK_CAPTURE", value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Leave out notes
    #[arg(long, env = "TLSMON_CHECK_NO_NOTES", value_parser = clap::builder::FalseyValueParser::new())]
    no_notes: bool,
    #[command(flatten)]
    output: OutputArgs,
    /// Exit with status 1 when a finding says that clients fail
    #[arg(long, env = "TLSMON_FAIL", value_parser = clap::builder::FalseyValueParser::new())]
    fail: bool,
}

pub(super) fn check(args: &CheckArgs, global: &Global) -> Result<Exit, CliError> {
    let mut inventory = Inventory::default();
    for file in &args.files {
        input::read(file, &mut inventory)?;
    }
    #[cfg(feature = "kubernetes")]
    if args.cluster.cluster {
        cluster::read(&args.cluster, &args.kubectl, &mut inventory)?;
    }
    if inventory.is_empty() {
        return Err(InputError::Nothing.into());
    }
    input::files_beside(&mut inventory);
    let mut observed = Observed::default();
    seen::observe(args, &mut observed)?;
    let mut found = check::check(&inventory, &observed, probe::now());
    found
        .findings
        .retain(|finding| !args.no_notes || finding.severity != crate::report::Severity::Note);
    let failures = found.failures();
    let style = Style {
        color: global.color.enabled(&io::stdout()),
        ..Style::default()
    };
    let mut out = io::stdout().lock();
    Printer::new(args.output.form, style).print(&Event::Check(Box::new(found)), &mut out)?;
    out.flush().map_err(PrintError::from)?;
    Ok(Exit::after(failures, args.fail))
}
