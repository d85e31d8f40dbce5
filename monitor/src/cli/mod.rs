//! The command line: one file per verb. stdout is data, stderr is talk.

mod ask;
mod bundle;
mod capture;
mod check;
mod config;
mod error;
mod exit;
mod explain;
mod generate;
mod help;
mod kubectl;
mod markdown;
mod options;
mod probe;
mod proofs;
mod replay;
mod spool;
mod triage;

#[cfg(feature = "live")]
mod doctor;
#[cfg(feature = "live")]
mod run;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

pub(crate) use error::CliError;
pub(crate) use exit::Exit;

use crate::sink::style::Color;

/// Watches TLS handshakes and says why they fail
#[derive(Debug, Parser)]
#[command(
    name = "tlsmon",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(after_help = "Start with \"tlsmon doctor\", then \"tlsmon run\".")]
pub(crate) struct Cli {
    /// Settings that all verbs share.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Settings that all verbs share.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// When to use colours; NO_COLOR is honoured
    #[arg(
        long,
        global = true,
        env = "TLSMON_COLOR",
        value_enum,
        default_value_t,
        value_name = "WHEN"
    )]
    pub(crate) color: Color,
    /// Read settings from a file of `flag-name = value` lines (TOML); the environment and flags come first
    #[arg(long, global = true, env = "TLSMON_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say more on stderr; twice for the kernel program's own messages
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Watch this host's handshakes, live
    #[cfg(feature = "live")]
    Run(Box<run::RunArgs>),
    /// Read capture files and report as a live run would
    Replay(Box<replay::ReplayArgs>),
    /// Look at what fails on a screen, grouped by why
    Triage(Box<triage::TriageArgs>),
    /// Ask a server what it answers, with its name and without
    Probe(Box<probe::ProbeArgs>),
    /// Judge gateways, routes and secrets by what clients would see
    Check(Box<check::CheckArgs>),
    /// Write the packets of failing handshakes as pcapng
    Capture(Box<capture::CaptureArgs>),
    /// Make one archive of failing handshakes for somebody else
    Bundle(Box<bundle::BundleArgs>),
    /// Say what a cause means, how it looks on the wire, and what to do
    Explain(explain::ExplainArgs),
    /// Say whether this host can run tlsmon, and what to do if not
    #[cfg(feature = "live")]
    Doctor(doctor::DoctorArgs),
    /// Print completions, manuals, schemas, or a file with every setting
    Generate(generate::GenerateArgs),
}

/// Runs the command and says how it went.
pub fn main() -> ExitCode {
    match parse(std::env::args_os().collect()) {
        Ok(cli) => run(cli),
        Err(error) => error.report(),
    }
}

fn run(cli: Cli) -> ExitCode {
    log_to_stderr(cli.global.verbose);
    let result = match cli.verb {
        #[cfg(feature = "live")]
        Verb::Run(args) => run::run(&args, &cli.global),
        Verb::Replay(args) => replay::replay(&args, &cli.global),
        Verb::Triage(args) => triage::triage(&args, &cli.global),
        Verb::Probe(args) => probe::probe(&args, &cli.global),
        Verb::Check(args) => check::check(&args, &cli.global),
        Verb::Capture(args) => capture::capture(&args),
        Verb::Bundle(args) => bundle::bundle(&args),
        Verb::Explain(args) => explain::explain(&args, &cli.global),
        #[cfg(feature = "live")]
        Verb::Doctor(args) => doctor::doctor(&args),
        Verb::Generate(args) => generate::generate(&args),
    };
    result.map_or_else(|error| error.report(), Exit::code)
}

/// Parses the command line over the environment over the configuration file.
fn parse(args: Vec<OsString>) -> Result<Cli, CliError> {
    let command = config::with_file_defaults(command(), &args)?;
    let command = help::fitting(command, &args);
    let matches = command.get_matches_from(args);
    Cli::from_arg_matches(&matches).map_err(|error| error.exit())
}

/// The command line with the examples of its help.
fn command() -> clap::Command {
    help::with_examples(Cli::command())
}

/// Writes data to stdout; a reader that went away is no error.
fn print(text: &str) -> Result<Exit, CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(crate::sink::printer::PrintError::from)?;
    Ok(Exit::Fine)
}

fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time();
    // They speak of each stream that ends; what matters of that is said here.
    let libraries = ["hyper", "hyper_util", "kube_client", "rustls", "tower"];
    let ours = Targets::new().with_default(level);
    let ours = ours.with_targets(libraries.map(|name| (name, tracing::Level::ERROR)));
    tracing_subscriber::registry()
        .with(lines.with_filter(ours))
        .init();
}
