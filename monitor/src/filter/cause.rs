//! A cause as people type it. One that does not exist is answered with those that come near.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

use crate::report::Cause;

/// Reads the name of a cause from the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CauseParser;

impl TypedValueParser for CauseParser {
    type Value = Cause;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Cause, Error> {
        let word = value.to_string_lossy();
        word.parse()
            .map_err(|_no_cause| unknown(command, arg, &word))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Cause::LABELS.iter().map(PossibleValue::new)))
    }
}

fn unknown(command: &Command, arg: Option<&Arg>, word: &str) -> Error {
    let mut error = Error::new(ErrorKind::InvalidValue).with_cmd(command);
    let name = arg.map_or_else(|| "CAUSE".to_owned(), ToString::to_string);
    error.insert(ContextKind::InvalidArg, ContextValue::String(name));
    error.insert(
        ContextKind::InvalidValue,
        ContextValue::String(word.to_owned()),
    );
    let all = "\"tlsmon explain\" lists all causes".into();
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![all]));
    let near = near(word);
    if !near.is_empty() {
        let near = near.into_iter().map(ToOwned::to_owned).collect();
        error.insert(ContextKind::SuggestedValue, ContextValue::Strings(near));
    }
    error
}

/// The causes that this may have meant, the nearest first: those that have it as a part, else those that are spelled alike.
fn near(word: &str) -> Vec<&'static str> {
    const ALIKE: f64 = 0.75;
    let word = word.to_lowercase().replace(['_', ' '], "-");
    let has_it = |label: &&str| !word.is_empty() && label.contains(&word);
    let parts: Vec<_> = Cause::LABELS.iter().copied().filter(has_it).collect();
    if !parts.is_empty() {
        return parts;
    }
    let mut alike: Vec<_> = Cause::LABELS
        .iter()
        .map(|label| (strsim::jaro(&word, label), *label))
        .filter(|(score, _)| *score > ALIKE)
        .collect();
    alike.sort_by(|one, other| other.0.total_cmp(&one.0));
    alike.into_iter().take(3).map(|(_, label)| label).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_slip("no-sni-rejectd", &["no-sni-rejected"])]
    #[case::a_part("expired", &["certificate-expired"])]
    #[case::a_part_of_several("sni", &["no-sni-rejected", "unknown-sni"])]
    #[case::as_a_program_would_write_it("UNKNOWN_SNI", &["unknown-sni"])]
    #[case::nothing_near("coffee", &[])]
    #[case::nothing("", &[])]
    fn a_name_that_does_not_exist_is_answered_with_the_near_ones(
        #[case] word: &str,
        #[case] expected: &[&str],
    ) {
        assert_eq!(near(word).get(..expected.len()), Some(expected));
        assert_eq!(near(word).is_empty(), expected.is_empty());
    }
}
