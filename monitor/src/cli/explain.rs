//! `tlsmon explain`: what a cause means, how it looks on the wire, and what to do.

use std::fmt::Write as _;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::{CliError, Exit, print};
use crate::diagnosis::guide;
use crate::report::Cause;

/// Which cause.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// The cause, as a report names it; all of them when left out
    #[arg(value_name = "CAUSE", value_parser = PossibleValuesParser::new(Cause::LABELS).try_map(|word| word.parse::<Cause>()), hide_possible_values = true)]
    cause: Option<Cause>,
}

pub(super) fn explain(args: &ExplainArgs) -> Result<Exit, CliError> {
    print(&args.cause.map_or_else(overview, page))
}

fn overview() -> String {
    let mut text = String::new();
    for cause in Cause::ALL {
        let _ = writeln!(
            text,
            "{:<30} {}",
            cause.label(),
            first_sentence(guide(*cause).meaning)
        );
    }
    text
}

fn page(cause: Cause) -> String {
    let guide = guide(cause);
    format!(
        "{cause}\n\n{}\n\nOn the wire: {}\n\nNext: {}\n",
        guide.meaning, guide.wire, guide.next
    )
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ")
        .map_or(text, |(first, _)| first)
        .trim_end_matches('.')
}
