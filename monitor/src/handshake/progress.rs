//! How far a handshake has come, by the messages and records that both sides have sent.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Farewell, ProtectedRecord, ProtectedRecords};
use crate::flow::{Side, Sides};
use crate::frame::Timestamp;
use crate::report::Stage;
use crate::tls::{
    Chain, ClientHello, EncryptedHello, HandshakeType, Item, Malformed, RecordSizes, ServerHello,
    ServerName, Version, alert, record,
};

/// The shortest body of a TLS 1.3 record that holds a Finished: header 4, SHA-256 32, content type 1, CCM_8 tag 8.
const SHORTEST_FINISHED: u16 = 45;
/// The length of a ClientHello that counts as part of its conversation, in bytes. Those with post-quantum key shares have
/// about 1,800.
const ORDINARY_HELLO: usize = 2048;
/// The longest ServerKeyExchange that is kept, in bytes: one with a prime of 8192 bits and a signature by such a key.
const LONGEST_EXCHANGE: usize = 4096;
/// How many alerts of one conversation are kept.
const MAX_ALERTS: usize = 8;

/// The handshake as far as it was seen.
#[derive(Debug, Default)]
pub struct Progress {
    /// The first ClientHello and when its last byte came.
    pub client_hello: Option<(Arc<ClientHello>, Timestamp)>,
    /// The ClientHello came in the SSL 2.0 form (RFC 5246 appendix E.2), which has no extensions, with this version.
    pub ssl2_hello: Option<Version>,
    /// The ServerHello and when its last byte came; a HelloRetryRequest is not one.
    pub server_hello: Option<(Arc<ServerHello>, Timestamp)>,
    /// That chose TLS 1.3.
    pub(super) is_tls13: bool,
    /// It is a handshake inside an established connection: encrypted, and told by the types of records alone.
    pub renegotiates: bool,
    /// A HelloRetryRequest came.
    pub retried: bool,
    /// What it asked for.
    pub retry: Option<Retry>,
    /// Alerts, in order; at most eight are kept.
    pub alerts: SmallVec<[SeenAlert; 1]>,
    /// What each side has sent.
    pub sides: Sides<SideProgress>,
    /// The server sent Certificate in the clear.
    pub certificate: bool,
    /// The body of the server's first Certificate message, when it can be read, and when its last byte came. It is read when
    /// the handshake is decided: then it is known for which name the client asked.
    pub certificates: Option<(Box<[u8]>, Timestamp)>,
    /// The body of the CertificateStatus behind it (TLS 1.2 and before).
    pub staple: Option<Box<[u8]>>,
    /// ServerKeyExchange or ClientKeyExchange was sent.
    pub key_exchange: bool,
    /// The body of the server's first ServerKeyExchange (TLS 1.2 and before).
    pub(super) exchange: Option<Box<[u8]>>,
    /// The server sent ServerHelloDone (TLS 1.2 and before).
    pub(super) server_done: bool,
    /// The server sent CertificateRequest in the clear.
    pub(super) asks_certificate: bool,
    /// The server sent what it sends only in a full handshake (TLS 1.2 and before).
    pub(super) full: bool,
    /// What the client sent when it was asked for a certificate, in the clear.
    pub client_certificate: Option<ClientCertificate>,
    /// After the client's Finished (TLS 1.3), the server went on with something that is no alert.
    pub accepted: bool,
    /// The client's goodbye behind its Finished (TLS 1.3).
    pub farewell: Option<Box<Farewell>>,
    /// The client has sent something else behind its Finished (TLS 1.3).
    pub(super) goes_on: bool,
    /// What came first when the handshake was over.
    pub first_word: Option<FirstWord>,
}

/// The first record behind an established handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstWord {
    /// Whose it is.
    pub from: Side,
    /// It is an alert, by its type (TLS 1.2 and before).
    pub is_alert: bool,
    /// When it came.
    pub at: Timestamp,
}

/// What a HelloRetryRequest asks for (RFC 8446 section 4.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Another key share, of this group.
    pub group: Option<u16>,
    /// A cookie of this many bytes, sent back.
    pub cookie: Option<u16>,
}

impl Retry {
    const fn of(hello: &ServerHello) -> Self {
        Self {
            group: hello.group,
            cookie: hello.details.cookie,
        }
    }
}

/// What one side has sent.
#[derive(Debug, Default)]
pub struct SideProgress {
    /// Its first bytes are no TLS record.
    pub not_tls: bool,
    /// Its bytes stopped making sense.
    pub malformed: Option<Malformed>,
    /// Its Finished (seen or, in TLS 1.3, inferred from a record's size), and when.
    pub finished: Option<Timestamp>,
    /// The size of its last protected record, when that may be an encrypted alert.
    pub maybe_alert: Option<u16>,
    /// Its records with encrypted content.
    pub protected: ProtectedRecords,
    /// What came before its Finished (TLS 1.3).
    pub before_finished: Option<BeforeFinished>,
    /// It sent ChangeCipherSpec.
    pub(super) cipher_changed: bool,
}

