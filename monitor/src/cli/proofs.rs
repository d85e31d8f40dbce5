//! Where `capture` and `bundle` take failing handshakes and their packets from: a running agent, or a capture file.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::CliError;
use super::ask::{self, FetchError, KeyArgs};
use super::spool::{self, SpoolError};
use crate::capture::pcap::{ReadError, Source};
use crate::filter::{Filter, FilterArgs};
use crate::pipeline::Settings;
use crate::proof::anonymize::{Key, anonymize};
use crate::proof::{self, About, Proof, Wanted};
use crate::remote::{Address, Agent};
use crate::report::{Handshake, HandshakeId, Peer};

/// Which handshakes, and from where.
#[derive(Args, Debug)]
pub(crate) struct ProofArgs {
    /// Take them out of this capture file (pcap or pcapng, plain, gzip or zstd; "-" is standard input) instead of asking an agent
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Ask the agent that listens here
    #[arg(
        long,
        env = "TLSMON_CONNECT",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9469",
        conflicts_with = "file"
    )]
    connect: Address,
    #[command(flatten)]
    keys: KeyArgs,
    /// Only these handshakes: the id of their reports
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) id: Vec<HandshakeId>,
    /// At most so many, the newest
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Replace addresses and names, everywhere in what is written; see docs/proof.md
    #[arg(long)]
    pub(crate) anonymize: bool,
    /// Replace them by the secret in this file: what is written with the same secret can be compared; a new one when left out
    #[arg(
        long,
        env = "TLSMON_ANONYMIZE_KEY",
        value_name = "FILE",
        requires = "anonymize"
    )]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProofError {
    /// The agent does not give any.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The capture file, or what the agent gave, cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No handshake fits.
    #[error("no handshake in {0} fits")]
    None(PathBuf),
    /// Input that comes once could not be kept.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The secret cannot be read.
    #[error("cannot read the secret in {path}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The secret is too short to be one.
    #[error("the secret in {0} is too short: it has less than 16 bytes")]
    ShortKey(PathBuf),
    /// A capture is no text.
    #[error("a capture is not for a terminal")]
    Terminal,
    /// The output cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl ProofError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Fetch(error) => Some(error.help()),
            Self::Read(error) => error.help(),
            Self::None(_) => Some(
                "\"tlsmon replay\" shows what is in it; --all takes established handshakes too",
            ),
            Self::Spool(error) => Some(error.help()),
            Self::Key { .. } | Self::ShortKey(_) => {
                Some("make one: head -c 32 /dev/urandom > tlsmon.key")
            }
            Self::Terminal => Some("-w FILE, or a pipe: tlsmon capture | tshark -r -"),
            Self::Write { .. } => None,
        }
    }
}

/// What was found: a file, and what is in it.
pub(crate) struct Found {
    pub(crate) pcapng: Vec<u8>,
    /// What names and addresses were replaced by, if they were.
    pub(crate) key: Option<Key>,
    pub(crate) proofs: Vec<Arc<Proof>>,
}

impl ProofArgs {
    /// The agent to ask.
    pub(crate) fn agent(&self) -> Result<Agent, FetchError> {
        Ok(self.keys.agent(&self.connect)?)
    }

    /// The handshakes with their packets, without names and addresses where that is asked for.
    pub(crate) fn find(&self) -> Result<Found, CliError> {
        let key = self.anonymize.then(|| self.key()).transpose()?;
        let (proofs, given) = match &self.file {
            Some(file) => (self.read_file(file)?, None),
            None => self.ask_agent()?,
        };
        let (proofs, remarks) = match &key {
            None => (proofs, Vec::new()),
            Some(key) => (anonymize(proofs, key), vec![ANONYMIZED.to_owned()]),
        };
        let proofs: Vec<_> = proofs.into_iter().map(Arc::new).collect();
        let pcapng = match given.filter(|_| !self.anonymize) {
            Some(given) => given,
            None => proof::write(&about(&proofs, remarks), &proofs),
        };
        Ok(Found {
            pcapng,
            key,
            proofs,
        })
    }

