//! `tlsmon triage`: the screen of the engineer on call.

use std::io::{IsTerminal as _, stdin, stdout};
use std::path::PathBuf;

use clap::Args;

use super::ask::{KeyArgs, KeyError};
use super::kubectl::{self, KubectlArgs};
use super::{CliError, Exit, Global};
use crate::filter::{Filter, FilterArgs};
use crate::pipeline::{Ports, Settings};
use crate::ports::PortSet;
use crate::remote::{Address, Agent, ClusterError};
use crate::sink::printer::PrintError;
use crate::triage::{Agents, File, Look, Model, Sources, plain, show};

/// What to look at, and how.
#[derive(Args, Debug)]
pub(crate) struct TriageArgs {
    /// A capture file: pcap or pcapng, plain, gzip or zstd
    #[arg(value_name = "FILE", conflicts_with_all = ["connect", "cluster"])]
    file: Option<PathBuf>,
    /// Where agents are: HOST[:PORT], https://HOST[:PORT] or unix:/PATH; several with commas between them
    #[arg(
        long,
        env = "TLSMON_CONNECT",
        value_name = "ADDRESS",
        value_delimiter = ',',
        conflicts_with = "cluster"
    )]
    connect: Vec<Address>,
    /// All agents of the cluster that kubectl speaks to, each through a port-forward
    #[arg(long, env = "TLSMON_CLUSTER", value_parser = clap::builder::FalseyValueParser::new())]
    cluster: bool,
    /// Write lines in place of a screen: for screen readers and pipes
    #[arg(long, env = "TLSMON_PLAIN", value_parser = clap::builder::FalseyValueParser::new())]
    plain: bool,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    kubectl: KubectlArgs,
    /// Watch these ports of the file only, as in 443,8443,9000-9100; all that speak TLS when left out
    #[arg(long, env = "TLSMON_PORT", value_name = "SET")]
    port: Option<PortSet>,
    /// Draw with ASCII characters only
    #[arg(long, env = "TLSMON_ASCII", value_parser = clap::builder::FalseyValueParser::new())]
    ascii: bool,
}

/// Why there is nothing to see.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TriageError {
    /// No person is there.
    #[error("cannot show a screen: standard {0} is not a terminal")]
    NoTerminal(&'static str),
    /// A file that lets one in cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The agents of the cluster cannot be found.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The terminal does not do as it is told.
    #[error(transparent)]
    Screen(#[from] crate::triage::ScreenError),
}

impl TriageError {
    /// What to do about it.
    pub(super) const fn help(&self) -> &'static str {
        match self {
            Self::NoTerminal(_) | Self::Screen(_) => {
                "add --plain for lines in place of a screen, or use \"tlsmon replay\" for a report of a file"
            }
            Self::Key(error) => error.help(),
            Self::Cluster(_) => kubectl::HELP,
        }
    }
}

pub(super) fn triage(args: &TriageArgs, global: &Global) -> Result<Exit, CliError> {
    let filter = Filter::from(args.filter.clone());
    if args.file.is_some() && filter.asks_for_names() {
        return Err(CliError::NoNames);
    }
    let sources = sources(args, &filter)?;
    let words = filter.in_words();
    let mut model = Model::new(&sources.names(), filter, words);
    model.ascii = args.ascii;
    model.of_cluster = sources.are_nodes();
    if args.plain {
        let ended = plain(model, sources, &mut stdout().lock()).map_err(PrintError::from)?;
        return Ok(if ended.is_broken() {
            Exit::BadInput
        } else {
            Exit::Fine
        });
    }
    if !stdout().is_terminal() {
        return Err(TriageError::NoTerminal("output").into());
    }
    if !stdin().is_terminal() {
        return Err(TriageError::NoTerminal("input").into());
    }
    let look = Look {
        color: global.color.enabled(&stdout()),
    };
    show(model, sources, look).map_err(TriageError::from)?;
    Ok(Exit::Fine)
}

fn sources(args: &TriageArgs, filter: &Filter) -> Result<Sources, TriageError> {
    if let Some(path) = &args.file {
        return Ok(Sources::File(File {
            path: path.clone(),
            settings: Settings {
                ports: args.port.clone().map_or(Ports::Any, Ports::Set),
                ..Settings::default()
            },
        }));
    }
    let everything = filter.all || !filter.outcomes.is_empty();
    Ok(Sources::Agents(if args.cluster {
        Agents::of(args.kubectl.cluster(), args.keys.token()?, everything)?
    } else {
        Agents::new(agents(args)?, everything)
    }))
}

fn agents(args: &TriageArgs) -> Result<Vec<Agent>, KeyError> {
    let here = [Address::Tcp("127.0.0.1:9469".to_owned())];
    let addresses = if args.connect.is_empty() {
        &here[..]
    } else {
        &args.connect
    };
    let agent = |address| args.keys.agent(address);
    addresses.iter().map(agent).collect()
}
