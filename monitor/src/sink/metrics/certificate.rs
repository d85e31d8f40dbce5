//! When certificates expire.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::labels;
use crate::report::CertificateReport;

/// The name that a certificate goes by: the first that it is for, else its subject.
pub(super) fn name(certificate: &CertificateReport) -> Option<Arc<str>> {
    let name = certificate.names.first().or(certificate.subject.as_ref())?;
    Some(labels::value(name))
}

/// What stands for a name where names are counted.
pub(super) fn key(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
