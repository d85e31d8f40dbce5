//! The clients that a table can name: which words each knows, and the command that is one.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::certificates::{Certificates, Files, NAME};
use super::table::Run;
use crate::paths;

mod scripts;
mod tools;

/// Whom to call, and with what.
pub(super) struct Call<'a> {
    pub(super) address: &'a str,
    pub(super) port: u16,
    pub(super) certificates: &'a Certificates,
    pub(super) run: &'a Run,
}

/// One implementation.
pub(super) struct Kind {
    name: &'static str,
    knows: &'static [&'static str],
    command: fn(&Call<'_>) -> Result<Command>,
    /// What it is told on stdin, for those that send that to the server.
    pub(super) says: &'static str,
}

/// What all of them know. `name` is shop.example unless said, `none` for no server_name; `trust=no` takes any certificate;
/// `certificate` is the client's own; `reports` is how many handshakes there are to be, 1 unless said; `limit` is the most
/// seconds that it may take; `long=yes` makes its hello longer than a segment.
const COMMON: &[&str] = &["name", "certificate", "alpn", "long", "reports", "limit"];

const REQUEST: &str = "GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n";

const KINDS: [Kind; 9] = [
    Kind {
        name: "openssl",
        knows: &["ciphers", "suites", "groups", "trust"],
        command: tools::openssl,
        says: REQUEST,
    },
    Kind {
        name: "curl",
        knows: &["ciphers", "suites", "groups", "trust", "max-time"],
        command: tools::curl,
        says: "",
    },
    Kind {
        name: "gnutls",
        knows: &["priority", "trust"],
        command: tools::gnutls,
        says: REQUEST,
    },
    Kind {
        name: "python",
        knows: &["ciphers", "do"],
        command: scripts::python,
        says: "",
    },
    Kind {
        name: "node",
        knows: &["ciphers", "groups", "do"],
        command: scripts::node,
        says: "",
    },
    Kind {
        name: "go",
        knows: &["groups", "do", "trust", "ech"],
        command: scripts::go,
        says: "",
    },
    Kind {
        name: "rustls",
        knows: &["do", "ech"],
        command: scripts::rustls,
        says: "",
    },
    Kind {
        name: "java",
        knows: &[],
        command: scripts::java,
        says: "",
    },
    Kind {
        name: "raw",
        knows: &["do", "after", "patience", "text", "from", "ttl"],
        command: scripts::raw,
        says: "",
    },
];

/// The implementation of that name.
pub(super) fn kind(name: &str) -> Result<&'static Kind> {
    let names = || KINDS.map(|kind| kind.name).join(", ");
    let found = KINDS.iter().find(|kind| kind.name == name);
    found.with_context(|| format!("no client is called {name}; there are {}", names()))
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
    pub(super) fn check(&self, run: &Run) -> Result<()> {
        run.words.check(self.name, &[COMMON, self.knows].concat())
    }

    /// The command that calls so.
    pub(super) fn command(&self, call: &Call<'_>) -> Result<Command> {
        self.check(call.run)?;
        (self.command)(call)
    }
}

impl Call<'_> {
    /// The server_name, unless there is to be none.
    fn name(&self) -> Option<&str> {
        Some(self.run.words.or("name", NAME)).filter(|name| *name != "none")
    }

    /// Application protocols, between commas; a great many to make the hello long.
    fn alpn(&self) -> Option<String> {
        const MANY: usize = 120;
        if self.run.words.get("long").is_some() {
            let names = (0..MANY).map(|number| format!("protocol-{number:03}"));
            return Some(names.collect::<Vec<_>>().join(","));
        }
        self.run.words.get("alpn").map(str::to_owned)
    }

    fn trusts_all(&self) -> bool {
        self.run.words.get("trust") == Some("no")
    }

    /// The client's own certificate.
    fn own(&self) -> Option<Files> {
        let name = self.run.words.get("certificate")?;
        Some(self.certificates.files(name))
    }

    fn version(&self) -> Option<&str> {
        self.run.version.as_deref()
    }

    /// What OpenSSL needs to be told to speak versions of old.
    fn ciphers(&self) -> Option<&str> {
        let old = self.version().is_some_and(|version| version < "1.2");
        self.run
            .words
            .get("ciphers")
            .or_else(|| old.then_some("DEFAULT:@SECLEVEL=0"))
    }
}

/// A program beside this file.
fn script(name: &str) -> PathBuf {
    paths::root().join("xtask/src/scenarios/client").join(name)
}
