//! Handshakes to hold the configuration against: of an agent, of its JSON lines, or of a capture.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use super::input::InputError;
use super::{CheckArgs, CliError};
use crate::capture::pcap::{self, Source};
use crate::check::Observed;
use crate::pipeline::{Driver, EventSink, Pipeline, Ports, Settings};
use crate::report::Event;

/// The longest line of a report that is read, and the longest answer of an agent.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;
const LONGEST_ANSWER: u64 = 256 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes the handshakes of everything that was named.
pub(super) fn observe(args: &CheckArgs, observed: &mut Observed) -> Result<(), CliError> {
    if let Some(address) = &args.connect {
        agent(address, observed).map_err(|source| InputError::Agent {
            address: address.clone(),
            source,
        })?;
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
fn agent(address: &str, observed: &mut Observed) -> io::Result<()> {
    let resolved = address.to_socket_addrs()?.next();
    let resolved = resolved.ok_or_else(|| io::Error::other("the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&resolved, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer ends with the connection. The agent takes an address or localhost as Host.
    let request = format!(
        "GET /api/v1/handshakes?limit=10000 HTTP/1.0\r\nHost: {resolved}\r\nAccept: application/json\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    let body = body(&answer)?;
    observed.answer(body).map_err(io::Error::other)
}

/// What stands behind the head of an answer that says it is well.
fn body(answer: &[u8]) -> io::Result<&[u8]> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.unwrap_or(answer.len()));
    let status =
        String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default());
    match status.split_once(' ') {
        Some((version, status)) if version.starts_with("HTTP/") => {
            if status.starts_with("200") {
                Ok(body.get(4..).unwrap_or_default())
            } else {
                Err(io::Error::other(format!("it answered {status}")))
            }
        }
        _ => Err(io::Error::other("what answers there is no agent")),
    }
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
