//! What can go wrong, said in one line, with what to do in another.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

use super::Exit;
use super::check::InputError;
use super::config::ConfigError;
use super::probe::ProbeError;
use super::proofs::ProofError;
use super::triage::TriageError;
use crate::capture::pcap::ReadError;
use crate::sink::printer::PrintError;

/// Why a verb gave up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The configuration file cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A capture file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The output cannot be written.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// The live capture cannot begin or go on.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Live(#[from] crate::capture::live::LiveError),
    /// The privileges that are not needed any more cannot be given up.
    #[cfg(feature = "live")]
    #[error(transparent)]
    Privileges(#[from] crate::capture::privileges::PrivilegeError),
    /// The HTTP server cannot begin.
    #[error(transparent)]
    Serve(#[from] crate::server::ServeError),
    /// Nothing can be asked.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// There is nothing to check, or nothing to hold it against.
    #[error(transparent)]
    Check(#[from] InputError),
    /// A manual is asked for that there is not.
    #[error("there is no verb {0:?}")]
    NoVerb(String),
    /// There are no packets to be had, or nowhere to write them.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// There is no screen.
    #[error(transparent)]
    Triage(#[from] TriageError),
    /// Names are asked for where there are none.
    #[error("cannot show pods or namespaces of a capture file: it has addresses, no names")]
    NoNames,
    /// The Kubernetes API cannot be asked.
    #[cfg(all(feature = "live", feature = "kubernetes"))]
    #[error(transparent)]
    Names(#[from] crate::enrich::kubernetes::SourceError),
    /// The metrics cannot be registered.
    #[error("cannot set up the metrics")]
    Metrics(#[from] crate::sink::metrics::MetricsError),
    /// The process cannot have what every process needs: a thread, a signal handler.
    #[error("cannot {doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl CliError {
    /// Says it on stderr, and gives the status for the shell.
    pub(crate) fn report(&self) -> ExitCode {
        if self.is_quiet() {
            return Exit::Fine.code();
        }
        let mut message = format!("tlsmon: {self}");
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        if let Some(help) = self.help() {
            let _ = write!(message, "\nhelp: {help}");
        }
        #[expect(
            clippy::print_stderr,
            reason = "the one place where the command says why it gave up"
        )]
        {
            eprintln!("{message}");
        }
        self.exit().code()
    }

    /// The reader of the output went away: that is how `| head` ends.
    fn is_quiet(&self) -> bool {
        matches!(self, Self::Print(error) if error.is_quiet())
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Config(_) => Some(ConfigError::HELP.into()),
            Self::Read(error) => error.help().map(Into::into),
            Self::Print(error) => error.help().map(Into::into),
            #[cfg(feature = "live")]
            Self::Live(error) => error.help().map(Into::into),
            Self::Serve(error) => error.help().map(Into::into),
            Self::Probe(error) => error.help().map(Into::into),
            Self::Check(error) => Some(error.help().into()),
            Self::Proof(error) => error.help().map(Into::into),
            #[cfg(feature = "live")]
            Self::Privileges(_) => None,
            Self::NoVerb(_) => Some("\"tlsmon -h\" names the verbs".into()),
            Self::Triage(error) => Some(error.help().into()),
            Self::NoNames => {
                Some("give the pod's address with --client or --server in place of --pod and --namespace".into())
            }
            #[cfg(all(feature = "live", feature = "kubernetes"))]
            Self::Names(error) => Some(error.help().into()),
            Self::Metrics(_) | Self::System { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Config(_)
            | Self::Read(_)
            | Self::Print(_)
            | Self::Serve(_)
            | Self::Probe(_)
            | Self::Check(_)
            | Self::NoVerb(_)
            | Self::Proof(_)
            | Self::Triage(_)
            | Self::NoNames => Exit::BadInput,
            #[cfg(all(feature = "live", feature = "kubernetes"))]
            Self::Names(_) => Exit::BadInput,
            #[cfg(feature = "live")]
            Self::Live(_) | Self::Privileges(_) => Exit::CannotRun,
            Self::Metrics(_) | Self::System { .. } => Exit::CannotRun,
        }
    }
}
