//! The names that a certificate is for.

use std::net::IpAddr;
use std::sync::Arc;

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::coverage::{self, Coverage};
use super::fields::Fields;
use super::identity;
use crate::tls::{ServerName, text};

/// How many names of a certificate are kept.
const MAX_NAMES: usize = 100;
/// The longest name that is kept, in bytes. A DNS name has at most 253 (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = ServerName::MAX;

/// The names of a certificate: those of its subjectAltName (RFC 5280 section 4.2.1.6), else its common name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// DNS names and IP addresses, escaped; at most a hundred, and none longer than a DNS name can be.
    pub kept: Arc<[Arc<str>]>,
    /// How many more there were.
    pub left_out: usize,
}

impl Names {
    /// Reads the names, and looks whether they cover the one that the client asked for.
    pub(super) fn read(
        fields: &Fields<'_>,
        asked: Option<&ServerName>,
    ) -> (Self, Option<Coverage>) {
        let asked = asked
            .filter(|name| name.is_whole())
            .map(ServerName::as_bytes);
        let extensions: Vec<_> = fields.extensions().collect();
        let alternative = extensions.iter().find_map(|extension| match extension {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        });
        let Some(alternative) = alternative else {
            return Self::by_common_name(fields, asked);
        };
        let covered = asked.is_some_and(|asked| alternative.iter().any(|name| covers(name, asked)));
        let coverage = if covered {
            Coverage::Covered
        } else {
            Coverage::NotCovered
        };
        (Self::shown(alternative), asked.map(|_| coverage))
    }

    /// There is no subjectAltName: the common name is shown, and does not count (RFC 9525 section 2).
    fn by_common_name(fields: &Fields<'_>, asked: Option<&[u8]>) -> (Self, Option<Coverage>) {
        let name = X509Name::from_der(fields.subject);
        let common = name
            .as_ref()
            .ok()
            .and_then(|(_, name)| name.iter_common_name().last());
        let would_match =
            |asked: &[u8]| common.is_some_and(|common| coverage::matches(common.as_slice(), asked));
        let coverage = asked.map(|asked| {
            if would_match(asked) {
                Coverage::CommonNameOnly
            } else {
                Coverage::NotCovered
            }
        });
        let short = common.filter(|common| common.as_slice().len() <= LONGEST_NAME);
        let kept = short.map(|common| identity::value(common).into());
        let names = Self {
            kept: kept.into_iter().collect(),
            left_out: 0,
        };
        (names, coverage)
    }

    fn shown(alternative: &[GeneralName<'_>]) -> Self {
        let is_long = |name: &GeneralName<'_>| matches!(name, GeneralName::DNSName(name) if name.len() > LONGEST_NAME);
        let long = alternative.iter().filter(|name| is_long(name)).count();
        let mut shown = alternative
            .iter()
            .filter(|name| !is_long(name))
            .filter_map(shown);
        Self {
            kept: shown.by_ref().take(MAX_NAMES).collect(),
            left_out: shown.count().saturating_add(long),
        }
    }
}

/// A DNS name or an IP address as it is shown.
fn shown(name: &GeneralName<'_>) -> Option<Arc<str>> {
    match name {
        GeneralName::DNSName(name) => Some(text::printable(name.as_bytes()).into()),
        GeneralName::IPAddress(address) => Some(ip(address)?.to_string().into()),
        _ => None,
    }
}

fn covers(name: &GeneralName<'_>, asked: &[u8]) -> bool {
    let literal = std::str::from_utf8(asked)
        .ok()
        .and_then(|asked| asked.parse::<IpAddr>().ok());
    match (name, literal) {
        (GeneralName::DNSName(name), None) => coverage::matches(name.as_bytes(), asked),
        (GeneralName::IPAddress(address), Some(literal)) => ip(address) == Some(literal),
        _ => false,
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}
