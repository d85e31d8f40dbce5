//! The server's own certificate: the first of the chain.

use std::borrow::Cow;

use arrayvec::ArrayString;
use sha2::{Digest, Sha256};

use super::coverage::Coverage;
use super::fields::Fields;
use super::identity::{self, Certificate, SerialText};
use super::key::Key;
use super::names::Names;
use super::signature;
use crate::tls::{ServerName, text};

/// A SHA-256 in hexadecimal.
pub type Sha256Text = ArrayString<64>;

/// The server's own certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Whose it is, who issued it, and for how long.
    pub certificate: Certificate,
    /// Its serial number, in hexadecimal digits.
    pub serial: Option<SerialText>,
    /// What it is for.
    pub names: Names,
    /// Whether the names cover the one that the client asked for; `None` when it asked for none.
    pub coverage: Option<Coverage>,
    /// Its key.
    pub key: Option<Key>,
    /// The algorithm of its signature.
    pub signature_algorithm: Option<Cow<'static, str>>,
    /// It is its own issuer: the names are the same, and so are the key identifiers where both are there.
    pub self_signed: bool,
    /// SHA-256 of its DER, in hexadecimal digits.
    pub fingerprint: Sha256Text,
    /// Which of its fields could not be read.
    pub unreadable: Vec<&'static str>,
}

impl Leaf {
    /// Reads it as far as it goes.
    pub(super) fn read(der: &[u8], fields: &Fields<'_>, asked: Option<&ServerName>) -> Self {
        let certificate = Certificate::read(fields);
        let (names, coverage) = Names::read(fields, asked);
        let key = Key::read(fields.key);
        let signature_algorithm = signature::read(fields.signature);
        let found = [
            ("subject", certificate.subject.is_some()),
            ("issuer", certificate.issuer.is_some()),
            ("not_before", certificate.not_before.is_some()),
            ("not_after", certificate.not_after.is_some()),
            ("key", key.is_some()),
            ("signature_algorithm", signature_algorithm.is_some()),
        ];
        let unreadable = found.iter().filter(|(_, found)| !found);
        Self {
            unreadable: unreadable.map(|(field, _)| *field).collect(),
            // What names a certificate has is not known if it breaks off before them.
            coverage: coverage.filter(|_| !fields.key.is_empty()),
            certificate,
            serial: (!fields.serial.is_empty()).then(|| identity::serial(fields.serial)),
            names,
            key,
            signature_algorithm,
            self_signed: fields.issued_by(fields),
            fingerprint: text::hex(&Sha256::digest(der)),
        }
    }
}
