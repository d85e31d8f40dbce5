//! `cargo xtask demo`: an ingress that knows one name, clients that say it and clients that do not, and tlsmon between
//! them. What tlsmon says is compared with what was done; the demo fails when they differ.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use crate::lab::{
    Agent, AgentOptions, Attempt, Network, Output, POD, Pki, Server, listen_for_interrupts, pause,
    remove_stale, until,
};
use crate::say;

mod screen;
mod script;

use screen::Screen;
use script::{Act, Expected, SCRIPT, SHOP};

/// How long tlsmon may take to say what became of a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// tlsmon reads the kernel's counters once a second: what was lost is known after that.
const COUNTED: Duration = Duration::from_millis(1200);

/// What one act came to.
struct Outcome {
    expected: Expected,
    attempt: Attempt,
}

/// Plays the demo with this tlsmon; false when tlsmon was wrong about anything.
pub fn run(tlsmon: &Path) -> Result<bool> {
    listen_for_interrupts()?;
    let stale = remove_stale();
    if stale > 0 {
        say::note(format_args!(
            "removed {stale} namespaces that a killed run left behind"
        ));
    }
    say::step(
        "demo: three network namespaces, a real Envoy, real clients, tlsmon on the node between them",
    );
    let network = Network::create()?;
    let pki = Pki::create(&[SHOP])?;
    let _envoy = Server::envoy(&network, &pki, SHOP)?;
    let agent = Agent::start(&network.node, &options(tlsmon))?;
    introduce();
    let mut screen = Screen::default();
    let mut outcomes = Vec::new();
    for (number, act) in SCRIPT.iter().enumerate() {
        say::line(format_args!(
            "\n[{}/{}] {}",
            number + 1,
            SCRIPT.len(),
            act.what
        ));
        outcomes.push(play(act, &network, &pki, &agent, &mut screen)?);
    }
    let good = compare(&outcomes, &agent, &mut screen)?;
    say::step("tlsmon is asked to end (SIGINT), and sums up");
    say::line(agent.end(Signal::SIGINT)?.stderr.trim_end());
    farewell(good);
    Ok(good)
}

fn options(tlsmon: &Path) -> AgentOptions<'static> {
    let color = if std::io::stdout().is_terminal() {
        "always"
    } else {
        "never"
    };
    AgentOptions {
        program: tlsmon.to_owned(),
        output: Output::Text,
        arguments: vec!["--color", color],
    }
}

fn introduce() {
    say::note(
        "client 192.0.2.10 --- eth0 [node: tlsmon run] pod0 --- 198.51.100.20:443 [pod: Envoy]",
    );
    say::note(format_args!(
        "Envoy has one filter chain, for {SHOP}, and no default: as an Apigee or Istio ingress does"
    ));
}

/// Lets the client act, then shows what tlsmon says about it.
fn play(
    act: &Act,
    network: &Network,
    pki: &Pki,
    agent: &Agent<'_>,
    screen: &mut Screen,
) -> Result<Outcome> {
    let attempt = act.play(network, pki)?;
    say::line(format_args!("  client: {}", attempt.command));
    say::line(format_args!("          -> {}", attempt.said));
    if act.expected == Expected::Established {
        pause(Duration::from_millis(200))?;
        screen.show(&agent.stdout());
    } else {
        // The comparison at the end tells what never came.
        let _ = until("tlsmon's line", PATIENCE, || {
            screen.show(&agent.stdout());
            Ok(screen.cause_of(attempt.port).map(drop))
        });
    }
    Ok(Outcome {
        expected: act.expected,
        attempt,
    })
}

/// What was done against what tlsmon counted and said.
fn compare(outcomes: &[Outcome], agent: &Agent<'_>, screen: &mut Screen) -> Result<bool> {
    say::step("what was done, and what tlsmon makes of it");
    let mut good = true;
    for expected in [
        Expected::Established,
        Expected::Failed("no-sni-rejected"),
        Expected::Failed("unknown-sni"),
    ] {
        let done = outcomes
            .iter()
            .filter(|outcome| outcome.expected == expected)
            .count();
        let counted = settled(agent, expected, done)?;
        good &= row(
            expected.what(),
            done,
            &format!("{} {counted}", expected.word()),
            same(done, counted),
        );
    }
    screen.show(&agent.stdout());
    for outcome in outcomes {
        good &= agrees(outcome, screen);
    }
    pause(COUNTED)?;
    let lost = agent.metric("tlsmon_lost_total", &[])?;
    Ok(good & row("packets lost", 0, &format!("lost {lost}"), same(0, lost)))
}

/// The counter once it has come to `done`, or as it stands when time is up.
fn settled(agent: &Agent<'_>, expected: Expected, done: usize) -> Result<f64> {
    let read = || match expected {
        Expected::Established => {
            agent.metric("tlsmon_handshakes_total", &["outcome=\"established\""])
        }
        Expected::Failed(cause) => agent.metric(
            "tlsmon_handshake_failures_total",
            &[&format!("cause=\"{cause}\"")],
        ),
    };
    let _ = until("the counter", PATIENCE, || {
        Ok(same(done, read()?).then_some(()))
    });
    read()
}

#[expect(clippy::cast_precision_loss, reason = "a dozen connections")]
fn same(done: usize, counted: f64) -> bool {
    (counted - done as f64).abs() < f64::EPSILON
}

fn row(what: &str, done: usize, counted: &str, good: bool) -> bool {
    let mark = if good { "ok" } else { "WRONG" };
    say::note(format_args!(
        "{what:<46} {done:>2}   tlsmon: {counted:<22} {mark}"
    ));
    good
}

/// Whether tlsmon named this client's cause, or rightly said nothing.
fn agrees(outcome: &Outcome, screen: &Screen) -> bool {
    let said = screen.cause_of(outcome.attempt.port);
    let good = match outcome.expected {
        Expected::Established => said.is_none() && outcome.attempt.ok,
        Expected::Failed(cause) => said.as_deref() == Some(cause) && !outcome.attempt.ok,
    };
    if !good {
        say::note(format_args!(
            "WRONG: {} from port {}: the client said {:?}, tlsmon said {said:?}",
            outcome.attempt.command, outcome.attempt.port, outcome.attempt.said
        ));
    }
    good
}

fn farewell(good: bool) {
    if !good {
        say::line("\ndemo: FAILED: tlsmon and the clients do not agree");
        return;
    }
    say::line("\ndemo: tlsmon named every failure, and nothing else. Where to look next:");
    say::note(
        "target/release/tlsmon explain no-sni-rejected     the cause, how to prove it, how to mend it",
    );
    say::note("target/release/tlsmon doctor                      can this machine run it");
    say::note("sudo target/release/tlsmon run --port 443         this machine's own traffic");
    say::note("target/release/tlsmon replay FILE.pcap            a capture that you have already");
    say::note("cargo xtask test                                  everything, on old kernels too");
    say::note(format_args!(
        "nothing is left behind: the namespaces around {POD} are gone"
    ));
}
