//! tlsmon itself, running on the node.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::wait::until;
use super::{Namespace, Process};

/// Where an agent serves its metrics unless told otherwise, in its own namespace.
const LISTEN: &str = "127.0.0.1:9469";

/// How long the agent may take to load and attach; emulated machines are slow.
const START: Duration = Duration::from_mins(1);

/// What the agent prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Lines for a person, failures only.
    Text,
    /// Every handshake, an object a line.
    Json,
}

/// How to start the agent.
#[derive(Clone, Debug)]
pub struct AgentOptions<'a> {
    /// The program.
    pub program: PathBuf,
    /// What it prints.
    pub output: Output,
    /// More arguments.
    pub arguments: Vec<&'a str>,
}

impl<'a> AgentOptions<'a> {
    /// This program, JSON, watching the node's eth0.
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            output: Output::Json,
            arguments: vec!["--interface", "eth0"],
        }
    }

    /// More arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&'a str]) -> Self {
        self.arguments.extend_from_slice(arguments);
        self
    }

    fn listen(&self) -> &str {
        let mut arguments = self.arguments.iter();
        arguments.find(|argument| **argument == "--listen");
        arguments.next().copied().unwrap_or(LISTEN)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("run");
        match self.output {
            Output::Text => command.args(["--output", "text"]),
            Output::Json => command.args(["--output", "json", "--all"]),
        };
        command.args(&self.arguments);
        command
    }
}

/// A running agent; dropping it kills it.
#[derive(Debug)]
pub struct Agent<'a> {
    namespace: &'a Namespace,
    process: Process,
    folder: TempDir,
    listen: String,
}

/// What an agent that ended left behind.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr.
    pub stderr: String,
}

impl<'a> Agent<'a> {
    /// Starts it and waits until it says that it is ready.
    pub fn start(namespace: &'a Namespace, options: &AgentOptions<'_>) -> Result<Self> {
        let folder = TempDir::with_prefix("tlsmon-agent-")?;
        let (out, log) = (folder.path().join("out"), folder.path().join("log"));
        let process = Process::start_with_output(namespace, &mut options.command(), &out, &log)?;
        Self::once_ready(namespace, options, folder, process)
    }

    /// As `start`, with its stdout for the caller to read as it comes.
    pub fn start_piped(
        namespace: &'a Namespace,
        options: &AgentOptions<'_>,
    ) -> Result<(Self, ChildStdout)> {
        let folder = TempDir::with_prefix("tlsmon-agent-")?;
        let log = folder.path().join("log");
        let (process, stdout) = Process::start_piped(namespace, &mut options.command(), &log)?;
        Ok((
            Self::once_ready(namespace, options, folder, process)?,
            stdout,
        ))
    }

    fn once_ready(
        namespace: &'a Namespace,
        options: &AgentOptions<'_>,
        folder: TempDir,
        process: Process,
    ) -> Result<Self> {
        let mut agent = Self {
            namespace,
            process,
            folder,
            listen: options.listen().to_owned(),
        };
        until("tlsmon to be ready", START, || {
            if let Some(status) = agent.process.ended()? {
                bail!(
                    "{} ended: {status}\n{}",
                    agent.process.name(),
                    agent.process.said()
                );
            }
            Ok(agent.get("/readyz").is_ok().then_some(()))
        })
        .with_context(|| agent.process.said())?;
        Ok(agent)
    }

    /// Its stdout so far; the last line may be half.
    pub fn stdout(&self) -> String {
        fs::read_to_string(self.folder.path().join("out")).unwrap_or_default()
    }

    /// Its stderr so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for the report of the handshake whose client came from `port`.
    pub fn handshake(&self, port: u16, limit: Duration) -> Result<Value> {
        until(&format!("the report of client port {port}"), limit, || {
            Ok(handshakes(&self.stdout()).find(|report| client_port(report) == Some(port)))
        })
        .with_context(|| format!("{}\n{}", self.stdout(), self.stderr()))
    }

    /// Asks its HTTP server; an answer other than 200 is an error.
    pub fn get(&self, path: &str) -> Result<String> {
        self.namespace.inside(|| get(&self.listen, path))?
    }

    /// The sum of a metric's series whose labels contain every one of `labels`; 0 when there is none.
    pub fn metric(&self, name: &str, labels: &[&str]) -> Result<f64> {
        Ok(sum(&self.get("/metrics")?, name, labels))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }

    /// Sends a signal and waits for the end.
    pub fn end(mut self, signal: Signal) -> Result<Ended> {
        self.process.signal(signal)?;
        let status = self.process.wait(Duration::from_secs(20))?;
        Ok(Ended {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
        })
    }
}

impl Ended {
    /// The events of a JSON run.
    pub fn events(&self) -> impl Iterator<Item = Value> {
        events(&self.stdout)
    }

    /// The summary that ends a run.
    pub fn summary(&self) -> Result<Value> {
        self.events()
            .find(|event| event.get("type").is_some_and(|kind| kind == "summary"))
            .with_context(|| format!("no summary in\n{}\n{}", self.stdout, self.stderr))
    }
}

/// The objects of whole lines.
fn events(stdout: &str) -> impl Iterator<Item = Value> {
    stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
}

/// The handshakes among the lines that tlsmon wrote.
pub fn handshakes(stdout: &str) -> impl Iterator<Item = Value> {
    events(stdout).filter(|event| event.get("type").is_some_and(|kind| kind == "handshake"))
}

/// A word in a report, by its JSON pointer; empty when it is null or absent.
pub fn word<'a>(report: &'a Value, pointer: &str) -> &'a str {
    report
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The client's port in a report.
pub fn client_port(report: &Value) -> Option<u16> {
    report.pointer("/client/port")?.as_u64()?.try_into().ok()
}

/// Replays a capture file and gives its handshakes.
pub fn replay(program: &Path, file: &Path) -> Result<Vec<Value>> {
    let mut command = Command::new(program);
    command
        .args(["replay", "--output", "json", "--all"])
        .arg(file);
    Ok(handshakes(&crate::command::output(&mut command)?).collect())
}

/// Asks for a path, by HTTP/1.0 in one breath; an answer other than 200 is an error.
pub fn get(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("not an HTTP answer")?;
    if head.split(' ').nth(1) != Some("200") {
        bail!("{path} answered {head}");
    }
    Ok(body.to_owned())
}

/// Reads the Prometheus text format.
fn sum(text: &str, name: &str, labels: &[&str]) -> f64 {
    text.lines()
        .filter(|line| !line.starts_with('#') && line.split(['{', ' ']).next() == Some(name))
        .filter(|line| labels.iter().all(|label| line.contains(label)))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_summed_by_name_and_label() {
        let text = "# HELP a b\na{x=\"1\"} 2\na{x=\"2\"} 3\nab 7\n";
        assert!((sum(text, "a", &[]) - 5.0).abs() < f64::EPSILON);
        assert!((sum(text, "a", &["x=\"2\""]) - 3.0).abs() < f64::EPSILON);
    }
}
