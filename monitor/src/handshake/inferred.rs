//! What encrypted records hold, as far as their place and size tell. Nothing here is seen; the report says so.
//!
//! ```text
//!  server  | 23 | 94 | 883 | 96 | 69 |          | 250 | ..
//!            EE   CR   Cert  CV   Fin             ticket
//!  client                              | 25  69 |
//!                                        no cert Fin
//! ```
//!
//! The cipher suite fixes the size of Finished, of an alert and of a Certificate without certificates, each in a record of
//! its own (RFC 8446 sections 4.4 and 5.2). What stands before a Finished follows from the order of messages: with as many
//! records as messages each has one, and in a single record they are all together. Java pads what is no data by 16 bytes.
//! Other padding hides all of this, and then nothing is said.

use smallvec::SmallVec;

use super::{Progress, ProtectedRecord};
use crate::flow::{Side, Sides};
use crate::report::Inferred;
use crate::tls::{RecordSizes, record};

/// What one record holds, in order; empty where nothing can be told.
pub type Meaning = &'static [Inferred];

/// It cannot be told.
const NOTHING: Meaning = &[];

/// What each of some records holds.
pub type Meanings = SmallVec<[Meaning; 8]>;

/// How much Java pads.
const PADDING: u16 = 16;
/// The body of a Certificate message without certificates.
const EMPTY_CERTIFICATE: u16 = 4;
/// No Certificate with one in it, CertificateVerify and Finished are together shorter than this.
const SHORTEST_CERTIFICATE_FLIGHT: u16 = 300;
/// No NewSessionTicket is shorter than this.
const SHORTEST_TICKET: u16 = 48;

impl Progress {
    /// What each side's protected records hold, in order.
    pub fn inferred(&self) -> Sides<Meanings> {
        match self.version() {
            Some(version) if version.is_tls13() => self.inferred_13(),
            Some(_) => Sides {
                client: before_13(self.until_finished(Side::Client)),
                server: before_13(self.until_finished(Side::Server)),
            },
            None if self.renegotiates => Sides {
                client: renegotiation(self.records(Side::Client)),
                server: renegotiation(self.records(Side::Server)),
            },
            None => self.unanswered(),
        }
    }

    /// Whether this can be the size of an encrypted alert.
    pub(super) fn is_alert_size(&self, len: u16) -> bool {
        /// Two bytes, the content type, a tag of sixteen bytes, and Java's padding.
        const LONGEST: u16 = 35;
        match self.sizes() {
            Some(sizes) => is_padded(len, sizes.of_alert()).is_some(),
            None => len <= LONGEST,
        }
    }

    /// The same behind a Finished in a record of that size: who pads the one pads the other.
    pub(super) fn is_alert_behind(&self, finished: u16, len: u16) -> bool {
        match self.sizes() {
            Some(sizes) => {
                let padded = is_padded(finished, sizes.of_finished()).unwrap_or_default();
                is_padded(len, sizes.of_alert()) == Some(padded)
            }
            None => self.is_alert_size(len),
        }
    }

    /// What the cipher suite fixes, where it is one of TLS 1.3.
    pub(super) fn sizes(&self) -> Option<RecordSizes> {
        let (answer, _) = self.server_hello.as_ref()?;
        RecordSizes::of(answer.cipher_suite).filter(|_| answer.version().is_tls13())
    }

    fn records(&self, side: Side) -> &[ProtectedRecord] {
        self.sides[side].protected.kept()
    }

    /// In TLS 1.2 and before one side finishes while the other may go on; what it sends then is no part of a handshake that
    /// was established.
    fn until_finished(&self, side: Side) -> &[ProtectedRecord] {
        let records = self.records(side);
        let finished = |record: &ProtectedRecord| record.content_type == record::HANDSHAKE;
        let end = records.iter().position(finished).map(|at| at + 1);
        let end = end.filter(|_| self.is_established());
        end.and_then(|end| records.get(..end)).unwrap_or(records)
    }

    fn inferred_13(&self) -> Sides<Meanings> {
        let Some(sizes) = self.sizes() else {
            return self.unanswered();
        };
        let client = match self.sides.client.before_finished {
            Some(before) if self.announces_early_data() => {
                early(self.records(Side::Client), sizes, before.records.into())
            }
            _ if self.announces_early_data() => self.unanswered().client,
            _ => client_13(self.records(Side::Client), sizes),
        };
        let is_finished = |meaning: &Meaning| meaning.contains(&Inferred::Finished);
        let server = Server {
            records: self.records(Side::Server),
            sizes,
            resumes: self
                .server_hello
                .as_ref()
                .is_some_and(|(answer, _)| answer.psk),
            accepted: self.accepted,
            asked: asked(&client),
            client_is_quiet: client.last().is_none_or(is_finished),
        };
        Sides {
            server: server.meanings(),
            client,
        }
    }

