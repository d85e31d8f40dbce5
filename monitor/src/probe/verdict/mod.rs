//! Why clients fail at a server, told from its answers: small rules, each over the contrast of two or more.
//!
//! 1. Nothing can be told but why no question was answered (`transport`).
//! 2. The first question, which is what an ordinary client asks, was not answered: why that is (`refused`).
//! 3. It was: who else fails (`limits`), and what an ordinary client will find wrong behind the ServerHello (`behind`).

mod behind;
mod inquiry;
mod limits;
mod notes;
mod refused;
mod transport;

pub(super) use inquiry::Inquiry;
pub(super) use notes::notes;

use crate::diagnosis::Verdict;
use crate::report::{Confidence, ProbeVerdictKind};

/// A verdict, and which clients it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) kind: ProbeVerdictKind,
    pub(super) clients: String,
    pub(super) verdict: Verdict,
}

impl Finding {
    fn failure(clients: &str, verdict: Verdict) -> Self {
        Self {
            kind: ProbeVerdictKind::Failure,
            clients: clients.to_owned(),
            verdict,
        }
    }

    fn limit(clients: String, verdict: Verdict) -> Self {
        Self {
            kind: ProbeVerdictKind::Limit,
            clients,
            verdict,
        }
    }
}

/// Clients that ask as the first question does.
const EVERY_CLIENT: &str = "every client";

/// All that follows from the answers, what matters most first.
pub(super) fn findings(inquiry: &Inquiry<'_>) -> Vec<Finding> {
    if let Some(verdict) = transport::unreachable(inquiry) {
        return vec![Finding::failure(EVERY_CLIENT, verdict)];
    }
    let Some(main) = inquiry.main() else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if inquiry.is_unsteady() {
        let verdict = refused::unsteady(inquiry);
        findings.push(Finding::failure("some clients, some of the time", verdict));
    } else if !main.answer.suits(&main.asked) {
        let verdict = refused::why(inquiry, main);
        findings.push(Finding::failure(inquiry.main_clients(), verdict));
    }
    findings.extend(behind::certificate(inquiry));
    findings.extend(behind::client_certificate(inquiry));
    findings.extend(limits::nameless(inquiry));
    findings.extend(limits::post_quantum(inquiry));
    findings.extend(limits::protocols(inquiry));
    findings.extend(limits::versions(inquiry));
    findings.extend(limits::suites(inquiry));
    if inquiry.is_unsteady() {
        findings.iter_mut().for_each(doubt);
    }
    findings
}

/// Contrast between single answers means little where the server does not always answer alike.
fn doubt(finding: &mut Finding) {
    if finding.verdict.confidence.is_some() {
        finding.verdict.confidence = Some(Confidence::Possible);
    }
}

#[cfg(test)]
mod tests;