/// The protected records before a Finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeforeFinished {
    /// How many; at most what fits.
    pub records: u16,
    /// The length of the last of them.
    pub last: Option<u16>,
}

/// What a client sends when it is asked for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// None: a message without certificates.
    None,
    /// At least one.
    Some,
}

/// An alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenAlert {
    /// Who sent it.
    pub from: Side,
    /// When.
    pub at: Timestamp,
    /// AlertLevel (RFC 8446 section 6).
    pub level: u8,
    /// AlertDescription.
    pub description: u8,
}

impl SeenAlert {
    /// Whether it ends the handshake: a fatal one, or a close_notify before the end. Before a ServerHello the version is not
    /// known, and the level is believed.
    pub const fn is_final(self) -> bool {
        alert::is_fatal(self.level, self.description, false)
            || self.description == alert::CLOSE_NOTIFY
    }
}

impl Progress {
    /// Takes what `from` sent at `now`.
    pub fn step(&mut self, from: Side, item: Item<'_>, now: Timestamp) {
        match item {
            Item::Handshake { kind, body, .. } => self.message(from, kind, body, now),
            Item::Alert { level, description } => self.note_alert(SeenAlert {
                from,
                at: now,
                level,
                description,
            }),
            Item::ChangeCipherSpec => self.sides[from].cipher_changed = true,
            Item::Protected { content_type, len } => {
                self.protected(from, ProtectedRecord { content_type, len }, now);
            }
            Item::Ssl2ClientHello { version, .. } => self.ssl2_hello = Some(version),
            Item::NotTls { .. } => self.sides[from].not_tls = true,
            Item::Malformed(reason) => self.malformed(from, reason),
        }
    }

    /// The version that both sides use from the ServerHello (or HelloRetryRequest) on.
    pub fn version(&self) -> Option<Version> {
        self.server_hello.as_ref().map(|(hello, _)| hello.version())
    }

    /// The name that the client asked for.
    pub fn asked_name(&self) -> Option<&ServerName> {
        let (hello, _) = self.client_hello.as_ref()?;
        hello.server_name.as_ref()
    }

    /// The key that the client names, where its true hello is encrypted in this one, or seems to be.
    pub fn offered_key(&self) -> Option<u8> {
        match self.client_hello.as_ref()?.0.details.ech? {
            EncryptedHello::Outer(outer) => Some(outer.config_id),
            EncryptedHello::Inner | EncryptedHello::Other(_) => None,
        }
    }

    /// The last step that was seen.
    pub fn stage(&self) -> Stage {
        let finished = self.sides.client.finished.is_some() || self.sides.server.finished.is_some();
        match () {
            () if self.is_established() => Stage::Established,
            () if finished => Stage::Finished,
            () if self.key_exchange => Stage::KeyExchange,
            () if self.certificate => Stage::Certificate,
            () if self.server_hello.is_some() => Stage::ServerHello,
            () if self.client_hello.is_some() || self.ssl2_hello.is_some() => Stage::ClientHello,
            () => Stage::Connect,
        }
    }

    /// Both sides finished, and in TLS 1.3 the server has shown that it accepts the client's Finished.
    #[inline]
    pub fn is_established(&self) -> bool {
        let Sides { client, server } = &self.sides;
        let finished = client.finished.is_some() && server.finished.is_some();
        match () {
            () if self.is_tls13 => self.accepted,
            () => finished && (self.server_hello.is_some() || self.renegotiates),
        }
    }

    /// The length of the ClientHello, if that is more than ordinary ones have: no list of it can take more.
    fn long_hello(&self) -> Option<usize> {
        let (hello, _) = self.client_hello.as_ref()?;
        usize::try_from(hello.len)
            .ok()
            .filter(|len| *len > ORDINARY_HELLO)
    }

    /// Memory held for the server's certificate and for a hello of more than ordinary length, in bytes.
    pub fn memory(&self) -> usize {
        let certificates = self.certificates.as_ref().map_or(0, |(body, _)| body.len());
        let length = |body: &Option<Box<[u8]>>| body.as_ref().map_or(0, |body| body.len());
        let others = length(&self.staple) + length(&self.exchange);
        certificates + others + self.long_hello().unwrap_or_default()
    }

    /// Forgets the server's certificate and a hello of more than ordinary length: there is no room for them.
    pub fn forget(&mut self) {
        self.certificates = None;
        self.staple = None;
        self.exchange = None;
        if self.long_hello().is_some() {
            self.client_hello = None;
        }
    }

