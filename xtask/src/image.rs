//! The container image: built from `deploy/Dockerfile`, and run as a least-privileged pod would run it, on the path of a live failure.

use std::time::Duration;

use anyhow::{Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::lab::{
    Agent, AgentOptions, Curl, Network, Pki, Server, listen_for_interrupts, pause, remove_stale,
    uptime, word,
};
use crate::say;

mod build;
mod container;
mod emulated;
mod usage;

pub use build::{Built, archive, build, prepare};
pub(crate) use build::{buildah, unpack};
use container::Container;
pub(crate) use usage::{Usage, megabytes};

/// How the image is made.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// For which machines; this one by default.
    #[arg(long, value_enum)]
    platform: Option<Platform>,
    /// Run every step of the Dockerfile in a container, the compiler too. By default cargo builds on this machine, and the
    /// Dockerfile's last stage takes what it built.
    #[arg(long)]
    whole: bool,
    /// Take this image of the local store instead of building one.
    #[arg(long, conflicts_with_all = ["platform", "whole"])]
    image: Option<String>,
    /// Only build it.
    #[arg(long)]
    no_run: bool,
}

/// Machines that an image is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Platform {
    /// `linux/amd64`.
    Amd64,
    /// `linux/arm64`.
    Arm64,
}

/// The name that the servers serve.
const NAME: &str = "shop.example";

const SOON: Duration = Duration::from_secs(20);

/// For how long the idle container is watched.
const IDLE: Duration = Duration::from_secs(20);

/// Builds the image, runs it and prints what it takes.
pub fn run(options: &Options) -> Result<()> {
    let built = build(options)?;
    say::note(format_args!(
        "{}: {:.1} MB, {:.1} MB packed as in a registry",
        built.name,
        megabytes(built.unpacked),
        megabytes(built.packed)
    ));
    let here = Platform::of_this_machine()?;
    match options.platform {
        _ if options.no_run => Ok(()),
        Some(other) if other != here && options.whole => Ok(()), // its program is in the image alone
        Some(other) if other != here => emulated::replays_as_here(other),
        _ => try_it(&built),
    }
}

fn try_it(built: &Built) -> Result<()> {
    listen_for_interrupts()?;
    remove_stale();
    let network = Network::create()?;
    let pki = Pki::create(&[NAME])?;
    let container = Container::of(&built.name)?;
    container.has_no_shell()?;
    let _envoy = Server::envoy(&network, &pki, NAME)?;
    let started = uptime()?;
    let options = AgentOptions::new(container.program());
    let agent = Agent::start(&network.node, &options)?;
    let ready = uptime()? - started;
    let before = Usage::of(container.process()?)?;
    pause(IDLE)?;
    let idle = Usage::of(container.process()?)?;
    catches_a_failure(&network, &pki, &agent)?;
    let ended = agent.end(Signal::SIGTERM)?;
    ensure!(ended.status.success(), "{}\n{}", ended.status, ended.stderr);
    say::note(ended.summary()?);
    say::note(format_args!(
        "ready {ready:.2} s after `podman run` began; idle: {:.1} MB resident, {:.1} MB with what the kernel keeps for it, {:.2} s of CPU in {} s",
        megabytes(idle.resident),
        megabytes(idle.charged),
        idle.cpu - before.cpu,
        IDLE.as_secs()
    ));
    Ok(())
}

/// A client with a name is served, one without is not, and the container says why.
fn catches_a_failure(network: &Network, pki: &Pki, agent: &Agent<'_>) -> Result<()> {
    let good = Curl::to(NAME).run(network, pki)?;
    ensure!(good.ok, "{good:?}");
    agent.handshake(good.port, SOON)?;
    let bad = Curl::to_address().run(network, pki)?;
    let report = agent.handshake(bad.port, SOON)?;
    ensure!(
        word(&report, "/cause") == "no-sni-rejected" && word(&report, "/confidence") == "certain",
        "{report}"
    );
    say::note(format_args!("curl: {}", bad.said));
    let evidence = report.get("evidence").unwrap_or(&Value::Null);
    say::note(format_args!("tlsmon: {evidence}"));
    Ok(())
}
