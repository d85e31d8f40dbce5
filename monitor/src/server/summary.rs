//! What `/api/v1/summary` says: what fails, in groups, those that fail most lately first.

use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnosis::guide;
use crate::frame::Timestamp;
use crate::problems::{self, Name, STEP_SECONDS, STEPS, Scale};
use crate::report::{Cause, Confidence, EndpointName, HandshakeId, SCHEMA};
use crate::sink::lately::Groups;

/// A group of what this agent found.
type Problem = problems::Problem<problems::ProblemKey, problems::Sample>;

/// Clients that are named in one group.
const CLIENTS: usize = 10;

/// What fails, in groups.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SummaryAnswer {
    /// `tlsmon/v1`.
    schema: &'static str,
    /// How far the capture has come, RFC 3339: the trends end here.
    time: Timestamp,
    /// How many seconds one number of a trend counts.
    bucket_seconds: u64,
    /// How many groups there are, given here or not.
    groups: usize,
    /// How many groups made room for others since the agent started.
    forgotten_groups: u64,
    /// How many failures were in them.
    forgotten_failures: u64,
    /// The groups.
    problems: Vec<ProblemReport>,
}

/// Failures of one cause, endpoint and name.
#[derive(Debug, Serialize, JsonSchema)]
struct ProblemReport {
    /// Why they failed.
    cause: Cause,
    /// How sure the cause of the last one is; null for `unexplained`.
    confidence: Option<Confidence>,
    /// Which server: `namespace/workload` where it is known, else `address:port`.
    endpoint: EndpointName,
    /// By which name it was asked for; null when by none, or when this group is of many names.
    name: Option<Arc<str>>,
    /// Whether this group is of all the names that are not told apart: there are too many.
    other_names: bool,
    /// How many failures, each once whatever the sample rate.
    count: u64,
    /// How many of them began in the last minute.
    last_minute: u64,
    /// How many began in each part of the last minutes, the oldest first.
    trend: Vec<u32>,
    /// When the first began.
    first: Timestamp,
    /// When the last began.
    last: Timestamp,
    /// Who failed.
    clients: ClientsReport,
    /// The ids of the last few, the newest first.
    samples: Vec<HandshakeId>,
    /// What the cause means, in a sentence.
    meaning: &'static str,
    /// What to do next.
    next: &'static str,
}

/// Who failed.
#[derive(Debug, Serialize, JsonSchema)]
struct ClientsReport {
    /// How many are told apart.
    known: usize,
    /// Failures of clients that are not told apart: there are too many.
    other_failures: u64,
    /// Those that failed most.
    most: Vec<ClientReport>,
}

/// One client.
#[derive(Debug, Serialize, JsonSchema)]
struct ClientReport {
    /// Its address; that of the PROXY protocol header where there is one.
    address: IpAddr,
    /// `namespace/pod`; null when not known.
    pod: Option<Arc<str>>,
    /// How often it failed.
    count: u64,
}

impl SummaryAnswer {
    /// Groups of these causes, of all when none is named.
    pub(super) fn of(groups: &Groups, causes: &[Cause], limit: usize) -> Self {
        let problems = &groups.problems;
        let is_asked =
            |problem: &&&Problem| causes.is_empty() || causes.contains(&problem.key.cause);
        let ranked = problems.ranked();
        let given = ranked.iter().filter(is_asked).take(limit);
        let forgotten = problems.forgotten;
        Self {
            schema: SCHEMA,
            time: problems.now(),
            bucket_seconds: STEP_SECONDS,
            groups: ranked.len(),
            forgotten_groups: forgotten.problems,
            forgotten_failures: forgotten.failures,
            problems: given
                .map(|problem| ProblemReport::of(problem, problems.scale()))
                .collect(),
        }
    }
}

impl ProblemReport {
    fn of(problem: &Problem, scale: &Scale) -> Self {
        let key = &problem.key;
        let guide = guide(key.cause);
        let name = match &key.name {
            Name::Named(name) => Some(Arc::clone(name)),
            Name::None | Name::Others => None,
        };
        Self {
            cause: key.cause,
            confidence: problem
                .examples()
                .next_back()
                .and_then(|last| last.confidence),
            endpoint: key.endpoint.clone(),
            name,
            other_names: key.name == Name::Others,
            count: problem.count,
            last_minute: problem.trend.last_minute(scale),
            trend: problem.trend.last(scale, STEPS),
            first: problem.first,
            last: problem.last,
            clients: ClientsReport::of(&problem.clients),
            samples: problem.examples().rev().map(|one| one.id).collect(),
            meaning: guide.summary(),
            next: guide.next(),
        }
    }
}

impl ClientsReport {
    fn of(clients: &problems::Clients) -> Self {
        let most = clients.ranked().into_iter().take(CLIENTS);
        Self {
            known: clients.known(),
            other_failures: clients.others(),
            most: most
                .map(|client| ClientReport {
                    address: client.address,
                    pod: client.pod.clone(),
                    count: client.count,
                })
                .collect(),
        }
    }
}