    fn message(&mut self, from: Side, kind: HandshakeType, body: &[u8], now: Timestamp) {
        match (from, kind) {
            (Side::Client, HandshakeType::CLIENT_HELLO) if self.client_hello.is_none() => {
                self.keep(from, ClientHello::parse(body), |progress, hello| {
                    progress.client_hello = Some((hello, now));
                });
            }
            (Side::Server, HandshakeType::SERVER_HELLO) if self.server_hello.is_none() => {
                self.keep(from, ServerHello::parse(body), |progress, hello| {
                    progress.server_answer(hello, now);
                });
            }
            (Side::Server, HandshakeType::CERTIFICATE) if !self.certificate => {
                (self.certificate, self.full) = (true, true);
                self.certificate(body, now);
            }
            (Side::Server, HandshakeType::CERTIFICATE_STATUS) if self.staple.is_none() => {
                self.staple = Some(body.into());
            }
            (Side::Client, HandshakeType::CERTIFICATE) => {
                self.client_certificate = Some(ClientCertificate::of(body));
            }
            (Side::Server, HandshakeType::SERVER_HELLO_DONE) => {
                (self.server_done, self.full) = (true, true);
            }
            (Side::Server, HandshakeType::CERTIFICATE_REQUEST) => self.asks_certificate = true,
            (Side::Server, HandshakeType::SERVER_KEY_EXCHANGE) => {
                (self.key_exchange, self.full) = (true, true);
                if self.exchange.is_none() && body.len() <= LONGEST_EXCHANGE {
                    self.exchange = Some(body.into());
                }
            }
            (Side::Client, HandshakeType::CLIENT_KEY_EXCHANGE) => self.key_exchange = true,
            _ => {}
        }
    }

    fn certificate(&mut self, body: &[u8], now: Timestamp) {
        if self.is_tls13 {
            return;
        }
        if Chain::is_readable(body) {
            self.certificates = Some((body.into(), now));
        } else {
            self.malformed(Side::Server, Malformed::Certificate);
        }
    }

    fn keep<T>(
        &mut self,
        from: Side,
        parsed: Result<T, Malformed>,
        keep: impl FnOnce(&mut Self, T),
    ) {
        match parsed {
            Ok(message) => keep(self, message),
            Err(reason) => self.malformed(from, reason),
        }
    }

    fn server_answer(&mut self, hello: Arc<ServerHello>, now: Timestamp) {
        if hello.is_hello_retry_request() {
            self.retried = true;
            self.retry = Some(Retry::of(&hello));
        } else {
            self.is_tls13 = hello.version().is_tls13();
            self.server_hello = Some((hello, now));
        }
    }

    fn note_alert(&mut self, alert: SeenAlert) {
        if self.alerts.len() < MAX_ALERTS {
            self.alerts.push(alert);
        }
    }

    fn malformed(&mut self, from: Side, reason: Malformed) {
        self.sides[from].malformed.get_or_insert(reason);
    }

    /// An encrypted record: only its type, size and place can be seen.
    fn protected(&mut self, from: Side, record: ProtectedRecord, now: Timestamp) {
        self.note_farewell(from, record.len, now);
        if self.is_established() {
            self.first_word.get_or_insert(FirstWord {
                from,
                is_alert: record.content_type == record::ALERT,
                at: now,
            });
            return;
        }
        let is_13 = self.is_tls13;
        let ProtectedRecord { content_type, len } = record;
        let small = if is_13 {
            self.is_alert_size(len)
        } else {
            content_type == record::ALERT
        };
        let finished = if is_13 {
            from == Side::Client && self.looks_finished(len)
        } else {
            content_type == record::HANDSHAKE
                && (!self.renegotiates || self.sides[from].cipher_changed)
        };
        self.sides[from].cipher_changed |= content_type == record::CHANGE_CIPHER_SPEC;
        if is_13 && from == Side::Server && !small && self.sides.client.finished.is_some() {
            self.accepted = true;
        }
        let side = &mut self.sides[from];
        side.maybe_alert = small.then_some(len);
        if finished && side.finished.is_none() {
            side.finished = Some(now);
            side.before_finished = is_13.then(|| side.protected.so_far());
        }
        side.protected.add(record);
    }

    /// Whether a client's TLS 1.3 record may hold its Finished. Early data comes first and can have any size, so with it
    /// only the exact size counts.
    fn looks_finished(&self, len: u16) -> bool {
        let exact = self.sizes().map(RecordSizes::of_finished);
        let early_data = self
            .client_hello
            .as_ref()
            .is_some_and(|(hello, _)| hello.early_data);
        match exact {
            Some(exact) if early_data => len == exact,
            Some(exact) => len >= exact,
            None if early_data => matches!(len, 45 | 53 | 69),
            None => len >= SHORTEST_FINISHED,
        }
    }
}

impl ClientCertificate {
    /// A list with a length of three bytes before it (RFC 5246 section 7.4.2).
    const fn of(body: &[u8]) -> Self {
        match body {
            [] | [0, 0, 0] => Self::None,
            _ => Self::Some,
        }
    }
}