    fn read_file(&self, file: &Path) -> Result<Vec<Proof>, CliError> {
        let filter = Filter::from(self.filter.clone());
        if filter.asks_for_names() {
            return Err(CliError::NoNames);
        }
        let source = Source::from_argument(file);
        let wanted = Wanted {
            ids: self.id.clone(),
            filter,
            limit: self.limit as usize,
        };
        let found = match spool::keep(&source).map_err(ProofError::from)? {
            None => proof::of_file(&source, Settings::default(), &wanted, &mut |_| {}),
            Some(mut kept) => proof::of_kept(&source, &mut kept, Settings::default(), &wanted),
        };
        let found = found.map_err(ProofError::from)?;
        if found.is_empty() {
            return Err(ProofError::None(file.to_owned()).into());
        }
        Ok(found)
    }

    /// The agent's file, and what it says of the handshakes in it: it knows more of them than their packets tell.
    fn ask_agent(&self) -> Result<(Vec<Proof>, Option<Vec<u8>>), CliError> {
        let mut query = self.filter.query();
        let ids: Vec<_> = self.id.iter().map(ToString::to_string).collect();
        if !ids.is_empty() {
            query.push(("id", ids.join(",")));
        }
        query.push(("limit", self.limit.to_string()));
        let agent = self.agent().map_err(ProofError::from)?;
        let get = |query: &[_]| ask::get(&agent, "/api/v1/capture", query);
        let mut of_reports = query.clone();
        of_reports.push(("form", "json".to_owned()));
        let reports = get(&of_reports).map_err(ProofError::from)?;
        let reports: Vec<Value> = reports
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let pcapng = get(&query).map_err(ProofError::from)?;
        let all = Wanted {
            ids: ids_of(&reports),
            filter: Filter {
                all: true,
                ..Filter::default()
            },
            limit: usize::MAX,
        };
        let mut proofs = proof::of_kept(
            &Source::Stdin,
            &mut Cursor::new(&pcapng),
            Settings::default(),
            &all,
        )
        .map_err(ProofError::from)?;
        for proof in &mut proofs {
            let id = Some(proof.handshake.id);
            let is_it = |report: &&Value| id_of(report) == id;
            for report in reports.iter().filter(is_it) {
                adopt(&mut proof.handshake, report);
            }
        }
        Ok((proofs, Some(pcapng)))
    }

    fn key(&self) -> Result<Key, ProofError> {
        const SHORTEST: usize = 16;
        let Some(path) = &self.key else {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|error| ProofError::Key {
                path: "the system's random numbers".into(),
                source: error.into(),
            })?;
            return Ok(Key::new(&secret));
        };
        let secret = std::fs::read(path).map_err(|source| ProofError::Key {
            path: path.clone(),
            source,
        })?;
        if secret.len() < SHORTEST {
            return Err(ProofError::ShortKey(path.clone()));
        }
        Ok(Key::new(&secret))
    }
}

/// What a reader of such a file should know.
pub(crate) const ANONYMIZED: &str =
    "anonymised: addresses and names stand for others, certificates, keys and randoms are replaced";

fn about(proofs: &[Arc<Proof>], remarks: Vec<String>) -> About {
    let node = proofs
        .iter()
        .find_map(|proof| proof.handshake.node.as_deref());
    About {
        node: node.map(str::to_owned),
        remarks,
    }
}

fn ids_of(reports: &[Value]) -> Vec<HandshakeId> {
    reports.iter().filter_map(id_of).collect()
}

fn id_of(report: &Value) -> Option<HandshakeId> {
    report.get("id")?.as_str()?.parse().ok()
}

/// Takes over what the agent says: its verdict, the last one if it was revised, and the names.
fn adopt(handshake: &mut Handshake, report: &Value) {
    let text = |key: &str| report.get(key).and_then(Value::as_str);
    handshake.cause = text("cause").and_then(|word| word.parse().ok());
    handshake.confidence = text("confidence").and_then(|word| word.parse().ok());
    handshake.next = text("next").map(|next| next.to_owned().into());
    if let Some(evidence) = report.get("evidence").and_then(Value::as_array) {
        let sentences = evidence.iter().filter_map(Value::as_str);
        handshake.evidence = sentences.map(str::to_owned).collect();
    }
    handshake.node = text("node").map(Into::into);
    adopt_names(&mut handshake.client, report.get("client"));
    adopt_names(&mut handshake.server, report.get("server"));
}

fn adopt_names(peer: &mut Peer, said: Option<&Value>) {
    let name = |key: &str| Some(said?.get(key)?.as_str()?.into());
    peer.pod = name("pod");
    peer.namespace = name("namespace");
    peer.workload = name("workload");
    peer.service = name("service");
    peer.node = name("node");
}
