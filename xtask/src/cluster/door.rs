//! The API beyond the node, as `deploy/components/api` offers it: behind TLS and a token.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

use super::SOON;
use super::node::{ADDRESS, Node};
use crate::lab::{Pki, until};
use crate::say;

/// What lets one in.
const TOKEN: &str = "a-token-of-the-laboratory-that-is-long-enough";

/// The API's Secret, and what it takes to be let in.
pub(super) struct Door(Pki);

impl Door {
    /// Keeps the Secret in the cluster, for pods that come after.
    pub(super) fn make(node: &Node) -> Result<Self> {
        let pki = Pki::create(&[ADDRESS])?;
        let token = pki.folder().join("token");
        fs::write(&token, TOKEN)?;
        let files = [
            ("tls.crt", pki.certificate(ADDRESS)),
            ("tls.key", pki.key(ADDRESS)),
            ("token", token),
        ];
        let files = files.map(|(key, file)| format!("--from-file={key}={}", file.display()));
        let files = files.each_ref().map(String::as_str);
        let secret = ["--namespace=tlsmon", "create", "secret", "generic"];
        node.kubectl(&[&secret[..], &["tlsmon-api"], &files].concat())?;
        Ok(Self(pki))
    }

    /// Whoever has the token is answered, and nobody else.
    pub(super) fn opens(&self, node: &Node) -> Result<()> {
        until("the API beyond the node", SOON, || {
            let answered = self.asked(node, TOKEN);
            Ok((answered.ok().as_deref() == Some("200")).then_some(()))
        })?;
        let refused = self.asked(node, "another")?;
        ensure!(refused == "401", "another token is answered {refused}");
        say::note(format_args!(
            "https://{ADDRESS}:9470/api/v1/summary: 200 with the token, {refused} with another"
        ));
        Ok(())
    }

    /// The status of the answer.
    fn asked(&self, node: &Node, token: &str) -> Result<String> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--output", "/dev/null"]);
        curl.args(["--write-out", "%{http_code}", "--max-time", "10"]);
        curl.arg("--cacert").arg(self.0.authority());
        curl.args(["--header", &format!("Authorization: Bearer {token}")]);
        let url = format!("https://{ADDRESS}:9470/api/v1/summary");
        node.namespace().output(curl.arg(url))
    }
}
