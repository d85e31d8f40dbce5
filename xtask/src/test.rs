//! `cargo xtask test`: every test there is, in the order in which a failure is cheapest to find.

use std::process::Command;

use anyhow::Result;

use crate::command::{as_root, is_root, output, this_program};
use crate::setup::Purpose;
use crate::{check, compare, deploy, fuzz, kernels, lab, paths, say, setup};

mod count;

use count::Count;

/// A part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Format, lints, layers, and whatever cargo test finds in the crates.
    Unit,
    /// Half a minute of random input.
    Fuzz,
    /// tlsmon between real clients and servers in network namespaces.
    Live,
    /// Every cause, produced by real servers and clients (docs/lab.md).
    Lab,
    /// tlsmon on older kernels and the newest, in VMs (docs/kernels.md).
    Kernels,
    /// The same on a kernel of arm64, with everything built for that; only when asked for.
    KernelsArm64,
    /// Manifests, alerts and dashboards.
    Deploy,
    /// The container image, built and run; only when asked for.
    Image,
    /// A real Kubernetes node with the manifests on it; only when asked for.
    Cluster,
    /// The page in a real browser.
    Web,
}

/// Runs one part or all; says the count, and gives whether all passed.
pub fn run(part: Option<Part>, skip_privileged: bool) -> Result<bool> {
    let wanted = |this: Part| part.is_none_or(|part| part == this);
    setup::ensure(
        if skip_privileged && wanted(Part::Fuzz) {
            Purpose::Fuzz
        } else if skip_privileged && part != Some(Part::Deploy) {
            Purpose::Build
        } else {
            purpose(part)
        },
        false,
    )?;
    if part.is_none() && skip_privileged {
        setup::ensure(Purpose::Deploy, false)?;
    }
    let mut count = Count::default();
    // These two build anew with every optimisation, which takes minutes.
    for (this, name) in [(Part::Image, "image"), (Part::Cluster, "cluster")] {
        if part == Some(this) {
            let mut command = Command::new(this_program()?);
            command.arg(name);
            count.one(name, command)?;
        }
    }
    if wanted(Part::Unit) {
        unit(&mut count)?;
    }
    if wanted(Part::Fuzz) {
        fuzzed(&mut count)?;
    }
    if wanted(Part::Deploy) {
        deployed(&mut count)?;
        if skip_privileged {
            say::step(
                "SKIPPED: what a Prometheus answers to dashboards and alerts, because TLSMON_SKIP_PRIVILEGED asks for it",
            );
        } else {
            answered(&mut count)?;
        }
    }
    for (this, name) in [
        (Part::Web, "web"),
        (Part::Live, "live"),
        (Part::Lab, "lab"),
        (Part::Kernels, "kernels"),
    ] {
        if wanted(this) && skip_privileged {
            say::step(format_args!(
                "SKIPPED: the {name} tests, because TLSMON_SKIP_PRIVILEGED asks for it"
            ));
        } else if wanted(this) {
            privileged(this, name, &mut count)?;
        }
    }
    if part == Some(Part::KernelsArm64) {
        count.result("kernels-arm64", &kernels::arm64());
    }
    say::line(format_args!("\n{count}"));
    Ok(count.failed == 0)
}

fn purpose(part: Option<Part>) -> Purpose {
    match part {
        Some(Part::Unit) => Purpose::Build,
        Some(Part::Fuzz) => Purpose::Fuzz,
        Some(Part::Live | Part::Lab) => Purpose::Live,
        Some(Part::Deploy) => Purpose::Deploy,
        Some(Part::Image) => Purpose::Image,
        Some(Part::Cluster) => Purpose::Cluster,
        Some(Part::Web) => Purpose::Web,
        Some(Part::KernelsArm64) => Purpose::Arm64,
        Some(Part::Kernels) | None => Purpose::Test,
    }
}

fn unit(count: &mut Count) -> Result<()> {
    for (name, arguments) in check::CARGO {
        say::step(name);
        count.one(name, cargo(arguments)?)?;
    }
    say::step("layers: pure modules stay pure and call no later stage");
    count.result("layers", &check::layers());
    say::step("tests of the crates; those of the kernel programs load them, which takes root");
    count.tests(
        "workspace tests",
        cargo(&["test", "--workspace", "--exclude", "xtask"])?,
    )?;
    say::step("comparison: the project's own captures, as tshark reads them");
    count.result("comparison", &compare::own(&paths::tlsmon("debug")));
    say::step("tests of xtask itself");
    count.tests(
        "xtask tests",
        cargo(&["test", "--package", "xtask", "--lib"])?,
    )?;
    say::step("tests without live capture: replay alone, no BPF toolchain");
    count.tests(
        "replay-only tests",
        cargo(&["test", "--package", "monitor", "--no-default-features"])?,
    )
}

/// Every target for a moment: enough to see that it still works, and what the project's captures show.
fn fuzzed(count: &mut Count) -> Result<()> {
    const SECONDS: u64 = 30;
    let fuzzer = fuzz::Fuzzer::build()?;
    fuzzer.seeds(&[])?;
    say::step(format_args!("fuzz targets, {SECONDS} seconds in all"));
    let targets = fuzz::targets()?;
    for (target, result) in fuzzer.all(&targets, SECONDS) {
        count.result(target, &result);
    }
    Ok(())
}

/// What a cluster installs, as far as files can show it.
fn deployed(count: &mut Count) -> Result<()> {
    say::step("build: the tlsmon that reads the configuration of the manifests");
    count.one("build", cargo(&["build", "--package", "monitor"])?)?;
    say::step("deploy: manifests, their configuration, alerts, and what is made from others");
    for name in deploy::manifests::all()? {
        count.result(&name, &deploy::manifests::check(&name));
    }
    let tlsmon = paths::tlsmon("debug");
    count.result("configuration", &deploy::manifests::configuration(&tlsmon));
    count.result("alerts", &deploy::rules::check());
    count.result("panels", &deploy::rules::check_panels());
    count.result("made from others", &deploy::up_to_date());
    Ok(())
}

/// What the dashboards and alerts are answered by a Prometheus that scrapes a tlsmon in the laboratory.
fn answered(count: &mut Count) -> Result<()> {
    lab::remove_stale();
    say::step("dashboards and alerts: asked of a Prometheus that scrapes tlsmon at work, as root");
    count.tests(
        "dashboards",
        cargo(&["test", "--package", "xtask", "--test", "dashboards"])?,
    )
}

fn privileged(part: Part, name: &'static str, count: &mut Count) -> Result<()> {
    lab::remove_stale();
    say::step(format_args!("build: the tlsmon that the {name} tests run"));
    count.one("build", cargo(&["build", "--package", "monitor"])?)?;
    say::step(format_args!("{name} tests, as root"));
    if part == Part::Lab {
        let mut command = as_root(this_program()?);
        command
            .args(["lab", "--tlsmon"])
            .arg(paths::tlsmon("debug"));
        return count.one(name, command);
    }
    // A laboratory waits much, and a virtual machine is busy with one processor at a time.
    let test = [
        "test",
        "--package",
        "xtask",
        "--test",
        name,
        "--",
        "--test-threads",
        "2",
    ];
    count.tests(name, cargo(&test)?)
}

/// cargo, whose test programs run as root.
fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(paths::root());
    if !is_root() && arguments.first() == Some(&"test") {
        let version = output(Command::new("rustc").arg("-vV"))?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap_or_default();
        let target = host.to_uppercase().replace('-', "_");
        command.env(format!("CARGO_TARGET_{target}_RUNNER"), "sudo -E");
    }
    Ok(command)
}
