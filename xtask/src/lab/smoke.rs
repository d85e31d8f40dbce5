//! What every kernel must show: tlsmon loads with few privileges, attaches in each way that the kernel has, names what real
//! servers and clients do, loses nothing, and leaves nothing behind.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use nix::sys::utsname::uname;

use super::{Agent, AgentOptions, Network, Pki, pause, until, uptime};
use crate::kernels::Finding;
use crate::say;

mod privileges;
mod scenarios;

use privileges::Privileges;

/// The name that the servers serve.
const NAME: &str = "shop.example";

/// Long enough for an emulated machine.
const SOON: Duration = Duration::from_secs(30);

/// Where a scenario plays.
struct Scene<'a> {
    network: &'a Network,
    pki: &'a Pki,
    agent: &'a Agent<'a>,
}

/// Tries this tlsmon, which must attach as `attach` says when it is left to it; prints a finding for each way.
pub fn run(program: &Path, attach: &str) -> Result<()> {
    let booted = uptime()?;
    let privileges = Privileges::found(program)?;
    say::note(format_args!("needs {:?}", privileges.needed));
    let ways: &[Option<&str>] = match attach {
        "tcx" => &[None, Some("clsact")],
        _ => &[None],
    };
    for asked in ways {
        let way = asked.unwrap_or(attach);
        let mut finding = try_way(&privileges, way, asked.is_some())?;
        finding.booted = booted;
        say::line(finding.line()?);
    }
    Ok(())
}

fn try_way(privileges: &Privileges, way: &str, asked: bool) -> Result<Finding> {
    let network = Network::create()?;
    let pki = Pki::create(&[NAME])?;
    let started = uptime()?;
    let options = AgentOptions::new(privileges.program());
    let options = if asked {
        options.with(&["--attach", way])
    } else {
        options
    };
    let agent = Agent::start(&network.node, &options)?;
    let ready = uptime()? - started;
    attached_by(way, &agent)?;
    let scene = Scene {
        network: &network,
        pki: &pki,
        agent: &agent,
    };
    let mut scenarios = scenarios::play(&scene);
    let records = agent.metric("tlsmon_kernel_packets_total", &["verdict=\"sent\""])?;
    let lost = agent.metric("tlsmon_lost_total", &[])?;
    say::note(agent.end(Signal::SIGTERM)?.summary()?);
    scenarios.push(scenarios::told(
        "nothing is left on the hooks after the end",
        nothing_is_left(&network),
    ));
    Ok(Finding {
        release: uname()?.release().to_string_lossy().into_owned(),
        way: way.to_owned(),
        asked,
        needed: privileges.needed.clone(),
        records,
        lost,
        scenarios,
        ready,
        booted: 0.0,
    })
}

/// The gauge follows the agent's own clock, so it may come a moment after readiness.
fn attached_by(attach: &str, agent: &Agent<'_>) -> Result<()> {
    let label = format!("attach=\"{attach}\"");
    until(&format!("an interface with {label}"), SOON, || {
        Ok((agent.metric("tlsmon_interfaces", &[&label])? > 0.0).then_some(()))
    })
    .with_context(|| agent.get("/metrics").unwrap_or_default())
}

/// No program of ours on either hook, no filter.
fn nothing_is_left(network: &Network) -> Result<()> {
    pause(Duration::from_millis(200))?;
    for direction in ["ingress", "egress"] {
        let mut tc = std::process::Command::new("tc");
        let filters = network
            .node
            .output(tc.args(["filter", "show", "dev", "eth0", direction]))?;
        ensure!(
            !filters.contains("tlsmon"),
            "left behind on {direction}: {filters}"
        );
    }
    Ok(())
}
