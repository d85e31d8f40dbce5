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

impl FilterArgs {
    /// The same as the pairs of a query, not yet escaped for a URL.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        fn pairs<T: ToString>(
            key: &'static str,
            values: &[T],
        ) -> impl Iterator<Item = (&'static str, String)> {
            values.iter().map(move |value| (key, value.to_string()))
        }
        let globs = |globs: &[globset::GlobMatcher]| -> Vec<String> {
            let pattern = |glob: &globset::GlobMatcher| glob.glob().glob().to_owned();
            globs.iter().map(pattern).collect()
        };
        let all = self.all.then(|| ("all", "true".to_owned()));
        pairs("cause", &self.cause)
            .chain(pairs("sni", &globs(&self.sni)))
            .chain(pairs("client", &self.client))
            .chain(pairs("server", &self.server))
            .chain(pairs("namespace", &globs(&self.namespace)))
            .chain(pairs("pod", &globs(&self.pod)))
            .chain(pairs("outcome", &self.outcome))
            .chain(all)
            .collect()
    }
}

/// What clap says is wrong and near to right, without how to use a command line.
fn in_one_line(error: &clap::Error) -> BadQuery {
    let said = error.to_string();
    let is_usage = |text: &&str| text.starts_with("Usage:") || text.starts_with("For more");
    let paragraphs = said.split("\n\n").filter(|text| !is_usage(text));
    let words: Vec<&str> = paragraphs.flat_map(str::split_whitespace).collect();
    // Of a URL, its flags are parameters.
    let said = words.join(" ").replace("'--", "'");
    let said = said.replace("argument", "parameter");
    BadQuery(said.trim_start_matches("error: ").to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::Cause;
    use crate::report::example;

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

    #[test]
    fn what_was_asked_on_a_command_line_is_asked_the_same_in_a_query() {
        let command = FilterArgs::augment_args(Command::new("test")).no_binary_name(true);
        let said = [
            "--cause=unexplained,no-sni-rejected",
            "--sni=*.example.com",
            "--client=10.0.0.0/8",
            "--all",
        ];
        let matches = command.try_get_matches_from(said).unwrap();
        let asked = FilterArgs::from_arg_matches(&matches).unwrap().query();
        let pairs: Vec<_> = asked
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("cause", "unexplained"),
                ("cause", "no-sni-rejected"),
                ("sni", "*.example.com"),
                ("client", "10.0.0.0/8"),
                ("all", "true"),
            ]
        );
        assert!(Filter::from_query(pairs).unwrap().all);
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
    #[case("clients", "10.0.0.0/8", "parameter 'clients'")]
    #[case("help", "", "parameter 'help'")]
    #[case("client", "ten", "10.0.0.0/8")]
    fn what_is_wrong_is_said(#[case] key: &str, #[case] value: &str, #[case] said: &str) {
        let error = Filter::from_query([(key, value)]).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains('\n'), "{error}");
    }
}
