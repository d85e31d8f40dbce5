//! Plays the scenarios: each server with its clients one after another, several servers at a time.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use jiff::{SignedDuration, Timestamp};

use super::client::{self, Call};
use super::stage::{Playing, Stage};
use super::table::{Block, Run};
use super::watch::{Watch, now};
use crate::command::{shown, tail};
use crate::lab::until;

/// How long a client may run unless its line says otherwise.
const LIMIT: u64 = 20;
/// How long tlsmon may take to tell of a run whose client has ended. Its own deadlines are shorter.
const PATIENCE: Duration = Duration::from_secs(12);

/// A run that was played.
#[derive(Clone, Debug)]
pub(super) struct Played<'a> {
    pub(super) block: &'a Block,
    pub(super) run: &'a Run,
    pub(super) address: String,
    pub(super) port: u16,
    begun: Timestamp,
    /// When the next one could begin.
    over: Timestamp,
    pub(super) command: String,
    /// Whether the client was content; none when it had to be ended.
    pub(super) content: Option<bool>,
    /// The client's last words, then the server's.
    pub(super) said: [String; 2],
}

impl Played<'_> {
    /// What tlsmon says of it.
    pub(super) fn reports(&self, watch: &Watch) -> Vec<super::watch::Report> {
        watch.reports((&self.address, self.port), self.begun, self.over)
    }

    /// From the client's start until tlsmon had told of it.
    pub(super) fn lasted(&self) -> SignedDuration {
        self.over.duration_since(self.begun)
    }
}

/// Plays all blocks, `jobs` at a time, and tells of each as it is done.
pub(super) fn all<'a>(
    blocks: &'a [Block],
    stage: &Stage,
    watch: &Watch,
    jobs: usize,
    done: impl Fn(&[Played<'a>]) + Sync,
) -> Result<Vec<Played<'a>>> {
    let next = AtomicUsize::new(0);
    let played = Mutex::new(Vec::new());
    let work = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = blocks.get(number) else {
                return Ok(());
            };
            let title = || format!("server {}", block.title());
            let runs = play(number, block, stage, watch).with_context(title)?;
            done(&runs);
            let mut played = played.lock().unwrap_or_else(PoisonError::into_inner);
            played.push((number, runs));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        let mut results = workers.into_iter().map(|worker| {
            let joined = worker.join();
            joined.map_err(|_panic| anyhow!("a worker panicked"))?
        });
        results.try_for_each(|result| result)
    })?;
    let mut played = played.into_inner().unwrap_or_else(PoisonError::into_inner);
    played.sort_by_key(|(number, _)| *number);
    Ok(played.into_iter().flat_map(|(_, runs)| runs).collect())
}

fn play<'a>(
    number: usize,
    block: &'a Block,
    stage: &Stage,
    watch: &Watch,
) -> Result<Vec<Played<'a>>> {
    let server = stage.open(number, block)?;
    let played = block.runs.iter().map(|run| {
        let one = call(block, run, &server, stage, number).with_context(|| run.to_string())?;
        settled(one, &server, watch)
    });
    played.collect()
}

/// Waits until tlsmon has told of as many handshakes as there were: what comes next is compared with them.
fn settled<'a>(mut played: Played<'a>, server: &Playing, watch: &Watch) -> Result<Played<'a>> {
    let reports = played.run.words.or("reports", "1").parse()?;
    let told = until("the report", PATIENCE, || {
        played.over = now();
        Ok((played.reports(watch).len() >= reports).then_some(()))
    });
    // One that never comes is told at the end, with all that is wrong; an interrupt ends it here.
    if told.is_err() {
        crate::lab::interrupted()?;
    }
    played.said[1] = server.said();
    Ok(played)
}

fn call<'a>(
    block: &'a Block,
    run: &'a Run,
    server: &Playing,
    stage: &Stage,
    number: usize,
) -> Result<Played<'a>> {
    let kind = client::kind(&run.client)?;
    let mut command = kind.command(&Call {
        address: &server.address,
        port: server.port,
        certificates: &stage.certificates,
        run,
    })?;
    let limit = run.words.get("limit").map_or(Ok(LIMIT), str::parse)?;
    let log = stage.folder(number).join("client.log");
    let begun = now();
    let content = stage
        .network
        .client
        .inside(|| attempt(&mut command, kind.says, &log, Duration::from_secs(limit)))??;
    Ok(Played {
        block,
        run,
        address: server.address.clone(),
        port: server.port,
        begun,
        over: now(),
        command: shown(&command),
        content,
        said: [crate::command::file_tail(&log, 6), String::new()],
    })
}

/// Runs a client to its end, or to the limit. Its stdin stays open until then, for some leave when it closes.
fn attempt(
    command: &mut Command,
    says: &str,
    log: &std::path::Path,
    limit: Duration,
) -> Result<Option<bool>> {
    let file = File::create(log)?;
    command.stdin(Stdio::piped()).stdout(file.try_clone()?);
    let mut child = command
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        // A client that has ended already says by its status why.
        let _ = stdin.write_all(says.as_bytes());
    }
    let status = until("the client", limit, || Ok(child.try_wait()?));
    if status.is_err() {
        let _ = child.kill();
        let _ = child.wait();
        crate::lab::interrupted()?;
    }
    drop(stdin);
    Ok(status.ok().map(|status| status.success()))
}

/// The last words in one line.
pub(super) fn last_words(said: &str) -> String {
    tail(said.trim(), 2).replace('\n', " | ")
}
