//! The `key=value` words behind a server's or a client's name.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result, bail};

/// Words by key. A value holds no blank; one that needs a blank writes `\x20`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Words(BTreeMap<String, String>);

impl Words {
    /// Reads `key=value key=value`.
    pub(super) fn read<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self> {
        let mut all = BTreeMap::new();
        for word in words {
            let (key, value) = word
                .split_once('=')
                .with_context(|| format!("{word:?} is not key=value"))?;
            if all.insert(key.to_owned(), value.to_owned()).is_some() {
                bail!("{key} is said twice");
            }
        }
        Ok(Self(all))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The value of a key, else another.
    pub(super) fn or<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.get(key).unwrap_or(default)
    }

    /// Fails on the first key that is not among those known.
    pub(super) fn check(&self, who: &str, known: &[&str]) -> Result<()> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => bail!("{who} knows no {key}; it knows {}", known.join(", ")),
            None => Ok(()),
        }
    }

    /// The words for a program that takes them as they are.
    pub(super) fn pass(&self, keys: &[&str]) -> Vec<String> {
        let wanted = |key: &&str| self.get(key).map(|value| format!("{key}={value}"));
        keys.iter().filter_map(wanted).collect()
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.0 {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}
