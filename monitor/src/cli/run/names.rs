//! Where the names of pods come from, if from anywhere.

use super::RunArgs;
use crate::cli::CliError;
use crate::enrich::kubernetes::{self, Source, SourceError};
use crate::enrich::{Enricher, Shared};

/// Whether names are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum When {
    /// Where there is somebody to ask.
    #[default]
    Auto,
    /// Whom kubectl would ask: by KUBECONFIG, else by the file in the home.
    Kubectl,
    /// Never.
    Off,
}

/// Who is asked for names: found while every file may be read.
#[derive(Debug, Default)]
pub(super) struct Names {
    source: Option<Source>,
}

impl Names {
    /// Finds out whom to ask. Outside of a cluster it says that there is nobody.
    pub(super) fn find(args: &RunArgs) -> Result<Self, CliError> {
        let found = match args.kubernetes {
            When::Off => return Ok(Self::default()),
            When::Kubectl if args.kubeconfig.is_none() => Source::as_kubectl().map(Some),
            When::Auto | When::Kubectl => Source::find(args.kubeconfig.as_deref()),
        };
        let source = match found {
            // Without names it works as well: nobody has asked for them.
            Err(error @ SourceError::Account(_)) => {
                let help = error.help();
                tracing::warn!("names: {error}: pods stay without names\nhelp: {help}");
                None
            }
            found => found?,
        };
        if source.is_none() {
            tracing::info!("names: no Kubernetes API to ask: addresses stay without names");
        }
        Ok(Self { source })
    }

    /// Asks, from now on, on a thread of its own.
    pub(super) fn ask(self, args: &RunArgs) -> Result<Enricher, CliError> {
        let Some(source) = self.source else {
            return Ok(Enricher::default());
        };
        let directory = Shared::new(&args.node());
        let settings = kubernetes::Settings::of_node(args.node());
        let started = kubernetes::start(source, settings, directory.clone());
        started.map_err(|source| CliError::System {
            doing: "start the thread that asks for names",
            source,
        })?;
        Ok(Enricher::new(directory))
    }
}
