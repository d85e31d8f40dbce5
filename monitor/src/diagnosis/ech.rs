//! Encrypted Client Hello.

use super::{Case, Verdict, alert};
use crate::report::{Cause, Confidence};
use crate::tls::alert::ECH_REQUIRED;

/// The client insists on Encrypted Client Hello and the server did not take it: alert ech_required (RFC 9849 section 6.1.6).
/// A client sends it encrypted; in the clear it comes from few.
pub(super) fn rejected(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    (last.description == ECH_REQUIRED).then(|| {
        let evidence = alert::sentence(case, last);
        Verdict::new(Cause::EchRejected, Confidence::Certain, evidence)
    })
}
