//! `tlsmon explain`: what a cause means, how it looks on the wire, and what to do.

use clap::Args;

use super::{CliError, Exit, Global, markdown, print};
use crate::diagnosis::{Guide, guide};
use crate::filter::CauseParser;
use crate::report::Cause;
use crate::sink::style::Style;

/// Which cause.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The cause, as a report names it; all of them when left out
    #[arg(value_name = "CAUSE", value_parser = CauseParser, hide_possible_values = true)]
    cause: Option<Cause>,
}

pub(super) fn explain(args: &ExplainArgs, global: &Global) -> Result<Exit, CliError> {
    let page = args
        .cause
        .map_or(Guide::OVERVIEW, |cause| guide(cause).page());
    print(&markdown::render(page, style(global)))
}

/// As wide as the terminal, within what is good to read.
fn style(global: &Global) -> Style {
    let stdout = std::io::stdout();
    let width = terminal_size::terminal_size_of(&stdout)
        .map_or(Style::PLAIN.width, |(columns, _)| {
            usize::from(columns.0).clamp(40, 100)
        });
    Style {
        color: global.color.enabled(&stdout),
        width,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    /// Every line of a page that calls tlsmon, without what follows a pipe or a comment.
    fn commands(page: &str) -> impl Iterator<Item = &str> {
        page.split("```").skip(1).step_by(2).flat_map(|block| {
            let ours = |line: &&str| {
                line.trim_start()
                    .trim_start_matches("sudo ")
                    .starts_with("tlsmon ")
            };
            block.lines().filter(ours)
        })
    }

    /// Whether this build has the verb: without live capture there is no `run`.
    fn exists(verb: &str) -> bool {
        cfg!(feature = "live") || Cli::command().find_subcommand(verb).is_some()
    }

    #[test]
    fn every_command_of_ours_in_a_page_is_one_that_exists() {
        let mut seen = 0;
        for cause in Cause::ALL {
            for line in commands(guide(*cause).page()) {
                let command = line.split(['|', '#']).next().unwrap();
                let words = command
                    .split_whitespace()
                    .skip_while(|word| *word != "tlsmon");
                let words: Vec<_> = words.map(|word| word.trim_matches('\'')).collect();
                seen += 1;
                if !exists(words[1]) {
                    continue;
                }
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{cause}: {line}\n{error}");
                }
            }
        }
        assert!(seen >= Cause::ALL.len(), "only {seen} commands");
    }

    #[test]
    fn a_page_and_the_overview_read_well_in_a_terminal() {
        for cause in [Cause::NoSniRejected, Cause::PathMtuBlackhole] {
            let page = markdown::render(guide(cause).page(), Style::PLAIN);
            insta::assert_snapshot!(cause.label(), page);
        }
        insta::assert_snapshot!("overview", markdown::render(Guide::OVERVIEW, Style::PLAIN));
    }

    #[test]
    fn no_mark_of_markdown_is_left_in_a_page() {
        for cause in Cause::ALL {
            let page = markdown::render(guide(*cause).page(), Style::PLAIN);
            for mark in ["**", "](", "```", "\n#"] {
                assert!(!page.contains(mark), "{cause} has {mark:?}");
            }
            let long = page.lines().find(|line| line.chars().count() > 120);
            assert_eq!(long, None, "{cause}");
        }
    }
}
