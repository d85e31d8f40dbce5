//! `tlsmon probe`: asks a server the questions of the runbook, one connection after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::options::{OutputArgs, seconds};
use super::{CliError, Exit, Global};
use crate::probe::{
    self, Exchange, Like, NoAddressError, Noise, Questions, Recorded, Reports, Subject, Target,
    UnlikeError, host_name,
};
use crate::report::{Event, Probe};
use crate::sink::printer::{Format, PrintError, Printer};
use crate::sink::style::Style;
use crate::sink::text::probe as text;

/// The longest line of a report that is read.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Whom to ask, and what.
#[derive(Args, Debug)]
#[command(
    after_help = "It opens at most 18 connections, one after the other, sends one ClientHello on each, and \
                        completes no handshake. See docs/probe.md."
)]
pub(crate) struct ProbeArgs {
    /// Whom to ask: a name or an address; the port is 443 unless said
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "like")]
    target: Option<Target>,
    /// The server name to ask for; HOST when left out, unless that is an address
    #[arg(long, env = "TLSMON_PROBE_SNI", value_name = "NAME", value_parser = host_name)]
    sni: Option<String>,
    /// Connect here, and not where HOST leads
    #[arg(long, env = "TLSMON_PROBE_CONNECT_TO", value_name = "HOST[:PORT]")]
    connect_to: Option<Target>,
    /// Repeat the hello of the handshake with this id, then with the change that its cause suggests
    #[arg(long, env = "TLSMON_PROBE_LIKE", value_name = "ID", requires = "from")]
    like: Option<String>,
    /// Where the reports are: JSON lines of "tlsmon run" or "replay"; "-" reads standard input
    #[arg(
        long,
        env = "TLSMON_PROBE_FROM",
        value_name = "FILE",
        requires = "like"
    )]
    from: Option<PathBuf>,
    /// How long to wait for a connection, and then for an answer
    #[arg(long, env = "TLSMON_PROBE_TIMEOUT", value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    output: OutputArgs,
    /// Exit with status 1 when ordinary clients fail
    #[arg(long, env = "TLSMON_FAIL", value_parser = clap::builder::FalseyValueParser::new())]
    fail: bool,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    /// The host has no address.
    #[error(transparent)]
    NoAddress(#[from] NoAddressError),
    /// The reports cannot be read.
    #[error("cannot read the reports in {path}")]
    Reports {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No report has the id.
    #[error("no handshake {id} in {path} ({unreadable} of its lines are no reports)")]
    NotFound {
        /// The id.
        id: String,
        /// The file.
        path: PathBuf,
        /// Lines that could not be read.
        unreadable: u64,
    },
    /// The handshake cannot be repeated.
    #[error("cannot repeat the handshake {id}")]
    Unlike {
        /// The id.
        id: String,
        /// Why.
        source: UnlikeError,
    },
    /// The report does not say which server.
    #[error("the report of {id} names no server")]
    NoServer {
        /// The id.
        id: String,
    },
}

impl ProbeError {
    /// What to do about it.
    pub(crate) const fn help(&self) -> Option<&'static str> {
        match self {
            Self::NoAddress(_) => Some("check the name, or give an address and --sni NAME"),
            Self::Reports { .. } => Some(
                "reports are the lines that \"tlsmon run --output json\" and \"tlsmon replay --output json\" print",
            ),
            Self::NotFound { .. } => Some(
                "the id is the field \"id\" of a report; \"--all\" prints those of successes too",
            ),
            Self::NoServer { .. } => Some("give HOST[:PORT]"),
            Self::Unlike { .. } => None,
        }
    }
}

pub(super) fn probe(args: &ProbeArgs, global: &Global) -> Result<Exit, CliError> {
    let (subject, questions) = plan(args)?;
    announce(&subject, &questions, args);
    let style = Style {
        color: global.color.enabled(&io::stdout()),
        ..Style::default()
    };
    let mut out = io::stdout().lock();
    let probe = match args.output.form {
        Format::Text => spoken(&subject, questions, args, style, &mut out)?,
        Format::Json => {
            let asked = ask_all(&subject, questions, args.timeout, |_| Ok(()))?;
            let event = Event::Probe(Box::new(probe::report(&subject, &asked)));
            Printer::new(Format::Json, style).print(&event, &mut out)?;
            let Event::Probe(probe) = event else {
                return Ok(Exit::Fine);
            };
            *probe
        }
    };
    out.flush().map_err(PrintError::from)?;
    Ok(Exit::after(probe.failures(), args.fail))
}

/// Prints each answer when it comes: a server that does not answer takes its time.
fn spoken(
    subject: &Subject,
    questions: Questions,
    args: &ProbeArgs,
    style: Style,
    out: &mut dyn Write,
) -> Result<Probe, PrintError> {
    let head = probe::report(subject, &[]);
    text::heading(&head.target, head.like.as_ref(), style, out)?;
    let asked = ask_all(subject, questions, args.timeout, |exchange| {
        text::row(&probe::exchange_report(exchange, subject.time), style, out)?;
        Ok(out.flush()?)
    })?;
    let probe = probe::report(subject, &asked);
    text::conclusion(&probe, style, out)?;
    Ok(probe)
}

