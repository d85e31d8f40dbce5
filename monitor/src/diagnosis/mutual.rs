//! Endpoints that ask their clients for certificates: what became of others there.

use super::Case;
use super::words::{LATELY, counted};
use crate::report::Cause;

/// How many came with a certificate and how many without, as evidence beside a cause that lies in the client's.
pub(super) fn contrast(case: &Case<'_>, why: Cause) -> Option<String> {
    let mutual = matches!(
        why,
        Cause::ClientCertificateMissing | Cause::ClientCertificateRejected
    );
    if !mutual {
        return None;
    }
    let (with, without) = (case.with_sni(), case.without_sni());
    let certified = with.certified.saturating_add(without.certified);
    let uncertified = with.uncertified.saturating_add(without.uncertified);
    let seen = certified.saturating_add(uncertified) > 0;
    seen.then(|| {
        let many = counted(certified, "handshake");
        format!("{many} with a client certificate completed on this endpoint {LATELY}, {uncertified} without")
    })
}
