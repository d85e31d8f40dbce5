//! What is wrong with a stapled OCSP response.

use super::{Fault, Faults};
use crate::report::Cause;
use crate::tls::{OcspAnswer, OcspStatus};

impl Faults<'_> {
    /// What is wrong with the staple. Only that it says revoked is something that no client overlooks.
    pub(super) fn status(&self) -> Option<Fault> {
        let staple = self.staple?;
        let Some(answer) = &staple.answer else {
            return Some(overlooked("has no answer"));
        };
        if Some(&answer.serial) != self.chain.leaf.serial.as_ref() {
            return Some(overlooked("is about another certificate"));
        }
        match answer.status? {
            OcspStatus::Revoked { at, .. } => {
                let since = at.map_or_else(String::new, |at| format!(" since {at}"));
                let what = format!("says that the certificate is revoked{since}");
                Some(Fault {
                    is_common: false,
                    ..overlooked(&what)
                })
            }
            OcspStatus::Unknown => Some(overlooked("says that the certificate is not known")),
            OcspStatus::Good => self.stale(answer),
        }
    }

    fn stale(&self, answer: &OcspAnswer) -> Option<Fault> {
        let next = answer.next_update.filter(|_| answer.is_stale(self.at))?;
        Some(overlooked(&format!("is stale since {next}")))
    }
}

/// A fault that many clients overlook.
fn overlooked(what: &str) -> Fault {
    Fault {
        cause: Cause::CertificateRejected,
        what: format!("the stapled OCSP response {what}"),
        is_common: true,
    }
}
