//! Handshakes to hold the configuration against: of an agent, of its JSON lines, or of a capture.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::thread;

use super::input::InputError;
use super::{CheckArgs, CliError};
use crate::capture::pcap::{self, Source};
use crate::check::Observed;
use crate::cli::ask::{self, FetchError};
use crate::pipeline::{Driver, EventSink, IN_A_ROW, Pipeline, Ports, Settings};
use crate::remote::Agent;
use crate::report::Event;

/// The longest line of a report that is read.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;
/// Agents of a cluster that are asked at once.
const AT_ONCE: usize = 8;

/// Takes the handshakes of everything that was named.
pub(super) fn observe(args: &CheckArgs, observed: &mut Observed) -> Result<(), CliError> {
    if let Some(address) = &args.connect {
        let agent = args.keys.agent(address).map_err(FetchError::from);
        let agent = agent.map_err(InputError::from)?;
        take(&agent, asked(&agent), observed)?;
    }
    if args.agents {
        let token = args.keys.token().map_err(FetchError::from);
        let token = token.map_err(InputError::from)?;
        let agents = args.kubectl.cluster().agents(token.as_deref());
        ask_agents(&agents.map_err(InputError::from)?, observed)?;
    }
    if let Some(path) = &args.events {
        reports(path, observed).map_err(|source| InputError::Reports {
            path: path.clone(),
            source,
        })?;
    }
    if let Some(path) = &args.capture {
        capture(path, observed)?;
    }
    let (unreadable, left_out) = observed.left_out();
    if unreadable > 0 {
        tracing::warn!("{unreadable} lines are no reports, and were left out");
    }
    if left_out > 0 {
        tracing::warn!(
            "{left_out} failing handshakes were left out: they have more than 10,000 names"
        );
    }
    Ok(())
}

/// Asks all agents of the cluster. One that does not answer is said, and the others go on.
fn ask_agents(agents: &[Agent], observed: &mut Observed) -> Result<(), InputError> {
    let mut answered = 0_usize;
    let mut last = None;
    for some in agents.chunks(AT_ONCE) {
        let answers = thread::scope(|scope| {
            let asking: Vec<_> = some
                .iter()
                .map(|agent| scope.spawn(|| asked(agent)))
                .collect();
            let joined = asking.into_iter().map(thread::ScopedJoinHandle::join);
            joined.collect::<Vec<_>>()
        });
        for (agent, answer) in some.iter().zip(answers) {
            agent.address.leave();
            // A thread that panicked has said so.
            let Ok(answer) = answer else { continue };
            match take(agent, answer, observed) {
                Ok(()) => answered += 1,
                Err(error) => {
                    tracing::warn!("{}: {}", agent.name, chain(&error));
                    last = Some(error);
                }
            }
        }
    }
    tracing::info!("{answered} of {} agents asked", agents.len());
    match last {
        Some(error) if answered == 0 => Err(error),
        _ => Ok(()),
    }
}

/// An error and why.
fn chain(error: &(dyn Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |error| (*error).source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The failures that the agent remembers.
fn asked(agent: &Agent) -> Result<Vec<u8>, FetchError> {
    let limit = [("limit", "10000".to_owned())];
    ask::get(agent, "/api/v1/handshakes", &limit)
}

fn take(
    agent: &Agent,
    answer: Result<Vec<u8>, FetchError>,
    observed: &mut Observed,
) -> Result<(), InputError> {
    let odd = |_error| FetchError::Odd {
        agent: agent.name.clone(),
        what: "is no list of handshakes",
    };
    Ok(observed.answer(&answer?).map_err(odd)?)
}

/// Takes JSON lines; one that is too long comes in parts, of which none is a report.
fn reports(path: &Path, observed: &mut Observed) -> io::Result<()> {
    let mut input: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path)?))
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        input
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        observed.line(&line);
    }
}

/// Takes the handshakes of a capture file.
fn capture(path: &Path, observed: &mut Observed) -> Result<(), CliError> {
    let settings = Settings {
        ports: Ports::Any,
        ..Settings::default()
    };
    let mut driver = Driver::new(Pipeline::new(settings), Taking(observed));
    let read = pcap::read(Source::from_argument(path), &mut driver, &mut |_| {});
    driver.finish();
    Ok(read?)
}

struct Taking<'a>(&'a mut Observed);

impl EventSink for Taking<'_> {
    fn event(&mut self, event: Event) {
        match &event {
            Event::Handshake(handshake) => self.0.handshake(handshake),
            Event::Revision(revision) => self.0.revision(revision),
            _ => (),
        }
    }

    fn patience(&self) -> usize {
        IN_A_ROW
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;

    use super::*;
    use crate::remote::Cluster;

    /// Answers once.
    fn serve(body: &str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            stream.write_all(answer.as_bytes()).unwrap();
        });
        port
    }

    #[test]
    fn agents_of_a_cluster_count_what_two_of_them_saw_once_and_one_that_is_lost_does_not_matter() {
        let handshake = |id: &str| serde_json::json!({ "type": "handshake", "id": id, "outcome": "failed", "cause": "unknown-sni" });
        let answer = |ids: &[&str]| {
            let all: Vec<_> = ids.iter().map(|id| handshake(id)).collect();
            serde_json::json!({ "handshakes": all }).to_string()
        };
        let one = serve(&answer(&["0000000000000001", "0000000000000002"]));
        let other = serve(&answer(&["0000000000000002", "0000000000000003"]));
        let dir = tempfile::tempdir().unwrap();
        let pod = |name: &str| serde_json::json!({ "metadata": { "name": name, "namespace": "tlsmon" }, "status": { "phase": "Running" } });
        let pods = serde_json::json!({ "items": [pod("one"), pod("other"), pod("lost")] });
        let script = format!(
            "case \"$*\" in\n*\"get pods\"*) echo '{pods}' ;;\n\
             *pod/one*) echo \"Forwarding from 127.0.0.1:{one} -> 9469\"; exec sleep 60 ;;\n\
             *pod/other*) echo \"Forwarding from 127.0.0.1:{other} -> 9469\"; exec sleep 60 ;;\n\
             *) echo \"error: unable to forward\" >&2; exit 1 ;;\nesac\n"
        );
        let cluster = Cluster::of_script(dir.path(), &script);
        let mut observed = Observed::default();
        ask_agents(&cluster.agents(None).unwrap(), &mut observed).unwrap();
        assert_eq!(observed.handshakes(), 3);
    }
}