fn ask_all(
    subject: &Subject,
    mut questions: Questions,
    timeout: Duration,
    mut show: impl FnMut(&Exchange) -> Result<(), PrintError>,
) -> Result<Vec<Exchange>, PrintError> {
    let mut exchanges = Vec::new();
    while let Some(asked) = questions.next(&exchanges) {
        let answer = probe::ask(subject.address, &asked, timeout);
        let exchange = Exchange { asked, answer };
        show(&exchange)?;
        exchanges.push(exchange);
    }
    Ok(exchanges)
}

/// Says on stderr what is about to be done to whom.
fn announce(subject: &Subject, questions: &Questions, args: &ProbeArgs) {
    #[expect(
        clippy::print_stderr,
        reason = "stderr is where the command talks to people"
    )]
    {
        eprintln!(
            "asking {} at most {} questions, one connection each, one after the other; {} s for each step",
            subject.address,
            questions.at_most(),
            args.timeout.as_secs_f64()
        );
    }
}

fn plan(args: &ProbeArgs) -> Result<(Subject, Questions), CliError> {
    let seed = probe::seed().map_err(|source| CliError::System {
        doing: "get random bytes",
        source,
    })?;
    let noise = Noise::new(seed);
    match (&args.like, &args.from) {
        (Some(id), Some(path)) => Ok(like_plan(args, id, path, noise)?),
        _ => Ok(runbook_plan(args, noise)?),
    }
}

fn runbook_plan(args: &ProbeArgs, noise: Noise) -> Result<(Subject, Questions), ProbeError> {
    let name = asked_name(args);
    let subject = Subject {
        host: args.target.as_ref().map(|target| target.host.clone()),
        address: address(args, None)?,
        name: name.clone(),
        like: None,
        time: probe::now(),
    };
    Ok((subject, Questions::of_runbook(name, noise)))
}

fn like_plan(
    args: &ProbeArgs,
    id: &str,
    path: &Path,
    noise: Noise,
) -> Result<(Subject, Questions), ProbeError> {
    let (recorded, served) = find(id, path)?;
    let like = Like::of(&recorded).map_err(|source| ProbeError::Unlike {
        id: id.to_owned(),
        source,
    })?;
    let subject = Subject {
        host: args.target.as_ref().map(|target| target.host.clone()),
        address: address(args, Some(&recorded))?,
        name: like.name(),
        like: Some(like.clone()),
        time: probe::now(),
    };
    let name = asked_name(args).or(served);
    Ok((subject, Questions::of_report(like, name, noise)))
}

/// The name that flags give: `--sni`, else the host's.
fn asked_name(args: &ProbeArgs) -> Option<String> {
    let host = || args.target.as_ref()?.name().map(str::to_owned);
    args.sni.clone().or_else(host)
}

/// Where to connect: `--connect-to`, else the host, else the report's server.
fn address(args: &ProbeArgs, report: Option<&Recorded>) -> Result<SocketAddr, ProbeError> {
    let target = args.connect_to.as_ref().or(args.target.as_ref());
    let Some(target) = target else {
        let server = report.and_then(Recorded::address);
        let id = || args.like.clone().unwrap_or_default();
        return server.ok_or_else(|| ProbeError::NoServer { id: id() });
    };
    let found = probe::resolve(target, args.timeout)?;
    let port = target.port.or_else(|| args.target.as_ref()?.port);
    let recorded = report
        .and_then(Recorded::address)
        .map(|server| server.port());
    let port = port.or(recorded).unwrap_or_else(|| target.port());
    several(&found);
    let first = found.first().copied();
    // The resolver gives one address at least.
    let first = first.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
    Ok(SocketAddr::new(first, port))
}

/// Only one address is asked.
fn several(found: &[IpAddr]) {
    if found.len() > 1 {
        let all: Vec<_> = found.iter().map(ToString::to_string).collect();
        tracing::warn!(
            "the host has several addresses, and the first is asked; --connect-to asks another: {}",
            all.join(", ")
        );
    }
}

/// Looks the handshake up in a file of reports.
fn find(id: &str, path: &Path) -> Result<(Recorded, Option<String>), ProbeError> {
    let fault = |source| ProbeError::Reports {
        path: path.to_owned(),
        source,
    };
    let mut input: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(fault)?))
    };
    let mut reports = Reports::for_id(id);
    let mut line = Vec::new();
    while line_of(&mut *input, &mut line).map_err(fault)? {
        reports.line(&line);
    }
    let unreadable = reports.unreadable();
    reports.finish().ok_or_else(|| ProbeError::NotFound {
        id: id.to_owned(),
        path: path.to_owned(),
        unreadable,
    })
}

/// Reads a line; one that is too long comes in parts, of which none is a report.
fn line_of(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    input.take(LONGEST_LINE).read_until(b'\n', line)?;
    Ok(!line.is_empty())
}
