//! `-h` fits a screen, `--help` teaches with examples.

use std::ffi::OsString;

use clap::{Arg, Command};

/// Lines and columns of the smallest terminal that is still around.
pub(super) const LINES: usize = 24;
const COLUMNS: usize = 80;

/// The last line of `-h` where something was left out for it to fit.
const MORE: &str = "--help says more: every setting, its environment name, and examples";

/// What `--help` ends with, for each verb.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "run",
        "\
Examples:
  # failures on the interfaces of the default routes, port 443
  sudo tlsmon run

  # those of one client, with the time of every step, for programs
  sudo tlsmon run --client 10.138.0.28 --output json

  # a gateway whose pods listen on 8443, with the pods' own interfaces
  sudo tlsmon run --interface uplink,pods --port 443,8443

  # only clients without SNI, and names below a domain
  sudo tlsmon run --cause no-sni-rejected
  sudo tlsmon run --sni '*.example.com' --all

\"tlsmon explain CAUSE\" says what a cause means and what to do; docs/runbooks has the way from a
complaint to the fix.",
    ),
    (
        "replay",
        "\
Examples:
  # failures in a capture, and a table of all handshakes on stderr
  tlsmon replay node.pcapng.zst

  # straight from tcpdump, as it happens (-U: each packet at once)
  sudo tcpdump -U -i any -w - port 443 | tlsmon replay -

  # everything, as JSON
  tlsmon replay --all --output json node.pcap | jq -c '[.time, .client.address, .outcome, .cause]'

  # in a test: status 1 when a handshake failed
  tlsmon replay --fail node.pcap",
    ),
    (
        "triage",
        "\
Examples:
  # what the agent on this host sees, live; other agents; all of the cluster
  tlsmon triage
  tlsmon triage --connect 127.0.0.1:9469,unix:/run/tlsmon.sock
  tlsmon triage --cluster

  # what failed in a capture, grouped by why; of some clients only
  tlsmon triage incident.pcapng
  tlsmon triage incident.pcapng --client 10.1.0.0/16

  # the same in lines, for a screen reader or a pipe
  tlsmon triage incident.pcapng --plain

Arrows and Enter look closer, e opens the page of the cause, / filters, ? lists all keys. See
docs/triage.md.",
    ),
    (
        "probe",
        "\
Examples:
  # what the server answers: with its name, without, in each version, with few suites
  tlsmon probe shop.example

  # the gateway behind a load balancer, by its address
  tlsmon probe shop.example --connect-to 10.4.2.7:8443

  # repeat the hello of a handshake that failed, then with the one change that its cause suggests
  tlsmon probe --like 3f61c2a09b7d4e15 --from handshakes.json

It opens at most 18 connections, one after the other, sends one ClientHello on each, and completes
no handshake. See docs/probe.md.",
    ),
    (
        "explain",
        "\
Examples:
  # all causes, a sentence each
  tlsmon explain

  # one of them: how it looks on the wire, what is behind it, how to confirm and mend it
  tlsmon explain no-sni-rejected",
    ),
    (
        "doctor",
        "\
Examples:
  # what is missing on this host, and what to do about it
  sudo tlsmon doctor",
    ),
    (
        "generate",
        "\
Examples:
  # completions: bash, zsh, fish
  tlsmon generate completions bash > /etc/bash_completion.d/tlsmon
  tlsmon generate completions zsh > ~/.zfunc/_tlsmon
  tlsmon generate completions fish > ~/.config/fish/completions/tlsmon.fish

  # the manual, and the page of a verb
  tlsmon generate man > /usr/local/share/man/man1/tlsmon.1
  tlsmon generate man run > /usr/local/share/man/man1/tlsmon-run.1

  # every setting with its default and its meaning
  tlsmon generate config > tlsmon.toml",
    ),
];

/// Adds the examples to the verbs.
pub(super) fn with_examples(mut command: Command) -> Command {
    for (verb, examples) in EXAMPLES {
        if command.find_subcommand(verb).is_some() {
            command = command.mut_subcommand(verb, |sub| sub.after_long_help(*examples));
        }
    }
    command
}

