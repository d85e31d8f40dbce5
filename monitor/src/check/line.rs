//! What is needed of the JSON that `tlsmon run`, `tlsmon replay` and the agent's API print.

use serde::Deserialize;

/// A report, or its revision.
#[derive(Deserialize)]
pub(super) struct Line {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) id: Option<String>,
    pub(super) client: Option<Peer>,
    pub(super) server: Option<Peer>,
    pub(super) client_hello: Option<Hello>,
    pub(super) cause: Option<String>,
    pub(super) outcome: Option<String>,
    /// Of a revision: the name that the client asked for.
    sni: Option<String>,
    /// Of a revision: what was said before.
    pub(super) was: Option<Earlier>,
}

#[derive(Deserialize)]
pub(super) struct Peer {
    #[serde(default)]
    pub(super) address: String,
    namespace: Option<String>,
    service: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Hello {
    sni: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Earlier {
    pub(super) cause: Option<String>,
}

/// The answer of the agent's API.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) handshakes: Vec<Line>,
}

impl Line {
    /// The server name that the client asked for.
    pub(super) fn name(&mut self) -> Option<String> {
        let hello = self.client_hello.take();
        hello
            .and_then(|hello| hello.sni)
            .or_else(|| self.sni.take())
    }
}

impl Peer {
    /// `namespace/service` where that is known, else its address.
    pub(super) fn called(self) -> String {
        match (self.namespace, self.service) {
            (Some(namespace), Some(service)) => format!("{namespace}/{service}"),
            _ => self.address,
        }
    }
}
