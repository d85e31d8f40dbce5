//! Whose certificate it is, who issued it, and for how long.

use std::sync::Arc;

use arrayvec::ArrayString;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::date::Date;
use super::fields::Fields;
use crate::frame::Timestamp;
use crate::tls::text;

/// Bytes that the text of a name may have; what is more is cut, and ends in `...`.
const NAME_LIMIT: usize = 512;
/// Tags of the strings that are not a superset of ASCII (ITU-T X.680).
const BMP_STRING: u32 = 30;

/// What is kept of every certificate; `None` for what could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject, in the manner of RFC 4514, escaped by [`text::printable`]. It may be empty.
    pub subject: Option<Arc<str>>,
    /// The issuer, in the same manner.
    pub issuer: Option<Arc<str>>,
    /// The first second of its validity.
    pub not_before: Option<Date>,
    /// The last second of its validity.
    pub not_after: Option<Date>,
}

impl Certificate {
    /// Reads what is kept of every certificate.
    pub(super) fn read(fields: &Fields<'_>) -> Self {
        Self {
            subject: name(fields.subject),
            issuer: name(fields.issuer),
            not_before: date(fields.not_before),
            not_after: date(fields.not_after),
        }
    }

    /// Whether its validity was over by then.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.not_after.is_some_and(|end| end.is_before(now))
    }

    /// Whether its validity was yet to begin by then.
    pub fn is_not_yet_valid(&self, now: Timestamp) -> bool {
        self.not_before.is_some_and(|begin| begin.is_after(now))
    }

    /// The subject as a sentence may have it.
    pub fn subject_or_unknown(&self) -> &str {
        match self.subject.as_deref() {
            None => "(unreadable subject)",
            Some("") => "(empty subject)",
            Some(subject) => subject,
        }
    }
}

pub(super) fn date(time: &[u8]) -> Option<Date> {
    let (_, time) = ASN1Time::from_der(time).ok()?;
    Some(Date(time.timestamp()))
}

/// The name from its last, most specific part to its first, as RFC 4514 section 2.1 has it.
fn name(der: &[u8]) -> Option<Arc<str>> {
    let (_, name) = X509Name::from_der(der).ok()?;
    let parts: Vec<_> = name.iter_rdn().collect();
    let mut text = String::new();
    for part in parts.iter().rev() {
        if !text.is_empty() {
            text.push(',');
        }
        let values: Vec<String> = part.iter().map(attribute).collect();
        text.push_str(&values.join("+"));
        if text.len() > NAME_LIMIT {
            // Escaped text is ASCII: every byte is a character.
            text.truncate(NAME_LIMIT);
            text.push_str("...");
            break;
        }
    }
    Some(text.into())
}

/// `CN=value`.
fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let kind = short_name(&oid).unwrap_or(&oid);
    let mut text = format!("{kind}=");
    for character in value(attribute).chars() {
        if matches!(character, ',' | '+' | '"' | '<' | '>' | ';') {
            text.push('\\');
        }
        text.push(character);
    }
    text
}

/// The value of an attribute, escaped.
pub(super) fn value(attribute: &AttributeTypeAndValue<'_>) -> String {
    let bytes = attribute.as_slice();
    if attribute.attr_value().tag().0 == BMP_STRING {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| {
                pair.iter()
                    .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
            })
            .collect();
        return text::printable(String::from_utf16_lossy(&units).as_bytes()).into_owned();
    }
    text::printable(bytes).into_owned()
}

/// The short names of RFC 4514 section 3, and two that everybody uses.
fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => return None,
    })
}

/// A serial number in hexadecimal digits, at most thirty-two bytes of it.
pub type SerialText = ArrayString<64>;

/// A serial number as people write it.
pub(super) fn serial(integer: &[u8]) -> SerialText {
    let digits = match integer {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let mut text = SerialText::new();
    for digit in digits.iter().copied().flat_map(text::hex_digits) {
        // What does not fit is cut.
        let _full = text.try_push(digit.into());
    }
    text
}
