//! The servers that a table can name: which words each knows, and the command that starts it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::certificates::{Certificates, Files};
use super::words::Words;
use crate::paths;

mod envoy;
mod haproxy;
mod nginx;
mod scripts;
mod tools;

/// Where a server is to listen, and what it may use.
pub(super) struct Site<'a> {
    pub(super) address: String,
    pub(super) port: u16,
    /// For its configuration and what it writes.
    pub(super) folder: &'a Path,
    pub(super) certificates: &'a Certificates,
    pub(super) words: &'a Words,
}

/// One implementation.
pub(super) struct Kind {
    name: &'static str,
    knows: &'static [&'static str],
    /// None where nobody is to listen.
    command: fn(&Site<'_>) -> Result<Option<Command>>,
    /// It listens on every address of its host, so it needs a port of its own.
    pub(super) takes_all_addresses: bool,
}

/// What most of them know. `certificate` is one of certificates.rs; `versions` is `1.2`, or `1.2-1.3`; `names=only` serves
/// shop.example alone; `clients=required` asks for a certificate.
const COMMON: &[&str] = &["certificate", "versions", "alpn", "clients"];

const KINDS: [Kind; 10] = [
    Kind {
        name: "envoy",
        knows: &["names", "ciphers", "groups"],
        command: envoy::command,
        takes_all_addresses: false,
    },
    Kind {
        name: "nginx",
        knows: &["names", "ciphers", "suites", "groups"],
        command: nginx::command,
        takes_all_addresses: false,
    },
    Kind {
        name: "haproxy",
        knows: &["names", "ciphers", "suites", "groups", "tcp"],
        command: haproxy::command,
        takes_all_addresses: false,
    },
    Kind {
        name: "openssl",
        knows: &["names", "ciphers", "suites", "groups"],
        command: tools::openssl,
        takes_all_addresses: false,
    },
    Kind {
        name: "gnutls",
        knows: &["names", "priority"],
        command: tools::gnutls,
        takes_all_addresses: true,
    },
    Kind {
        name: "python",
        knows: &["names", "ciphers", "fault"],
        command: scripts::python,
        takes_all_addresses: false,
    },
    Kind {
        name: "node",
        knows: &["names", "ciphers", "groups", "fault"],
        command: scripts::node,
        takes_all_addresses: false,
    },
    Kind {
        name: "go",
        knows: &["names", "groups", "fault", "ech"],
        command: scripts::go,
        takes_all_addresses: false,
    },
    Kind {
        name: "raw",
        knows: &["fault", "ttl"],
        command: scripts::raw,
        takes_all_addresses: false,
    },
    Kind {
        name: "nobody",
        knows: &[],
        command: |_site| Ok(None),
        takes_all_addresses: false,
    },
];

/// The implementation of that name.
pub(super) fn kind(name: &str) -> Result<&'static Kind> {
    let names = || KINDS.map(|kind| kind.name).join(", ");
    let found = KINDS.iter().find(|kind| kind.name == name);
    found.with_context(|| format!("no server is called {name}; there are {}", names()))
}

/// Every name and word that a table may use.
#[cfg(test)]
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    let words = KINDS.iter().flat_map(|kind| kind.knows);
    let names = KINDS.iter().map(|kind| kind.name);
    names.chain(words.copied()).chain(COMMON.iter().copied())
}

impl Kind {
    /// Fails on a word that it does not know.
    pub(super) fn check(&self, words: &Words) -> Result<()> {
        words.check(self.name, &[COMMON, self.knows].concat())
    }

    /// The command that serves so.
    pub(super) fn command(&self, site: &Site<'_>) -> Result<Option<Command>> {
        self.check(site.words)?;
        (self.command)(site)
    }
}

impl Site<'_> {
    fn files(&self) -> Files {
        self.certificates
            .files(self.words.or("certificate", "good"))
    }

    /// Lowest and highest version.
    fn versions(&self) -> (&str, &str) {
        let versions = self.words.or("versions", "1.2-1.3");
        versions.split_once('-').unwrap_or((versions, versions))
    }

    /// All versions from the lowest to the highest.
    fn each_version(&self) -> Vec<&'static str> {
        let (from, to) = self.versions();
        let all = ["1.0", "1.1", "1.2", "1.3"].into_iter();
        all.filter(|version| (from..=to).contains(version))
            .collect()
    }

    fn names_only(&self) -> bool {
        self.words.get("names").is_some()
    }

    fn asks_clients(&self) -> bool {
        self.words.get("clients").is_some()
    }

    /// What OpenSSL needs to be told to speak versions of old.
    fn ciphers(&self) -> Option<&str> {
        let old = self.versions().0 < "1.2";
        self.words
            .get("ciphers")
            .or_else(|| old.then_some("DEFAULT:@SECLEVEL=0"))
    }

    /// Writes a configuration file.
    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.folder.join(name);
        std::fs::write(&file, text)?;
        Ok(file)
    }

    /// A template of a configuration, filled in.
    fn filled(&self, template: &str) -> String {
        let files = self.files();
        [
            ("ADDRESS", self.address.clone()),
            ("PORT", self.port.to_string()),
            ("FOLDER", self.folder.display().to_string()),
            (
                "AUTHORITY",
                self.certificates.authority().display().to_string(),
            ),
            ("CHAIN", files.chain.display().to_string()),
            ("KEY", files.key.display().to_string()),
            ("BOTH", files.both.display().to_string()),
            ("NAME", super::certificates::NAME.to_owned()),
        ]
        .iter()
        .fold(template.to_owned(), |text, (word, value)| {
            text.replace(word, value)
        })
    }
}

/// A program beside this file.
fn script(name: &str) -> PathBuf {
    paths::root().join("xtask/src/scenarios/server").join(name)
}
