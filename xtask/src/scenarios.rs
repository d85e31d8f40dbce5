//! `cargo xtask lab`: every cause, produced by real servers and clients in network namespaces while tlsmon watches. What it
//! names is compared with what was set up.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::lab::{Agent, AgentOptions, listen_for_interrupts, pause, remove_stale};
use crate::say;

mod causes;
mod certificates;
mod client;
mod judge;
mod keep;
mod play;
mod server;
mod stage;
mod table;
mod tally;
mod watch;
mod words;

use judge::Judged;
use keep::Keeper;
use play::Played;
use stage::Stage;
use table::{Block, Run};
use tally::Tally;
use watch::{Totals, Watch};

/// What is played.
const TABLES: [&str; 3] = [
    include_str!("scenarios/failures.txt"),
    include_str!("scenarios/paths.txt"),
    include_str!("scenarios/healthy.txt"),
];

/// How long tlsmon is to wait for an answer, so that the lab waits no longer.
const DEADLINES: [&str; 4] = ["--answer-timeout", "5", "--connect-timeout", "3"];

/// tlsmon reads the kernel's counters once a second: what was lost is known after that.
const COUNTED: Duration = Duration::from_millis(1500);

/// Which scenarios, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Only those runs whose line, as the lab prints it, has this in it, and the good ones that they are compared with.
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    only: Option<String>,
    /// Keep a capture of everything, and of each run that tlsmon was wrong about, in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How many servers play at the same time.
    #[arg(long, value_name = "N", default_value = "8")]
    jobs: NonZeroUsize,
    /// Print every run, not only the wrong ones.
    #[arg(long)]
    verbose: bool,
    /// The tlsmon to try, in place of one that is built first.
    #[arg(long, value_name = "PROGRAM")]
    tlsmon: Option<PathBuf>,
}

impl Options {
    /// The tlsmon that was asked for.
    pub fn tlsmon(&self) -> Option<&Path> {
        self.tlsmon.as_deref()
    }
}

/// Plays them with this tlsmon; false when it was wrong too often, or certain and wrong, or lost something.
pub fn run(options: &Options, tlsmon: &Path) -> Result<bool> {
    listen_for_interrupts()?;
    remove_stale();
    let mut blocks = all()?;
    causes::check(tlsmon, &blocks)?;
    if let Some(pattern) = &options.only {
        choose(pattern, &mut blocks)?;
    }
    say::step(format_args!(
        "lab: {} servers, {} runs, {} servers at a time",
        blocks.len(),
        blocks.iter().map(|block| block.runs.len()).sum::<usize>(),
        options.jobs
    ));
    let stage = Stage::create(blocks.len())?;
    let settings = AgentOptions::new(tlsmon.to_owned())
        .with(&["--port", stage::PORTS])
        .with(&DEADLINES);
    let (agent, stdout) = Agent::start_piped(&stage.network.node, &settings)?;
    let watch = Watch::start(stdout);
    let keeper = options.keep.as_deref();
    let keeper = keeper
        .map(|folder| Keeper::start(&stage, folder))
        .transpose()?;
    let done = |runs: &[Played<'_>]| {
        for one in runs {
            show(one, &watch, options.verbose);
        }
    };
    let played = play::all(&blocks, &stage, &watch, options.jobs.get(), done)?;
    pause(COUNTED)?;
    agent.end(Signal::SIGINT)?;
    let totals = watch.finish();
    let judged: Vec<_> = played
        .into_iter()
        .map(|one| Judged::of(one, &watch))
        .collect();
    if let Some(keeper) = keeper {
        keeper.finish(&judged)?;
    }
    conclude(&judged, &totals)
}

/// All scenarios.
fn all() -> Result<Vec<Block>> {
    let blocks = TABLES.iter().map(|table| table::read(table));
    Ok(blocks.collect::<Result<Vec<_>>>()?.concat())
}

/// Leaves those that a person asks for, and the good runs that a failure among them is compared with.
fn choose(pattern: &str, blocks: &mut Vec<Block>) -> Result<()> {
    for block in blocks.iter_mut() {
        let title = block.title();
        let is_wanted =
            |run: &Run| format!("{title} <- {run} -> {}", run.expected.label()).contains(pattern);
        let is_compared = |run: &Run| is_wanted(run) && !run.expected.is_healthy();
        let last = block.runs.iter().rposition(is_compared).unwrap_or(0);
        let runs = std::mem::take(&mut block.runs).into_iter().enumerate();
        let kept = runs
            .filter(|(place, run)| is_wanted(run) || (run.expected.is_healthy() && *place < last));
        block.runs = kept.map(|(_, run)| run).collect();
    }
    blocks.retain(|block| !block.runs.is_empty());
    if blocks.is_empty() {
        bail!("no scenario has {pattern:?} in its line");
    }
    Ok(())
}

