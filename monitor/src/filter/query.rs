//! The filter as the API takes it: the same words as on the command line, in the query of a URL.

use clap::{Args, Command, FromArgMatches};

use super::{Filter, FilterArgs};

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadQuery(String);

impl Filter {
    /// From the pairs of a query, as in `cause=no-sni-rejected&client=10.0.0.0/8`; `all` needs no value.
    pub fn from_query<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, BadQuery> {
        let arguments = pairs.into_iter().map(|(key, value)| match (key, value) {
            ("all", "" | "true" | "1") => "--all".to_owned(),
            _ => format!("--{key}={value}"),
        });
        // The environment is for the agent's own output.
        let command = FilterArgs::augment_args(Command::new("query"))
            .no_binary_name(true)
            .disable_help_flag(true)
            .mut_args(|argument| argument.env(None::<&'static str>));
        let matches = command.try_get_matches_from(arguments);
        let filter = matches.and_then(|matches| FilterArgs::from_arg_matches(&matches));
        filter.map(Self::from).map_err(|error| in_one_line(&error))
    }
}

/// What clap says is wrong and near to right, without how to use a command line.
fn in_one_line(error: &clap::Error) -> BadQuery {
    let said = error.to_string();
    let is_usage = |text: &&str| text.starts_with("Usage:") || text.starts_with("For more");
    let paragraphs = said.split("\n\n").filter(|text| !is_usage(text));
    let words: Vec<&str> = paragraphs.flat_map(str::split_whitespace).collect();
    let said = words.join(" ");
    BadQuery(said.trim_start_matches("error: ").to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::Cause;
    use crate::sink::example;

    #[test]
    fn the_words_are_those_of_the_command_line() {
        let query = [
            ("cause", "no-sni-rejected,unexplained"),
            ("client", "10.138.0.0/16"),
        ];
        let filter = Filter::from_query(query).unwrap();
        assert_eq!(filter.causes, [Cause::NoSniRejected, Cause::Unexplained]);
        assert!(filter.matches(&example::no_sni()));
        assert!(!filter.matches(&example::established()));
    }

    #[rstest]
    #[case("", "")]
    #[case("all", "")]
    #[case("all", "true")]
    fn nothing_asks_for_failures_and_all_for_everything(#[case] key: &str, #[case] value: &str) {
        let pairs = [(key, value)]
            .into_iter()
            .filter(|(key, _)| !key.is_empty());
        let filter = Filter::from_query(pairs).unwrap();
        assert_eq!(filter.matches(&example::established()), key == "all");
    }

    #[rstest]
    #[case("cause", "no-sni", "no-sni-rejected")]
    #[case("clients", "10.0.0.0/8", "--clients")]
    #[case("help", "", "--help")]
    #[case("client", "ten", "10.0.0.0/8")]
    fn what_is_wrong_is_said(#[case] key: &str, #[case] value: &str, #[case] said: &str) {
        let error = Filter::from_query([(key, value)]).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains('\n'), "{error}");
    }
}
