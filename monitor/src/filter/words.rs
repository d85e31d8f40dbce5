//! A filter in the words of the command line.

use std::fmt::Display;

use super::Filter;

impl Filter {
    /// `--cause no-sni-rejected,unknown-sni --client 10.0.0.0/8`: empty where any failure fits. `--all` is not among the words.
    pub(crate) fn in_words(&self) -> String {
        let globs =
            |globs: &[globset::GlobMatcher]| list(globs.iter().map(globset::GlobMatcher::glob));
        let parts = [
            ("cause", list(self.causes.iter().map(|cause| cause.label()))),
            ("sni", globs(&self.sni)),
            ("client", list(&self.client)),
            ("server", list(&self.server)),
            ("namespace", globs(&self.namespaces)),
            ("pod", globs(&self.pods)),
            (
                "outcome",
                list(self.outcomes.iter().map(|outcome| outcome.label())),
            ),
        ];
        let parts = parts.iter().filter(|(_, values)| !values.is_empty());
        let words: Vec<_> = parts
            .map(|(name, values)| format!("--{name} {values}"))
            .collect();
        words.join(" ")
    }
}

fn list<T: Display>(values: impl IntoIterator<Item = T>) -> String {
    let values = values.into_iter().map(|value| value.to_string());
    values.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_that_would_ask_for_the_same() {
        let pairs = [
            ("cause", "no-sni-rejected,unknown-sni"),
            ("sni", "*.example.com"),
            ("client", "10.0.0.0/8,fd00::/8"),
            ("server", "192.0.2.1/32"),
            ("namespace", "apigee"),
            ("pod", "web-*"),
            ("outcome", "failed,not_tls"),
        ];
        let words: Vec<_> = pairs
            .iter()
            .map(|(name, values)| format!("--{name} {values}"))
            .collect();
        let filter = Filter::from_query(pairs).unwrap();
        assert_eq!(filter.in_words(), words.join(" "));
        assert_eq!(Filter::default().in_words(), "");
    }
}