/// Makes the help that `-h` asks for fit; leaves the command alone when nobody asks.
pub(super) fn fitting(command: Command, args: &[OsString]) -> Command {
    if !args.iter().any(|arg| arg == "-h") {
        return command;
    }
    let is_verb = |arg: &&OsString| {
        arg.to_str()
            .is_some_and(|arg| command.find_subcommand(arg).is_some())
    };
    let verb = args
        .iter()
        .find(is_verb)
        .and_then(|arg| arg.to_str())
        .map(str::to_owned);
    fit(command, verb.as_deref())
}

/// Leaves out settings, from the last on, until what is left fits a screen.
fn fit(command: Command, verb: Option<&str>) -> Command {
    let mut command = brief(command.term_width(COLUMNS), verb);
    if lines(&command, verb) <= LINES {
        return command;
    }
    command = change(command, verb, |one| {
        let said = one.get_after_help().map(ToString::to_string);
        let said = said.map_or_else(String::new, |said| format!("{said}\n"));
        one.after_help(format!("{said}{MORE}"))
    });
    for (id, is_global) in hideable(&command, verb) {
        if lines(&command, verb) <= LINES {
            break;
        }
        let whose = verb.filter(|_| !is_global);
        command = change(command, whose, |one| {
            one.mut_arg(id, |arg| arg.hide_short_help(true))
        });
    }
    command
}

/// Without environment names, values and defaults: a setting is a line.
fn brief(command: Command, verb: Option<&str>) -> Command {
    let brief = |arg: Arg| {
        let arg = arg.hide_env(true);
        if arg.get_action().takes_values() {
            arg.hide_possible_values(true).hide_default_value(true)
        } else {
            arg
        }
    };
    let command = command.mut_args(brief);
    match verb {
        Some(verb) => command.mut_subcommand(verb, |sub| sub.mut_args(brief)),
        None => command,
    }
}

fn change(
    command: Command,
    verb: Option<&str>,
    change: impl FnOnce(Command) -> Command,
) -> Command {
    match verb {
        Some(verb) => command.mut_subcommand(verb, change),
        None => change(command),
    }
}

/// Settings in the order in which they are given up: those that all verbs share, then those of the verb from the last on.
fn hideable(command: &Command, verb: Option<&str>) -> Vec<(clap::Id, bool)> {
    let options = |one: &Command| {
        one.get_arguments()
            .filter(|arg| !arg.is_positional())
            .map(|arg| arg.get_id().clone())
            .collect::<Vec<_>>()
    };
    let own = verb
        .and_then(|verb| command.find_subcommand(verb))
        .map(options)
        .unwrap_or_default();
    let shared = options(command).into_iter().map(|id| (id, true));
    shared
        .chain(own.into_iter().rev().map(|id| (id, false)))
        .collect()
}

/// How many lines the short help takes.
fn lines(command: &Command, verb: Option<&str>) -> usize {
    let mut command = command.clone();
    command.build();
    let shown = match verb {
        Some(verb) => command.find_subcommand_mut(verb).map(Command::render_help),
        None => Some(command.render_help()),
    };
    shown.map_or(0, |help| help.to_string().lines().count())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_example_is_a_command_that_exists() {
        let command = Cli::command();
        let mut seen = 0;
        for (verb, examples) in EXAMPLES {
            for line in examples
                .lines()
                .filter_map(|line| line.split_once("tlsmon "))
            {
                let words = line.1.split(['|', '>', '"']).next().unwrap();
                let words: Vec<_> = words
                    .split_whitespace()
                    .map(|word| word.trim_matches('\''))
                    .collect();
                if line.0.contains('"') || command.find_subcommand(words[0]).is_none() {
                    continue;
                }
                seen += 1;
                let parsed = Cli::try_parse_from(["tlsmon"].into_iter().chain(words));
                assert!(parsed.is_ok(), "{verb}: {line:?}: {parsed:?}");
            }
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn every_verb_has_examples() {
        for sub in with_examples(Cli::command()).get_subcommands() {
            let said = sub.get_after_long_help().or_else(|| sub.get_after_help());
            let said = said.map(ToString::to_string);
            assert!(
                said.is_some_and(|said| said.contains("tlsmon ")),
                "{}",
                sub.get_name()
            );
        }
    }
}
