//! A check that found a route for clients without SNI that does not serve them.

use crate::frame::Timestamp;
use crate::report::{Cause, Check, Examined, Finding, Place, SCHEMA, Seen, Severity};

/// A check whose every free string is this one.
pub(crate) fn hostile(text: &str) -> Check {
    let mut check = check();
    for finding in &mut check.findings {
        for own in [
            &mut finding.what,
            &mut finding.why,
            &mut finding.fix,
            &mut finding.place.object,
        ] {
            text.clone_into(own);
        }
        finding.place.file = Some(text.to_owned());
        finding.place.field = Some(text.to_owned());
        if let Some(seen) = &mut finding.seen {
            seen.addresses = vec![text.to_owned()];
        }
    }
    check
}

/// One finding.
pub(crate) fn check() -> Check {
    Check {
        schema: SCHEMA.into(),
        time: Timestamp(1_747_629_980_117_000_000),
        examined: Examined {
            gateways: 1,
            routes: 1,
            virtualhosts: 0,
            secrets: 2,
            others: 0,
            handshakes: 12,
        },
        findings: vec![Finding {
            severity: Severity::Failure,
            cause: Some(Cause::NoSniRejected),
            what: "ApigeeRoute non-sni has the host \"*\", and not enableNonSniClient: true"
                .to_owned(),
            place: Place {
                file: Some("routes.yaml".to_owned()),
                line: Some(7),
                object: "ApigeeRoute apigee/non-sni".to_owned(),
                field: Some("spec.hostnames".to_owned()),
            },
            why: "hellos without a name are reset".to_owned(),
            fix: "set spec.enableNonSniClient: true".to_owned(),
            seen: Some(Seen {
                handshakes: 12,
                clients: 7,
                addresses: vec!["10.138.0.28".to_owned(), "10.138.0.29".to_owned()],
            }),
        }],
    }
}
