//! A handshake, as a line of `tlsmon/v1` tells it.
//!
//! Every source speaks the same JSON, one that may be of another version: what is not known is kept as its text.

mod end;
mod line;

use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::Value;

use crate::filter::Told;
use crate::frame::Timestamp;
use crate::report::{Cause, Outcome};

pub(crate) use end::End;
pub(crate) use line::{MAX_LINE, Said, line, read};

/// A handshake that can be shown.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The same in every report of this handshake.
    pub(crate) id: String,
    /// When its connection was first seen.
    pub(crate) time: Timestamp,
    /// Which source told of it.
    pub(crate) source: super::news::SourceId,
    /// Who watched.
    pub(crate) node: Option<String>,
    /// Who opened the connection.
    pub(crate) client: End,
    /// Whom a proxy speaks for.
    pub(crate) proxied: Option<SocketAddr>,
    /// Who was asked.
    pub(crate) server: End,
    /// The name that the client asked for.
    pub(crate) sni: Option<String>,
    /// What became of it; none when the word is not known.
    pub(crate) outcome: Option<Outcome>,
    /// How far it came.
    pub(crate) stage: String,
    /// Who ended it and how.
    pub(crate) ended: Ended,
    /// What is said of it now.
    pub(crate) verdict: Verdict,
    /// What was said before, where that was revised.
    pub(crate) before: Option<String>,
    /// The version and suite that were negotiated.
    pub(crate) negotiated: Option<String>,
    /// The whole line.
    raw: Box<str>,
}

/// Why it failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Verdict {
    /// The word.
    pub(crate) cause: Option<String>,
    /// How sure it is.
    pub(crate) confidence: Option<String>,
    /// What it rests on.
    pub(crate) evidence: Vec<String>,
    /// What to do.
    pub(crate) next: Option<String>,
}

/// A verdict that was changed.
#[derive(Debug)]
pub(crate) struct Revised {
    /// Of which handshake.
    pub(crate) id: String,
    /// What is said now.
    pub(crate) verdict: Verdict,
    /// What was said before.
    pub(crate) before: String,
}

/// Who ended it and how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ended {
    /// Who.
    pub(crate) by: String,
    /// How.
    pub(crate) how: String,
    /// Milliseconds after the ClientHello, else after the SYN.
    pub(crate) after_ms: Option<f64>,
}

impl Record {
    /// Whether this is a failure, by the rule of reports.
    pub(crate) fn is_failure(&self) -> bool {
        match self.outcome {
            Some(Outcome::Failed) => true,
            Some(Outcome::NotTls) => self.verdict.cause.is_some(),
            _ => false,
        }
    }

    /// The word that stands for its end: the cause of a failure, else the outcome.
    pub(crate) fn word(&self) -> &str {
        match (&self.verdict.cause, self.outcome) {
            (Some(cause), _) => cause,
            (None, Some(Outcome::Failed)) => Cause::Unexplained.label(),
            (None, Some(outcome)) => outcome.label(),
            (None, None) => "(unknown outcome)",
        }
    }

    /// What a filter looks at.
    pub(crate) fn told(&self) -> Told<'_> {
        let ends = [&self.client, &self.server];
        let proxied = self.proxied.map(|client| client.ip());
        Told {
            outcome: self.outcome.unwrap_or(Outcome::Incomplete),
            is_failure: self.is_failure(),
            cause: self
                .verdict
                .cause
                .as_ref()
                .and_then(|word| word.parse().ok()),
            clients: [self.client.address, proxied],
            server: self.server.address,
            ends: ends.map(|end| (end.namespace.as_deref(), end.pod.as_deref())),
            sni: self.sni.as_deref(),
        }
    }

    /// The same handshake, with what is said of it now.
    pub(crate) fn revised(&self, revised: &Revised) -> Self {
        Self {
            verdict: revised.verdict.clone(),
            before: Some(revised.before.clone()),
            ..self.clone()
        }
    }

    /// All that was said of it.
    pub(crate) fn whole(&self) -> Value {
        serde_json::from_str(&self.raw).unwrap_or_default()
    }

    /// The line that it came as.
    #[cfg(test)]
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }
}
