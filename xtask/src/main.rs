//! `cargo xtask`: everything that one does with this repository.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use xtask::setup::Purpose;
use xtask::{
    bench, check, cluster, command, compare, demo, deploy, fuzz, guided, image, kernels, lab,
    names, paths, recording, say, scenarios, setup, test, tour,
};

/// Sets up, builds, demonstrates, tests and measures tlsmon.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Install what is missing on this machine, and say what and why.
    Setup {
        /// What to make the machine ready for.
        #[arg(long, value_enum, default_value_t = Purpose::Test)]
        purpose: Purpose,
        /// Only say what is missing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Show tlsmon at work: a real Envoy, real clients, good and bad handshakes, in network namespaces.
    Demo {
        /// Setup and build were done already.
        #[arg(long, hide = true)]
        prepared: bool,
    },
    /// Build tlsmon laid out by what it does with captures: a sixth less CPU in replay, three times as long to build.
    Build,
    /// Produce every cause with real servers and clients, and compare what tlsmon names with what was set up.
    Lab(scenarios::Options),
    /// Test everything, or one part.
    Test {
        /// Which part; all of them by default.
        part: Option<test::Part>,
        /// Leave out what takes root, and say so loudly.
        #[arg(long, env = "TLSMON_SKIP_PRIVILEGED")]
        skip_privileged: bool,
    },
    /// Measure: nanoseconds per packet in the kernel, handshakes per CPU second and memory in replay.
    Bench(bench::Options),
    /// Give random input to the readers and the pipeline, and look for what makes them fail.
    Fuzz(fuzz::Options),
    /// Compare what tlsmon reads in captures with what other programs read, field by field.
    Compare(compare::Options),
    /// Build the container image, run it with least privilege on the path of a live failure, and print what it takes.
    Image(image::Options),
    /// Bring up a real Kubernetes node, install the manifests, and have tlsmon's pod name why a client pod fails.
    Cluster(image::Options),
    /// Format, lints, and the order of layers; nothing is run.
    Check,
    /// Write the tables of names from the registry files, or check that all of them are up to date.
    Names(names::Options),
    /// Write files that are made from others.
    Generate {
        /// Which.
        what: Generated,
    },
    /// Build tlsmon and run it as root: `cargo xtask run -- run --interface eth0`.
    Run {
        /// Arguments for tlsmon.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run a command and print what it used.
    #[command(hide = true)]
    Measured {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Run what the test VM runs.
    #[command(hide = true)]
    Smoke {
        /// The tlsmon to try.
        program: std::path::PathBuf,
        /// How it must have attached.
        attach: String,
    },
}

/// Files that are made from others.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Generated {
    /// The dashboard, and the alert rules as the objects that clusters take.
    Deploy,
    /// What works on which kernel, by trying: `docs/kernels.md`.
    Kernels,
    /// What the commands in README.md and docs/runbooks print, and docs/tour.svg.
    Tour,
    /// The screen of `tlsmon triage` as a person uses it: docs/triage.svg.
    Recording,
}

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            say::line(format_args!("\nxtask: {error:#}"));
            if lab::interrupted().is_err() {
                ExitCode::from(130)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Setup { purpose, dry_run } => setup::ensure(purpose, dry_run).map(done),
        Verb::Demo { prepared } => run_demo(prepared),
        Verb::Build => guided::build().map(drop).map(done),
        Verb::Lab(options) => run_lab(&options),
        Verb::Test {
            part,
            skip_privileged,
        } => test::run(part, skip_privileged).map(verdict),
        Verb::Bench(options) => bench::run(&options).map(done),
        Verb::Fuzz(options) => fuzz::fuzz(&options).map(verdict),
        Verb::Compare(options) => compare::run(&options).map(verdict),
        Verb::Image(options) => as_root(Purpose::Image, &options, image::run),
        Verb::Cluster(options) => as_root(Purpose::Cluster, &options, cluster::run),
        Verb::Check => check::run().map(done),
        Verb::Names(options) => names::run(&options).map(done),
        Verb::Generate { what } => generate(what).map(done),
        Verb::Run { arguments } => run_tlsmon(&arguments),
        Verb::Measured { command } => bench::measured(&command).map(done),
        Verb::Smoke { program, attach } => lab::smoke::run(&program, &attach).map(done),
    }
}

fn generate(what: Generated) -> Result<()> {
    match what {
        Generated::Deploy => deploy::generate(),
        Generated::Kernels => {
            setup::ensure(Purpose::Test, false)?;
            command::run(Command::new("cargo").args(["build", "--package", "monitor"]))?;
            kernels::generate()
        }
        Generated::Tour => {
            command::run(Command::new("cargo").args(["build", "--package", "monitor"]))?;
            tour::generate()
        }
        Generated::Recording => {
            command::run(Command::new("cargo").args(["build", "--package", "monitor"]))?;
            recording::generate()
        }
    }
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

fn verdict(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Builds as whoever asked, so that root owns nothing in the target folder; only the lab itself runs as root.
fn run_demo(prepared: bool) -> Result<ExitCode> {
    if !prepared {
        setup::ensure(Purpose::Demo, false)?;
        build_release()?;
    }
    if !command::is_root() {
        say::note("network namespaces and kernel programs take root: asking sudo");
        return follow(
            Command::new("sudo")
                .arg("-E")
                .arg(command::this_program()?)
                .args(["demo", "--prepared"]),
        );
    }
    demo::run(&paths::tlsmon("release")).map(verdict)
}

fn run_lab(options: &scenarios::Options) -> Result<ExitCode> {
    if let Some(tlsmon) = options.tlsmon() {
        setup::ensure(Purpose::Live, false)?;
        if command::is_root() {
            return scenarios::run(options, tlsmon).map(verdict);
        }
        say::note("network namespaces and kernel programs take root: asking sudo");
        let arguments = std::env::args_os().skip(1);
        return follow(command::as_root(command::this_program()?).args(arguments));
    }
    setup::ensure(Purpose::Build, false)?;
    build_release()?;
    let arguments = std::env::args_os().skip(1);
    follow(
        Command::new(command::this_program()?)
            .args(arguments)
            .arg("--tlsmon")
            .arg(paths::tlsmon("release")),
    )
}

/// Sets up, builds as whoever asked, and does the rest as root: containers and the lab take that.
fn as_root(
    purpose: Purpose,
    options: &image::Options,
    work: impl FnOnce(&image::Options) -> Result<()>,
) -> Result<ExitCode> {
    setup::ensure(purpose, false)?;
    image::prepare(options)?;
    if command::is_root() {
        return work(options).map(done);
    }
    say::note("containers and network namespaces take root: asking sudo");
    let arguments = std::env::args_os().skip(1);
    follow(command::as_root(command::this_program()?).args(arguments))
}

fn run_tlsmon(arguments: &[OsString]) -> Result<ExitCode> {
    setup::ensure(Purpose::Build, false)?;
    build_release()?;
    follow(command::as_root(paths::tlsmon("release")).args(arguments))
}

fn build_release() -> Result<()> {
    say::step("build: tlsmon with its kernel programs, optimised");
    command::run(
        Command::new("cargo")
            .args(["build", "--release", "--package", "monitor"])
            .current_dir(paths::root()),
    )
}

/// Runs a command at this terminal and ends as it ends.
fn follow(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command::shown(command)))?;
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => Ok(ExitCode::from(code)),
        None => bail!("{} ended: {status}", command::shown(command)),
    }
}
