//! The certificates that a server sent lately.

use std::sync::Arc;

use arrayvec::ArrayVec;

use crate::frame::Timestamp;
use crate::report::CertificateReport;
use crate::tls::{Date, Sha256Text};

/// Certificates that are told apart at one endpoint.
const CERTIFICATES: usize = 8;

/// The last certificates of one endpoint. A new one takes the place of that which was sent last longest ago.
#[derive(Clone, Debug, Default)]
pub struct Certificates(ArrayVec<Certificate, CERTIFICATES>);

/// One certificate: what a person asks first.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// SHA-256 of its DER, hexadecimal.
    pub fingerprint: Sha256Text,
    /// Whose it is.
    pub subject: Option<Arc<str>>,
    /// Who issued it.
    pub issuer: Option<Arc<str>>,
    /// What it is for.
    pub names: Arc<[Arc<str>]>,
    /// The first second of its validity.
    pub not_before: Option<Date>,
    /// The last second of its validity.
    pub not_after: Option<Date>,
    /// In how many handshakes it was sent.
    pub count: u64,
    /// When the last of them began.
    pub last: Timestamp,
}

impl Certificates {
    /// Those that were sent, the latest first.
    pub fn latest_first(&self) -> Vec<&Certificate> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|one| (std::cmp::Reverse(one.last), one.fingerprint));
        all
    }

    pub(super) fn sent(&mut self, report: &CertificateReport, at: Timestamp) {
        let mut known = self.0.iter_mut();
        if let Some(known) = known.find(|known| known.fingerprint == report.fingerprint_sha256) {
            known.count += 1;
            known.last = known.last.max(at);
            return;
        }
        let new = Certificate::of(report, at);
        if !self.0.is_full() {
            self.0.push(new);
        } else if let Some(oldest) = self.0.iter_mut().min_by_key(|one| one.last) {
            *oldest = new;
        }
    }
}

impl Certificate {
    fn of(report: &CertificateReport, at: Timestamp) -> Self {
        Self {
            fingerprint: report.fingerprint_sha256,
            subject: report.subject.clone(),
            issuer: report.issuer.clone(),
            names: Arc::clone(&report.names),
            not_before: report.not_before,
            not_after: report.not_after,
            count: 1,
            last: at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn each_certificate_is_held_once_and_the_one_sent_longest_ago_makes_room() {
        let certificate = *example::established().certificate.unwrap();
        let mut certificates = Certificates::default();
        for number in 0..=CERTIFICATES as u64 {
            let mut other = certificate.clone();
            other.fingerprint_sha256 = Sha256Text::from(&format!("{number:064}")).unwrap();
            certificates.sent(&other, Timestamp(number));
            certificates.sent(&other, Timestamp(number));
        }
        let held = certificates.latest_first();
        assert_eq!(held.len(), CERTIFICATES);
        assert_eq!((held[0].last, held[0].count), (Timestamp(8), 2));
        assert_eq!(held[CERTIFICATES - 1].last, Timestamp(1));
    }
}