    fn announces_early_data(&self) -> bool {
        let hello = self.client_hello.as_ref();
        hello.is_some_and(|(hello, _)| hello.early_data)
    }

    /// Before the server has answered only early data is encrypted.
    fn unanswered(&self) -> Sides<Meanings> {
        let early: Meaning = if self.announces_early_data() {
            &[Inferred::EarlyData]
        } else {
            &[]
        };
        Sides {
            client: SmallVec::from_elem(early, self.records(Side::Client).len()),
            server: SmallVec::from_elem(NOTHING, self.records(Side::Server).len()),
        }
    }
}

/// TLS 1.2 and before tell the content type of an encrypted record. The first of type handshake is Finished.
fn before_13(records: &[ProtectedRecord]) -> Meanings {
    let mut finished = false;
    let meaning = |record: &ProtectedRecord| -> Meaning {
        match record.content_type {
            record::HANDSHAKE if !std::mem::replace(&mut finished, true) => &[Inferred::Finished],
            record::HANDSHAKE => &[Inferred::Renegotiation],
            record::ALERT => &[Inferred::Alert],
            record::APPLICATION_DATA => &[Inferred::ApplicationData],
            _ => &[],
        }
    };
    records.iter().map(meaning).collect()
}

/// A handshake inside an established connection: the record of type handshake behind ChangeCipherSpec is Finished.
fn renegotiation(records: &[ProtectedRecord]) -> Meanings {
    let mut changed = false;
    let meaning = |record: &ProtectedRecord| -> Meaning {
        match record.content_type {
            record::HANDSHAKE if changed => &[Inferred::Finished],
            record::HANDSHAKE => &[Inferred::Renegotiation],
            record::CHANGE_CIPHER_SPEC => {
                changed = true;
                &[]
            }
            record::ALERT => &[Inferred::Alert],
            record::APPLICATION_DATA => &[Inferred::ApplicationData],
            _ => &[],
        }
    };
    records.iter().map(meaning).collect()
}

/// The client's flight when its Finished is record number `end`, behind early data.
fn early(records: &[ProtectedRecord], sizes: RecordSizes, end: u32) -> Meanings {
    let meaning = |(number, record): (u32, &ProtectedRecord)| -> Meaning {
        match number {
            _ if number == end => &[Inferred::Finished],
            _ if number > end => after(record.len, sizes, false),
            _ if number + 1 == end && record.len == sizes.of_message(0) => {
                &[Inferred::EndOfEarlyData]
            }
            _ => &[Inferred::EarlyData],
        }
    };
    (0..).zip(records).map(meaning).collect()
}

/// The client's flight: Finished alone, or behind its certificate.
fn client_13(records: &[ProtectedRecord], sizes: RecordSizes) -> Meanings {
    let found = records.iter().zip(0..).find_map(|(record, number)| {
        is_padded(record.len, sizes.of_finished()).map(|padded| (number, padded))
    });
    let meaning = |(number, record): (usize, &ProtectedRecord)| match found {
        Some((end, padded)) if number > end => after(record.len, sizes, padded),
        Some((end, _)) => in_client_flight(number, end, record.len, sizes),
        None if number == 0 => together(record.len, sizes),
        None => after(record.len, sizes, false),
    };
    records.iter().enumerate().map(meaning).collect()
}

/// Record `number` of a flight whose record `end` is Finished.
fn in_client_flight(number: usize, end: usize, len: u16, sizes: RecordSizes) -> Meaning {
    let is_empty = is_padded(len, sizes.of_message(EMPTY_CERTIFICATE)).is_some();
    match (number, end) {
        _ if number == end => &[Inferred::Finished],
        (0, 1) if is_empty => &[Inferred::EmptyCertificate],
        (0, 1) => &[Inferred::Certificate, Inferred::CertificateVerify],
        (0, 2) => &[Inferred::Certificate],
        (1, 2) => &[Inferred::CertificateVerify],
        _ => &[Inferred::Flight],
    }
}

/// The client's first record, when no record has the size of its Finished: a flight in one record, an alert, or a Certificate
/// without certificates that the server did not wait for more behind. Java sends that by itself.
fn together(len: u16, sizes: RecordSizes) -> Meaning {
    let header_and_body = EMPTY_CERTIFICATE.saturating_mul(2);
    let without = sizes.of_content(sizes.finished().saturating_add(header_and_body));
    match len {
        _ if len == without => &[Inferred::EmptyCertificate, Inferred::Finished],
        SHORTEST_CERTIFICATE_FLIGHT.. => &[
            Inferred::Certificate,
            Inferred::CertificateVerify,
            Inferred::Finished,
        ],
        _ if is_padded(len, sizes.of_alert()).is_some() => &[Inferred::Alert],
        _ if is_padded(len, sizes.of_message(EMPTY_CERTIFICATE)).is_some() => {
            &[Inferred::EmptyCertificate]
        }
        _ => &[],
    }
}

