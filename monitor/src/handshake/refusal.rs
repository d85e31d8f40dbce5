//! Encrypted alerts that refuse a certificate (TLS 1.3), whoever then hangs up first.

use super::Progress;
use crate::flow::Side;
use crate::report::Inferred;
use crate::tls::Version;

impl Progress {
    /// The client's last record stands where its Finished should be, and has an alert's size. With early data that may be
    /// data.
    pub(super) fn client_refuses(&self) -> bool {
        let hello = self.client_hello.as_ref();
        let client = &self.sides.client;
        self.version().is_some_and(Version::is_tls13)
            && client.finished.is_none()
            && client.maybe_alert.is_some()
            && hello.is_none_or(|(hello, _)| !hello.early_data)
    }

    /// The client answered a CertificateRequest, and the first that the server says to its Finished has an alert's size. The
    /// client had not said goodbye: then that could be the answer.
    pub(super) fn server_refuses(&self) -> bool {
        if self.sides[Side::Server].maybe_alert.is_none() || self.farewell.is_some() {
            return false;
        }
        let inferred = self.inferred();
        let ends_with_alert = |records: &[super::Meaning]| {
            records
                .last()
                .is_some_and(|last| last.contains(&Inferred::Alert))
        };
        let asked = inferred.client.iter().copied().any(|record| {
            record.contains(&Inferred::EmptyCertificate) || record.contains(&Inferred::Certificate)
        });
        asked && ends_with_alert(&inferred.server)
    }
}
