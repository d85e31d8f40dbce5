//! The filter as a person types it on the screen: the words of the command line.

use crate::filter::Filter;

/// A line that is being typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    /// What stands there.
    pub(crate) text: String,
    /// What is wrong with it.
    pub(crate) wrong: Option<String>,
}

/// The longest line that is taken.
pub(crate) const MAX_TYPED: usize = 400;

impl Ask {
    /// One more character.
    pub(crate) fn typed(&mut self, character: char) {
        if self.text.len() < MAX_TYPED && !character.is_control() {
            self.text.push(character);
        }
        self.wrong = None;
    }

    /// The last character goes.
    pub(crate) fn erase(&mut self) {
        self.text.pop();
        self.wrong = None;
    }
}

/// Reads a filter: `--cause a,b --client 10.0.0.0/8`, dashes or not, `=` or a space between a word and its value.
pub(crate) fn filter(text: &str) -> Result<Filter, String> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let word = word.trim_start_matches('-');
        if let Some(pair) = word.split_once('=') {
            pairs.push(pair);
        } else if word == "all" {
            pairs.push((word, ""));
        } else {
            let value = words.next().unwrap_or_default();
            pairs.push((word, value.trim_matches(['\'', '"'])));
        }
    }
    Filter::from_query(pairs).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::Cause;

    #[rstest]
    #[case("--cause no-sni-rejected --client 10.0.0.0/8")]
    #[case("--cause=no-sni-rejected --client=10.0.0.0/8")]
    #[case("cause=no-sni-rejected client 10.0.0.0/8")]
    #[case("  --cause 'no-sni-rejected'   --client \"10.0.0.0/8\" ")]
    fn a_filter_is_written_as_on_the_command_line(#[case] text: &str) {
        let filter = filter(text).unwrap();
        assert_eq!(filter.causes, [Cause::NoSniRejected]);
        assert_eq!(filter.client.len(), 1);
        assert!(!filter.all);
    }

    #[rstest]
    #[case("--cause no-sni", "no-sni-rejected")]
    #[case("nonsense", "nonsense")]
    #[case("--client", "10.0.0.0/8")]
    fn what_is_wrong_is_said(#[case] text: &str, #[case] said: &str) {
        let wrong = filter(text).unwrap_err();
        assert!(wrong.contains(said), "{wrong}");
    }

    #[test]
    fn nothing_is_failures_and_all_is_everything() {
        assert!(!filter("").unwrap().all);
        assert!(filter("--all").unwrap().all);
    }
}