/// A line as soon as a run is over. What tlsmon says may still be revised.
fn show(played: &Played<'_>, watch: &Watch, verbose: bool) {
    let judged = Judged::of(played.clone(), watch);
    let is_fine = judged.wrong.is_none() && judged.not_as_planned.is_none();
    if is_fine && !verbose {
        return;
    }
    tell(&judged);
}

fn tell(one: &Judged<'_>) {
    let played = &one.played;
    let verdict = if one.wrong.is_some() {
        "WRONG"
    } else {
        "right"
    };
    let said = one.wrong.as_ref();
    let said = said.map_or_else(String::new, |said| format!(", and tlsmon says: {said}"));
    let unplanned = one.not_as_planned.as_ref();
    let unplanned = unplanned.map_or_else(String::new, |why| format!(" [NOT AS PLANNED: {why}]"));
    say::line(format_args!(
        "{verdict} {:>4.1} s  {} <- {} -> {}{said}{unplanned}",
        played.lasted().as_secs_f64(),
        played.block.title(),
        played.run,
        played.run.expected.label(),
    ));
    for report in one.reports.iter().filter(|_| one.wrong.is_some()) {
        let evidence = report.said.pointer("/evidence").and_then(Value::as_array);
        for sentence in evidence.into_iter().flatten().filter_map(Value::as_str) {
            say::line(format_args!("        {sentence}"));
        }
    }
}

/// What all of it came to.
fn conclude(judged: &[Judged<'_>], totals: &Totals) -> Result<bool> {
    say::step("runs that tlsmon was wrong about, at the end");
    for one in judged {
        if one.wrong.is_some() || one.not_as_planned.is_some() {
            tell(one);
        }
    }
    let tally = Tally::of(judged);
    tally.print_confusion();
    tally.print_figures();
    let mut failed = tally.verdict();
    failed.extend(lost(totals)?);
    for why in &failed {
        say::line(format_args!("FAILED: {why}"));
    }
    Ok(failed.is_empty())
}

/// Nothing may be lost on so quiet a network; what is, is told by the summary.
fn lost(totals: &Totals) -> Result<Vec<String>> {
    let summary = totals
        .summary
        .as_ref()
        .context("tlsmon printed no summary")?;
    let lost = summary.get("lost").and_then(Value::as_object);
    let lost = lost.context("the summary does not say what was lost")?;
    let counts = lost.iter().filter(|(_, count)| count.as_u64() != Some(0));
    let mut all: Vec<_> = counts
        .map(|(what, count)| format!("lost: {what} {count}"))
        .collect();
    all.extend(
        totals
            .losses
            .iter()
            .map(|loss| format!("a loss was told: {loss}")),
    );
    say::line(format_args!(
        "lost: {}",
        if all.is_empty() {
            "nothing"
        } else {
            "see below"
        }
    ));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_understood() {
        let blocks = all().unwrap();
        for block in &blocks {
            let kind = server::kind(&block.server).unwrap();
            kind.check(&block.words).unwrap();
            for run in &block.runs {
                client::kind(&run.client).unwrap().check(run).unwrap();
            }
        }
        assert!(blocks.iter().map(|block| block.runs.len()).sum::<usize>() >= 120);
    }

    #[test]
    fn a_failure_is_chosen_with_the_good_runs_before_it() {
        let text = "server a\nrun x 1,2 -> established\nrun y 1 -> failed z\nrun x 3 -> established\nserver b\nrun x 1 -> established\n";
        let mut blocks = table::read(text).unwrap();
        choose("-> z", &mut blocks).unwrap();
        let runs: Vec<_> = blocks[0].runs.iter().map(Run::to_string).collect();
        assert_eq!(
            (blocks.len(), runs),
            (1, vec!["x 1".into(), "x 2".into(), "y 1".into()])
        );
        assert!(choose("-> nothing", &mut blocks).is_err());
    }

    #[test]
    fn the_guide_tells_of_every_server_client_and_word() {
        let guide = include_str!("../../docs/lab.md");
        for name in server::vocabulary().chain(client::vocabulary()) {
            assert!(
                guide.contains(&format!("`{name}")),
                "docs/lab.md lacks {name}"
            );
        }
    }
}
