//! `cargo xtask fuzz`: random input to the readers and to the pipeline, with what must hold then (`fuzz/src`).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::command::{file_tail, output, run, shown};
use crate::setup::Purpose;
use crate::{paths, say, setup};

mod figures;

use figures::Figures;

/// More memory than any input should take.
const MEMORY_MB: u32 = 1024;
/// Longer than any input should take, in seconds.
const PATIENCE: u32 = 10;

/// What to fuzz, and for how long.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// How long, over all targets together.
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u64,
    /// One target; all of them by default.
    target: Option<String>,
}

#[derive(clap::Subcommand, Debug)]
enum Verb {
    /// Make what the fuzzer starts from out of captures: the project's own, and those in these files and folders.
    Seeds {
        /// More captures.
        captures: Vec<PathBuf>,
    },
}

/// Runs the targets; gives whether nothing was found.
pub fn fuzz(options: &Options) -> Result<bool> {
    setup::ensure(Purpose::Fuzz, false)?;
    let fuzzer = Fuzzer::build()?;
    if let Some(Verb::Seeds { captures }) = &options.verb {
        return fuzzer.seeds(captures).map(|()| true);
    }
    fuzzer.seeds(&[])?;
    let targets = match &options.target {
        Some(one) => vec![one.clone()],
        None => targets()?,
    };
    let mut good = true;
    for (target, result) in fuzzer.all(&targets, options.seconds) {
        if let Err(error) = result {
            say::line(format_args!("{target}: {error:#}"));
            good = false;
        }
    }
    Ok(good)
}

/// All targets, by their files.
pub fn targets() -> Result<Vec<String>> {
    let folder = folder().join("fuzz_targets");
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        names.extend(
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

fn folder() -> PathBuf {
    paths::root().join("fuzz")
}

/// The targets, built.
#[derive(Debug)]
pub struct Fuzzer {
    programs: PathBuf,
}

impl Fuzzer {
    /// Builds all targets, with the sanitizer that finds leaks and the counters that guide the fuzzer.
    pub fn build() -> Result<Self> {
        say::step("build: the fuzz targets");
        let version = output(Command::new("rustup").args(["run", "nightly", "rustc", "-vV"]))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("rustc does not say for which host it builds")?;
        let mut build = Command::new("rustup");
        build.args(["run", "nightly", "cargo", "fuzz", "build"]);
        run(build.current_dir(folder()).env_remove("CARGO_TARGET_DIR"))?;
        Ok(Self {
            programs: folder().join("target").join(host).join("release"),
        })
    }

    /// Makes seeds of the project's captures and of these.
    pub fn seeds(&self, captures: &[PathBuf]) -> Result<()> {
        let mut seeds = self.program("seeds");
        seeds.arg(folder().join("seeds"));
        seeds.arg(paths::root().join("monitor/tests/captures"));
        run(seeds.args(captures))
    }

    /// Runs these targets one after the other, in so many seconds together.
    pub fn all<'a>(
        &'a self,
        targets: &'a [String],
        seconds: u64,
    ) -> impl Iterator<Item = (&'a str, Result<()>)> {
        let each = seconds / u64::try_from(targets.len()).unwrap_or(1).max(1);
        targets
            .iter()
            .map(move |target| (target.as_str(), self.one(target, each.max(1))))
    }

    /// Runs one target, and says what that came to.
    fn one(&self, target: &str, seconds: u64) -> Result<()> {
        let known = targets()?;
        ensure!(
            known.iter().any(|name| name == target),
            "there is no target {target}\nhelp: there are {}",
            known.join(", ")
        );
        let log = paths::cache().join(format!("fuzz-{target}.log"));
        let mut fuzz = self.command(target, seconds)?;
        std::fs::create_dir_all(paths::cache())?;
        let status = fuzz.stderr(File::create(&log)?).status();
        let status = status.with_context(|| format!("cannot start {}", shown(&fuzz)))?;
        if !status.success() {
            say::note(file_tail(&log, 60));
            bail!(
                "{status}; all of it is in {}\nhelp: cargo +nightly fuzz run {target} FILE, with the file named above",
                log.display()
            );
        }
        let figures = Figures::of(&std::fs::read_to_string(&log)?)?;
        say::note(format_args!("{target}: {figures}"));
        ensure!(figures.inputs > 0, "not one input was tried");
        Ok(())
    }

    fn command(&self, target: &str, seconds: u64) -> Result<Command> {
        let artifacts = folder().join("artifacts").join(target);
        let corpus = folder().join("corpus").join(target);
        for folder in [&artifacts, &corpus] {
            std::fs::create_dir_all(folder)?;
        }
        let mut fuzz = self.program(target);
        fuzz.arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-rss_limit_mb={MEMORY_MB}"))
            .arg(format!("-timeout={PATIENCE}"))
            .arg("-print_final_stats=1")
            .args([corpus, folder().join("seeds").join(target)]);
        // What was freed is kept for a while, to find its use; that would count as memory of the program.
        fuzz.env("ASAN_OPTIONS", "quarantine_size_mb=8");
        Ok(fuzz)
    }

    fn program(&self, name: impl AsRef<Path>) -> Command {
        Command::new(self.programs.join(name))
    }
}
