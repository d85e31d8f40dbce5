//! Why no question was answered at all: what TCP alone shows, silence, and servers that speak no TLS.

use super::inquiry::{Inquiry, sentence};
use crate::diagnosis::{Verdict, millis};
use crate::probe::answer::{Answer, Ending, Exchange};
use crate::report::{Cause, Confidence};

/// A kernel repeats a SYN after a second: who waited longer has asked twice.
const REPEATED: std::time::Duration = std::time::Duration::from_millis(1100);

/// Every question ended in the same way, before TLS.
///
/// 1. The SYN was answered by RST: refused.
/// 2. It was not answered: certain when it was repeated in vain. The system knows no way: likely.
/// 3. The connections were ended before the hello was sent: that has no cause of its own.
/// 4. The hello was never answered by a byte: silent, certain after two questions.
/// 5. The answer is cleartext: certain where the protocol is known.
pub(super) fn unreachable(inquiry: &Inquiry<'_>) -> Option<Verdict> {
    let main = inquiry.main()?;
    let ending = &main.answer.ending;
    let alike = inquiry.all(|answer| is_alike(answer, &main.answer));
    if !alike {
        return None;
    }
    match ending {
        Ending::Refused => Some(refused(main)),
        Ending::ConnectTimeout => Some(timeout(main)),
        Ending::Unreachable(_) => Some(Verdict::new(
            Cause::ConnectionTimeout,
            Confidence::Likely,
            sentence(main),
        )),
        Ending::HungUp { .. } => Some(hung_up(inquiry, main)),
        Ending::Silent => Some(silent(inquiry, main)),
        Ending::Cleartext(protocol) => Some(Verdict::new(
            Cause::TlsOnPlaintextServer,
            if protocol.is_some() {
                Confidence::Certain
            } else {
                Confidence::Likely
            },
            format!("the hello was answered by {}", main.answer.words()),
        )),
        _ => None,
    }
}

fn is_alike(one: &Answer, other: &Answer) -> bool {
    std::mem::discriminant(&one.ending) == std::mem::discriminant(&other.ending)
}

fn refused(main: &Exchange) -> Verdict {
    let after = millis(main.answer.took);
    let evidence = format!(
        "the SYN was answered by RST after {after}: nothing listens on that port, or a firewall rejects"
    );
    Verdict::new(Cause::ConnectionRefused, Confidence::Certain, evidence)
}

fn timeout(main: &Exchange) -> Verdict {
    let waited = main.answer.took;
    let confidence = if waited >= REPEATED {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let evidence = format!("no answer to the SYN within {}", millis(waited));
    Verdict::new(Cause::ConnectionTimeout, confidence, evidence)
}

fn hung_up(inquiry: &Inquiry<'_>, main: &Exchange) -> Verdict {
    Verdict {
        cause: Cause::Unexplained,
        confidence: None,
        evidence: vec![
            format!(
                "{} of {} connections: {}, {} after they were set up",
                inquiry.exchanges.len(),
                inquiry.exchanges.len(),
                main.answer.words(),
                millis(main.answer.took)
            ),
            "whoever accepts them does not wait for a hello: a limit, an address filter, or a load balancer without a healthy backend".to_owned(),
        ],
    }
}

fn silent(inquiry: &Inquiry<'_>, main: &Exchange) -> Verdict {
    let count = inquiry.exchanges.len();
    let confidence = if count > 1 {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let waited = millis(main.answer.took);
    let evidence = format!(
        "the connection is set up, and of {count} different hellos none was answered by a single byte within {waited}"
    );
    Verdict::new(Cause::ServerSilent, confidence, evidence)
}
