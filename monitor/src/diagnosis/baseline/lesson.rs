//! What one decided handshake teaches about its endpoint.

use std::net::IpAddr;

use super::profile::Chosen;
use super::tried::Tried;
use crate::diagnosis::refusal::Refusal;
use crate::frame::Timestamp;
use crate::handshake::{ClientCertificate, Conversation, Decision};
use crate::report::{EndedBy, EndedHow, Outcome};
use crate::tls::{ClientHello, ExtensionType, ServerName};

/// What one decided handshake teaches about its endpoint.
#[derive(Clone, Debug)]
pub struct Lesson<'a> {
    pub(super) at: Timestamp,
    pub(super) name: Option<&'a [u8]>,
    pub(super) client: IpAddr,
    pub(super) tried: Tried,
    /// The handshake went on, with this key of Encrypted Client Hello, real or not.
    pub(super) key: Option<u8>,
    pub(super) seen: Seen<'a>,
}

/// What was seen of the endpoint.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen<'a> {
    /// It answered the hello; with what, where it was no more than a HelloRetryRequest.
    Answer(Option<Chosen<'a>>),
    /// It refused the hello, and `mute`: did not say why.
    Refusal { mute: bool, hello: &'a ClientHello },
    /// It refused the connection, or was silent.
    Trouble,
}

impl<'a> Lesson<'a> {
    /// What it teaches; `None` where nothing that the endpoint did was seen, as when the client left or packets are missing.
    pub fn of(talk: &'a Conversation, decision: Decision) -> Option<Self> {
        let seen = Seen::of(talk, decision)?;
        Some(Self {
            at: decision.at,
            name: talk.progress.asked_name().map(ServerName::as_bytes),
            client: talk.endpoints.client.address,
            tried: tried(talk, decision, &seen),
            key: key(talk, decision),
            seen,
        })
    }

    /// The endpoint refused the hello. Such a lesson belongs to what a verdict on it rests on.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.seen, Seen::Refusal { .. })
    }
}

impl<'a> Seen<'a> {
    fn of(talk: &'a Conversation, decision: Decision) -> Option<Self> {
        let progress = &talk.progress;
        let Some((hello, _)) = &progress.client_hello else {
            return is_trouble(talk, decision).then_some(Self::Trouble);
        };
        // A name that cannot be read is neither a name nor none.
        if hello.server_name.is_none() && hello.has(ExtensionType::SERVER_NAME) {
            return None;
        }
        if progress.server_hello.is_some() || progress.retried {
            return Some(Self::Answer(chosen(talk)));
        }
        match Refusal::of(talk, decision) {
            Some(refusal) => Some(Self::Refusal {
                mute: refusal.is_mute(),
                hello,
            }),
            None => is_trouble(talk, decision).then_some(Self::Trouble),
        }
    }
}

/// The server refused the connection, hung up before a hello, or did not answer one. What vanishes on the way is no trouble of
/// the server's.
fn is_trouble(talk: &Conversation, decision: Decision) -> bool {
    let hung_up = decision.by == EndedBy::Server
        && (talk.carrier.is_only_opening() || talk.streams.client.bytes() == 0);
    let failed = decision.outcome == Outcome::Failed;
    let silent = decision.how == EndedHow::Timeout && decision.by != EndedBy::Network;
    failed && (hung_up || silent)
}

/// A client that leaves in one go with its Finished may have been refused.
fn key(talk: &Conversation, decision: Decision) -> Option<u8> {
    let progress = &talk.progress;
    let leaves = progress
        .farewell
        .as_ref()
        .is_some_and(|farewell| farewell.is_at_once());
    let goes_on = decision.is_established() && talk.is_tls13() && !leaves;
    progress.offered_key().filter(|_| goes_on)
}

fn chosen(talk: &Conversation) -> Option<Chosen<'_>> {
    let (hello, _) = talk.progress.server_hello.as_ref()?;
    let exchange = talk.progress.server_key_exchange();
    let signed = exchange.as_ref().and_then(|exchange| exchange.signed);
    Some(Chosen {
        version: hello.version(),
        suite: hello.cipher_suite,
        group: hello.group.or_else(|| exchange.as_ref()?.group),
        scheme: signed.and_then(|signed| signed.scheme),
        alpn: hello.alpn.first(),
    })
}

fn tried(talk: &Conversation, decision: Decision, seen: &Seen<'_>) -> Tried {
    let count = |happened: bool| u32::from(happened);
    let refused = matches!(seen, Seen::Refusal { .. });
    let completed = decision.outcome == Outcome::Established;
    let certificate = talk.progress.client_certificate.filter(|_| completed);
    Tried {
        completed: count(completed),
        answered: count(matches!(seen, Seen::Answer(_))),
        refused: count(refused),
        reset: count(refused && decision.how == EndedHow::Reset),
        certified: count(certificate == Some(ClientCertificate::Some)),
        uncertified: count(certificate == Some(ClientCertificate::None)),
    }
}
