//! The questions of the runbook: what follows which, and how each is put to people.

use super::answer::{Ending, Exchange};
use super::offer::OTHER_NAME;
use crate::report::ProbeQuestion;
use crate::tls::alert;

/// All questions, in the order in which they are asked.
pub(super) const ORDER: &[ProbeQuestion] = &[
    ProbeQuestion::WithName,
    ProbeQuestion::WithoutName,
    ProbeQuestion::OtherName,
    ProbeQuestion::Tls13,
    ProbeQuestion::Tls12,
    ProbeQuestion::Tls11,
    ProbeQuestion::Tls10,
    ProbeQuestion::Aead,
    ProbeQuestion::Cbc,
    ProbeQuestion::RsaKeyExchange,
    ProbeQuestion::Weak,
    ProbeQuestion::AlpnH2,
    ProbeQuestion::AlpnHttp11,
    ProbeQuestion::AlpnNone,
    ProbeQuestion::AlpnOther,
    ProbeQuestion::Again,
    // The last ones: a server that serves one connection at a time is stuck in one whose hello vanishes.
    ProbeQuestion::PostQuantum,
    ProbeQuestion::PostQuantumInPieces,
];

/// The first question that was not asked and would tell something.
pub(super) fn next(so_far: &[Exchange], has_name: bool) -> Option<ProbeQuestion> {
    let last = so_far.last().map(|exchange| exchange.asked.question);
    let place = ORDER.iter().position(|question| Some(*question) == last);
    let rest = ORDER.get(place.map_or(0, |place| place + 1)..)?;
    let mut rest = rest.iter().copied();
    rest.find(|question| is_useful(*question, so_far, has_name))
}

fn is_useful(question: ProbeQuestion, so_far: &[Exchange], has_name: bool) -> bool {
    let any = so_far.iter().any(|exchange| exchange.answer.is_answered());
    match question {
        ProbeQuestion::WithName => has_name,
        ProbeQuestion::AlpnH2
        | ProbeQuestion::AlpnHttp11
        | ProbeQuestion::AlpnNone
        | ProbeQuestion::AlpnOther => any || refused_protocols(so_far),
        ProbeQuestion::PostQuantum | ProbeQuestion::Again => any,
        // Worth a try where the whole one failed.
        ProbeQuestion::PostQuantumInPieces => {
            any && !is_answered(so_far, ProbeQuestion::PostQuantum)
        }
        _ => true,
    }
}

/// The server shares no protocol with the hellos, which offer HTTP/2 and HTTP/1.1.
fn refused_protocols(so_far: &[Exchange]) -> bool {
    let refused = Ending::Alert(alert::NO_APPLICATION_PROTOCOL);
    so_far
        .iter()
        .any(|exchange| exchange.answer.ending == refused)
}

/// Whether this question was answered.
pub(super) fn is_answered(so_far: &[Exchange], question: ProbeQuestion) -> bool {
    let mut asked = so_far.iter();
    asked.any(|exchange| exchange.asked.question == question && exchange.answer.is_answered())
}

/// The name to ask for where the question is another: the one given, unless only another or none was answered.
pub(super) fn served_name<'a>(so_far: &[Exchange], name: Option<&'a str>) -> Option<&'a str> {
    let answered = |question| is_answered(so_far, question);
    match () {
        () if answered(ProbeQuestion::WithName) => name,
        () if answered(ProbeQuestion::WithoutName) => None,
        () if answered(ProbeQuestion::OtherName) => Some(OTHER_NAME),
        () => name,
    }
}

/// The question for people; `name` is the one that its hello asks for.
pub(super) fn words(question: ProbeQuestion, name: Option<&str>) -> String {
    let fixed = match question {
        ProbeQuestion::WithName => return format!("with the name {}", name.unwrap_or_default()),
        ProbeQuestion::OtherName => "with a name that is unknown",
        ProbeQuestion::WithoutName => "without a name",
        ProbeQuestion::Tls13 => "TLS 1.3 alone",
        ProbeQuestion::Tls12 => "TLS 1.2 alone",
        ProbeQuestion::Tls11 => "TLS 1.1 alone",
        ProbeQuestion::Tls10 => "TLS 1.0 alone",
        ProbeQuestion::Aead => "ECDHE with AEAD suites alone",
        ProbeQuestion::Cbc => "ECDHE with CBC suites alone",
        ProbeQuestion::RsaKeyExchange => "RSA key exchange alone",
        ProbeQuestion::Weak => "weak suites alone",
        ProbeQuestion::AlpnH2 => "ALPN h2",
        ProbeQuestion::AlpnHttp11 => "ALPN http/1.1",
        ProbeQuestion::AlpnNone => "no ALPN",
        ProbeQuestion::AlpnOther => "ALPN that is unknown",
        ProbeQuestion::PostQuantum => "post-quantum share",
        ProbeQuestion::PostQuantumInPieces => "the same in small segments",
        ProbeQuestion::Again => "the first question again",
        other => other.label(),
    };
    fixed.to_owned()
}
