//! A question with its hello, ready to be sent.

use std::sync::Arc;

use super::hello::{Hello, records};
use super::noise::Noise;
use crate::report::ProbeQuestion;
use crate::tls::{ClientHello, ServerName, Version};

/// Length of a handshake message's header.
const HEADER: usize = 4;

/// A question with its hello.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question.
    pub question: ProbeQuestion,
    /// The question for people.
    pub words: String,
    /// The hello as bytes of the connection.
    pub bytes: Vec<u8>,
    /// The hello as this project reads it; none when it cannot.
    pub hello: Option<Arc<ClientHello>>,
}

impl Asked {
    /// Writes the hello.
    pub(super) fn new(
        question: ProbeQuestion,
        words: String,
        hello: &Hello,
        noise: &mut Noise,
    ) -> Self {
        let message = hello.message(noise);
        let body = message.get(HEADER..).unwrap_or_default();
        Self {
            question,
            words,
            bytes: records(&message),
            hello: ClientHello::parse(body).ok(),
        }
    }

    /// Whether the hello is to be cut into small segments.
    pub const fn in_pieces(&self) -> bool {
        matches!(
            self.question,
            ProbeQuestion::PostQuantumInPieces | ProbeQuestion::SameInPieces
        )
    }

    /// The name that is asked for.
    pub(super) fn name(&self) -> Option<&ServerName> {
        self.hello.as_ref()?.server_name.as_ref()
    }

    /// Whether a server may choose this version: one that is listed, or where none is, any up to the version field's.
    pub(super) fn offers_version(&self, version: Version) -> bool {
        self.hello.as_ref().is_none_or(|hello| {
            if hello.versions.is_empty() {
                version <= hello.legacy_version
            } else {
                hello.versions.contains(&version.0)
            }
        })
    }

    /// Whether a server may choose this suite.
    pub(super) fn offers_suite(&self, suite: u16) -> bool {
        let hello = self.hello.as_ref();
        hello.is_none_or(|hello| hello.cipher_suites.contains(&suite))
    }
}