/// Whether a client's flight answers a CertificateRequest.
fn asked(client: &[Meaning]) -> Option<bool> {
    let holds = |what| client.iter().any(|record| record.contains(&what));
    let finished = holds(Inferred::Finished);
    let answers = holds(Inferred::Certificate) || holds(Inferred::EmptyCertificate);
    finished.then_some(answers)
}

/// What comes behind a side's Finished. Padded alerts are known by a Finished that was padded too.
fn after(len: u16, sizes: RecordSizes, padded: bool) -> Meaning {
    if is_padded(len, sizes.of_alert()) == Some(padded) {
        &[Inferred::Alert]
    } else {
        &[Inferred::ApplicationData]
    }
}

/// Whether a record of this length is one of `size`, and then whether it is padded as Java does.
fn is_padded(len: u16, size: u16) -> Option<bool> {
    match len.checked_sub(size)? {
        0 => Some(false),
        PADDING => Some(true),
        _ => None,
    }
}

/// The server's records in TLS 1.3.
struct Server<'a> {
    records: &'a [ProtectedRecord],
    sizes: RecordSizes,
    resumes: bool,
    /// Its last record came behind the client's Finished.
    accepted: bool,
    /// It asked for a client certificate; `None` when the client's flight does not tell.
    asked: Option<bool>,
    /// The client has sent nothing behind its Finished.
    client_is_quiet: bool,
}

impl Server<'_> {
    fn meanings(&self) -> Meanings {
        let (flight, padded) = self.flight();
        let number_and_record = self.records.iter().enumerate();
        let meaning = |(number, record): (usize, &ProtectedRecord)| {
            if number < flight {
                self.in_flight(number, flight, padded.is_some())
            } else {
                self.behind(record.len, padded.unwrap_or_default())
            }
        };
        number_and_record.map(meaning).collect()
    }

    /// How many records the flight has, and whether its Finished is padded, if that has a record of its own.
    fn flight(&self) -> (usize, Option<bool>) {
        let messages_before = if self.resumes { 1 } else { 3 };
        let finished = |from: usize| {
            let mut records = self.records.iter().enumerate().skip(from);
            records.find_map(|(number, record)| {
                is_padded(record.len, self.sizes.of_finished())
                    .map(|padded| (number + 1, Some(padded)))
            })
        };
        finished(messages_before)
            .or_else(|| finished(1))
            .unwrap_or_else(|| (self.flight_without_end(), None))
    }

    /// The same, when none of them has the size of Finished: all but the one that shows that the handshake is over.
    fn flight_without_end(&self) -> usize {
        let last = self.records.last();
        let ends_with_alert =
            last.is_some_and(|last| is_padded(last.len, self.sizes.of_alert()).is_some());
        let over = usize::from(self.accepted || ends_with_alert);
        self.records.len().saturating_sub(over)
    }

    fn in_flight(&self, number: usize, flight: usize, ends_with_finished: bool) -> Meaning {
        match (number + 1, flight, ends_with_finished) {
            (1, 1, false) if self.resumes => &[Inferred::EncryptedExtensions, Inferred::Finished],
            (1, 1, false) => self.flight_in_one(),
            (last, _, true) if last == flight => &[Inferred::Finished],
            (1, 2, true) if self.resumes => &[Inferred::EncryptedExtensions],
            (1, 4 | 5, true) => &[Inferred::EncryptedExtensions],
            (2, 5, true) => &[Inferred::CertificateRequest],
            (2, 4, true) | (3, 5, true) => &[Inferred::Certificate],
            (3, 4, true) | (4, 5, true) => &[Inferred::CertificateVerify],
            _ => &[Inferred::Flight],
        }
    }

    /// A whole flight in one record: which messages it has follows from what the client answers.
    const fn flight_in_one(&self) -> Meaning {
        match self.asked {
            Some(true) => &[
                Inferred::EncryptedExtensions,
                Inferred::CertificateRequest,
                Inferred::Certificate,
                Inferred::CertificateVerify,
                Inferred::Finished,
            ],
            Some(false) => &[
                Inferred::EncryptedExtensions,
                Inferred::Certificate,
                Inferred::CertificateVerify,
                Inferred::Finished,
            ],
            None => &[Inferred::Flight],
        }
    }

    /// What the server sends behind its flight: to a client that is still quiet, a ticket.
    fn behind(&self, len: u16, padded: bool) -> Meaning {
        match len {
            _ if is_padded(len, self.sizes.of_alert()) == Some(padded) => &[Inferred::Alert],
            SHORTEST_TICKET.. if self.client_is_quiet => &[Inferred::SessionTicket],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests;
