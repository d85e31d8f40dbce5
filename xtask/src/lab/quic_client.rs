//! A QUIC client: aioquic, driven by a few lines of Python.

use std::process::Command;

use anyhow::Result;

use super::client::timed;
use super::{Attempt, Network, POD, Pki};
use crate::setup;

/// A handshake over QUIC with the pod's port 443.
#[derive(Clone, Debug)]
pub struct QuicClient<'a> {
    name: &'a str,
    authority: Option<&'a std::path::Path>,
    arguments: Vec<&'a str>,
}

impl<'a> QuicClient<'a> {
    /// To a name.
    pub fn to(name: &'a str) -> Self {
        Self {
            name,
            authority: None,
            arguments: Vec::new(),
        }
    }

    /// More arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&'a str]) -> Self {
        self.arguments.extend_from_slice(arguments);
        self
    }

    /// Trusts another authority than the lab's.
    #[must_use]
    pub fn trusting(self, authority: &'a std::path::Path) -> Self {
        Self {
            authority: Some(authority),
            ..self
        }
    }

    /// Runs it; it ends when the connection is closed, or after the time that its arguments allow.
    pub fn run(&self, network: &Network, pki: &Pki) -> Result<Attempt> {
        let port = network.port();
        let mut command = Command::new(setup::python_with_aioquic());
        command
            .args(["-c", include_str!("quic_client.py"), &POD.to_string()])
            .args(["--local-port", &port.to_string(), "--name", self.name])
            .args(&self.arguments)
            .arg("--ca");
        match self.authority {
            Some(authority) => command.arg(authority),
            None => command.arg(pki.authority()),
        };
        let (output, lasted) = timed(network, &mut command)?;
        let said = [output.stdout, output.stderr].concat();
        Ok(Attempt {
            port,
            command: format!("quic {} {}", self.name, self.arguments.join(" ")),
            ok: output.status.success(),
            said: String::from_utf8_lossy(&said).trim().to_owned(),
            lasted,
        })
    }
}
