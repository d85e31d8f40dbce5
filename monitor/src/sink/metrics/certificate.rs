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

/// The last second of its validity, since the Unix epoch. A calendar date, since the last instant that [`jiff`] knows is
/// before the year 9999 is over, and that is what certificates without an end have.
pub(super) fn not_after(certificate: &CertificateReport) -> Option<i64> {
    let date = certificate.not_after.as_deref()?.strip_suffix('Z')?;
    let date: jiff::civil::DateTime = date.parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    Some(date.duration_since(epoch).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::example;

    #[test]
    fn a_date_is_seconds_since_the_epoch_in_any_year() {
        let mut certificate = example::established().certificate.unwrap();
        assert_eq!(not_after(&certificate), Some(1_748_563_200));
        certificate.not_after = Some("9999-12-31T23:59:59Z".into());
        assert_eq!(not_after(&certificate), Some(253_402_300_799));
        certificate.not_after = Some("never".into());
        assert_eq!(not_after(&certificate), None);
    }
}
