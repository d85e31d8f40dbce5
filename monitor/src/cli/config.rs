//! The configuration file: every flag of `run` and `replay` by its long name, and those of `triage`, `probe` and `doctor` that are habits.
//!
//! The file's values become the flags' defaults, so that the order is file, then environment, then command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::OsStr;
use clap::{Arg, Command};

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("cannot read the configuration {path}")]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A name that is no setting.
    #[error("the configuration {path} sets {key:?}, which is not a setting")]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },
    /// A value that no setting can have.
    #[error(
        "the configuration {path} gives {key:?} a value that is no text, number, yes-or-no or list of these"
    )]
    OddValue {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub(crate) const HELP: &str = "\"tlsmon generate config\" prints a file with every setting";
}

/// Verbs whose flags the file may set.
pub(super) const CONFIGURED: &[&str] = &["run", "replay", "triage", "probe", "doctor"];

/// Flags that make no sense in a file.
const NOT_IN_FILE: &[&str] = &["config", "help", "version", "verbose"];

/// Flags of `probe` that are about one probe; `sni` in the file is a filter.
const OF_ONE_PROBE: &[&str] = &["sni", "connect-to", "like", "from"];

/// Flags that say what is looked at this time.
const OF_ONE_LOOK: &[&str] = &["cluster"];

/// Whether the file may set this flag of this verb.
pub(super) fn is_setting(verb: &str, key: &str) -> bool {
    let of_one_time = match verb {
        "probe" => OF_ONE_PROBE,
        "triage" => OF_ONE_LOOK,
        _ => &[],
    };
    !of_one_time.contains(&key) && !NOT_IN_FILE.contains(&key)
}

/// Gives the flags the file's values as defaults, if the command line or the environment names a file.
pub(super) fn with_file_defaults(
    command: Command,
    args: &[OsString],
) -> Result<Command, ConfigError> {
    match named_file(&command, args) {
        Some(path) => with_defaults(command, &path),
        None => Ok(command),
    }
}

fn named_file(command: &Command, args: &[OsString]) -> Option<PathBuf> {
    let matches = command
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(args)
        .ok()?;
    let named = |matches: &clap::ArgMatches| {
        matches
            .try_get_one::<PathBuf>("config")
            .ok()
            .flatten()
            .cloned()
    };
    named(&matches).or_else(|| matches.subcommand().and_then(|(_, matches)| named(matches)))
}

pub(super) fn with_defaults(mut command: Command, path: &Path) -> Result<Command, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let table: toml::Table = text.parse().map_err(|source| ConfigError::NotToml {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    for (key, value) in table {
        let values = words(&value).ok_or_else(|| ConfigError::OddValue {
            path: path.to_owned(),
            key: key.clone(),
        })?;
        command = set_default(command, &key, &values).ok_or_else(|| ConfigError::UnknownKey {
            path: path.to_owned(),
            key,
        })?;
    }
    Ok(command)
}

/// A TOML value as the command line would have it.
fn words(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Float(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(yes) => Some(vec![yes.to_string()]),
        toml::Value::Array(items) => items.iter().map(|item| words(item)?.pop()).collect(),
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// Sets the default wherever a flag has this name; none if it is nowhere.
fn set_default(mut command: Command, key: &str, values: &[String]) -> Option<Command> {
    let mut known = false;
    let of = |command: &Command| {
        let is_key = |arg: &&Arg| arg.get_long() == Some(key);
        let mut settings = command
            .get_arguments()
            .filter(|_| is_setting(command.get_name(), key));
        settings.find(is_key).map(|arg| arg.get_id().clone())
    };
    if let Some(id) = of(&command) {
        command = command.mut_arg(id, |arg| default(arg, values));
        known = true;
    }
    for verb in CONFIGURED {
        let Some(id) = command.find_subcommand(verb).and_then(of) else {
            continue;
        };
        command = command.mut_subcommand(*verb, |sub| sub.mut_arg(id, |arg| default(arg, values)));
        known = true;
    }
    known.then_some(command)
}

fn default(arg: Arg, values: &[String]) -> Arg {
    arg.default_values(
        values
            .iter()
            .map(|value| OsStr::from(value.clone()))
            .collect::<Vec<_>>(),
    )
}
