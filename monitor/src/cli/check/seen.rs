//! Handshakes to hold the configuration against: of an agent, of its JSON lines, or of a capture.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::input::InputError;
use super::{CheckArgs, CliError};
use crate::capture::pcap::{self, Source};
use crate::check::Observed;
use crate::cli::ask::{self, FetchError};
use crate::pipeline::{Driver, EventSink, Pipeline, Ports, Settings};
use crate::remote::Agent;
use crate::report::Event;

/// The longest line of a report that is read.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Takes the handshakes of everything that was named.
pub(super) fn observe(args: &CheckArgs, observed: &mut Observed) -> Result<(), CliError> {
    if let Some(address) = &args.connect {
        let agent = args.keys.agent(address).map_err(FetchError::from);
        ask_agent(&agent.map_err(InputError::from)?, observed)?;
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

/// Asks the agent for the failures that it remembers.
fn ask_agent(agent: &Agent, observed: &mut Observed) -> Result<(), InputError> {
    let body = ask::get(
        agent,
        "/api/v1/handshakes",
        &[("limit", "10000".to_owned())],
    )?;
    let odd = |_error| FetchError::Odd {
        agent: agent.name.clone(),
        what: "is no list of handshakes",
    };
    Ok(observed.answer(&body).map_err(odd)?)
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
        if let Event::Handshake(handshake) = &event {
            self.0.handshake(handshake);
        }
    }
}
