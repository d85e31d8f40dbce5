//! What is wrong with a chain for everybody to see, whether or not a client refused it.

use super::Faults;
use crate::diagnosis::Verdict;
use crate::frame::Timestamp;
use crate::report::Confidence;
use crate::tls::{Chain, ServerName, Staple};

/// What a client that checks this chain for `asked` will find wrong, and all that is: certain, but for a fault that many
/// clients are told to accept.
pub(crate) fn visible(
    chain: &Chain,
    staple: Option<&Staple>,
    asked: Option<&ServerName>,
    at: Timestamp,
) -> Option<Verdict> {
    let faults = Faults {
        chain,
        staple,
        asked,
        at,
    };
    let mut all = faults.all().into_iter();
    let first = all.next()?;
    let confidence = if first.is_common {
        Confidence::Likely
    } else {
        Confidence::Certain
    };
    let verdict = Verdict::new(first.cause, confidence, first.what);
    Some(all.map(|fault| fault.what).fold(verdict, Verdict::and))
}
