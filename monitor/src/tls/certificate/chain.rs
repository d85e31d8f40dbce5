//! The certificates of a Certificate message, in the order in which they were sent.

use smallvec::SmallVec;

use super::fields::Fields;
use super::identity::Certificate;
use super::leaf::Leaf;
use crate::frame::Timestamp;
use crate::tls::reader::Reader;
use crate::tls::{Malformed, ServerName};

/// How many certificates of a message are read. Chains have two to four.
const MAX_READ: usize = 10;

/// What a server sent to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Its own certificate.
    pub leaf: Leaf,
    /// Those after it; at most nine are read.
    pub others: Vec<Certificate>,
    /// How many were sent.
    pub sent: usize,
    /// Each certificate is followed by that of its issuer (RFC 5246 section 7.4.2).
    pub ordered: bool,
    /// Whether what is needed to check the leaf is there. `Some(true)`: its issuer was sent, or it is its own issuer.
    /// `Some(false)`: other certificates were sent, and its issuer is not among them. `None`: it came alone, and whether
    /// its issuer is a root, which need not be sent, cannot be seen.
    pub complete: Option<bool>,
}

impl Chain {
    /// Whether the body of a Certificate message has one in it, and all its lengths are right: whether it can be read.
    pub fn is_readable(body: &[u8]) -> bool {
        split(body).is_some_and(|(_, sent)| sent > 0)
    }

    /// The SubjectPublicKeyInfo of the first certificate of a message, as DER.
    pub fn leaf_key(body: &[u8]) -> Option<&[u8]> {
        let (certificates, _) = split(body)?;
        let key = Fields::find(certificates.first()?).key;
        (!key.is_empty()).then_some(key)
    }

    /// Reads the body of a Certificate message of TLS 1.2 or before. `asked` is the name in the ClientHello.
    pub fn read(body: &[u8], asked: Option<&ServerName>) -> Result<Self, Malformed> {
        let (certificates, sent) = split(body).ok_or(Malformed::Certificate)?;
        let fields: Vec<_> = certificates.iter().map(|der| Fields::find(der)).collect();
        let (Some(der), Some((first, rest))) = (certificates.first(), fields.split_first()) else {
            return Err(Malformed::Certificate);
        };
        let leaf = Leaf::read(der, first, asked);
        let next_issued = |pair: &[Fields<'_>]| match pair {
            [this, next] => this.issued_by(next),
            _ => true,
        };
        let issuer_sent = rest.iter().any(|other| first.issued_by(other));
        let complete = match () {
            () if leaf.self_signed || issuer_sent => Some(true),
            () if rest.is_empty() || sent > MAX_READ => None,
            () => Some(false),
        };
        Ok(Self {
            leaf,
            others: rest.iter().map(Certificate::read).collect(),
            sent,
            ordered: fields.windows(2).all(next_issued),
            complete,
        })
    }

    /// All that were read, the server's own first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf.certificate).chain(&self.others)
    }

    /// The first whose validity was over by then.
    pub fn expired(&self, now: Timestamp) -> Option<&Certificate> {
        self.certificates().find(|one| one.has_expired(now))
    }

    /// The first whose validity was yet to begin by then.
    pub fn not_yet_valid(&self, now: Timestamp) -> Option<&Certificate> {
        self.certificates().find(|one| one.is_not_yet_valid(now))
    }
}

/// The first certificates of a message, and how many it has in all. `None` when a length in it is wrong.
fn split(body: &[u8]) -> Option<(SmallVec<[&[u8]; MAX_READ]>, usize)> {
    let mut message = Reader::new(body);
    let mut list = Reader::new(message.vec24()?);
    let (mut certificates, mut sent) = (SmallVec::new(), 0_usize);
    while !list.is_empty() {
        let certificate = list.vec24()?;
        sent = sent.saturating_add(1);
        if sent <= MAX_READ {
            certificates.push(certificate);
        }
    }
    message.is_empty().then_some((certificates, sent))
}
