//! Why the server does not take the first hello: what it says itself, and what it takes instead.

use super::inquiry::{Inquiry, sentence};
use crate::diagnosis::Verdict;
use crate::probe::answer::{Ending, Exchange};
use crate::report::{Cause, Confidence, ProbeQuestion};
use crate::tls::alert;

/// The first rule that applies:
///
/// 1. The alert has one meaning only, or a version was chosen that was not offered: certain.
/// 2. Another hello is taken that differs in one thing: that is what the server minds. Certain.
/// 3. The alert names a failure of the server's own, or a hello that it cannot read: certain.
/// 4. No hello is taken whatever it says, and nothing says why: a name would help, or the server has no certificate.
/// 5. Nothing tells: the facts.
pub(super) fn why(inquiry: &Inquiry<'_>, main: &Exchange) -> Verdict {
    said(main)
        .or_else(|| contrast(inquiry, main))
        .or_else(|| complained(main))
        .or_else(|| nothing_works(inquiry, main))
        .unwrap_or_else(|| facts(inquiry))
}

/// The first question was answered once, and once not.
pub(super) fn unsteady(inquiry: &Inquiry<'_>) -> Verdict {
    let asked = [inquiry.main(), inquiry.of(ProbeQuestion::Again)];
    Verdict {
        cause: Cause::Unexplained,
        confidence: None,
        evidence: asked.into_iter().flatten().map(sentence).collect(),
    }
    .and("the same hello is not always answered alike: several servers behind one address, or one that is about to change")
}

fn said(main: &Exchange) -> Option<Verdict> {
    let has_name = main.asked.name().is_some();
    let why = match main.answer.ending {
        Ending::Alert(alert::UNRECOGNIZED_NAME) if has_name => Cause::UnknownSni,
        Ending::Alert(alert::UNRECOGNIZED_NAME) => Cause::NoSniRejected,
        Ending::Alert(alert::PROTOCOL_VERSION | alert::INAPPROPRIATE_FALLBACK) => {
            Cause::ProtocolVersionMismatch
        }
        Ending::Alert(alert::INSUFFICIENT_SECURITY) => Cause::CipherMismatch,
        Ending::Alert(alert::NO_APPLICATION_PROTOCOL) => Cause::AlpnMismatch,
        Ending::Alert(alert::ECH_REQUIRED) => Cause::EchRejected,
        Ending::Answered | Ending::Retry => not_offered(main),
        _ => return None,
    };
    let verdict = Verdict::new(why, Confidence::Certain, sentence(main));
    Some(if main.answer.is_answered() {
        verdict.and("that was not offered: a client ends the handshake there")
    } else {
        verdict
    })
}

/// The server chose what was not offered: a version, or else a suite.
fn not_offered(main: &Exchange) -> Cause {
    let chosen = main.answer.hello.as_ref().map(|hello| hello.version());
    match chosen {
        Some(version) if main.asked.offers_version(version) => Cause::CipherMismatch,
        _ => Cause::ProtocolVersionMismatch,
    }
}

/// Questions whose hello differs from the first in one thing, and the cause that it would be.
const CONTRASTS: &[(ProbeQuestion, Cause)] = &[
    (ProbeQuestion::WithoutName, Cause::UnknownSni),
    (ProbeQuestion::SameWithoutName, Cause::UnknownSni),
    (ProbeQuestion::Tls13, Cause::ProtocolVersionMismatch),
    (ProbeQuestion::Tls12, Cause::ProtocolVersionMismatch),
    (ProbeQuestion::Tls11, Cause::ProtocolVersionMismatch),
    (ProbeQuestion::Tls10, Cause::ProtocolVersionMismatch),
    (
        ProbeQuestion::SameWithVersions,
        Cause::ProtocolVersionMismatch,
    ),
    (ProbeQuestion::Aead, Cause::CipherMismatch),
    (ProbeQuestion::Cbc, Cause::CipherMismatch),
    (ProbeQuestion::RsaKeyExchange, Cause::CipherMismatch),
    (ProbeQuestion::Weak, Cause::CipherMismatch),
    (ProbeQuestion::SameWithSuites, Cause::CipherMismatch),
    (ProbeQuestion::SameWithGroups, Cause::CipherMismatch),
    (ProbeQuestion::SameWithSchemes, Cause::CipherMismatch),
    (ProbeQuestion::PostQuantum, Cause::CipherMismatch),
    (ProbeQuestion::AlpnNone, Cause::AlpnMismatch),
    (ProbeQuestion::SameWithoutAlpn, Cause::AlpnMismatch),
];

fn contrast(inquiry: &Inquiry<'_>, main: &Exchange) -> Option<Verdict> {
    let named = [
        (ProbeQuestion::SameWithName, named_cause(main)),
        // A client that asks for no name gets no answer, and one that asks for any does.
        (ProbeQuestion::OtherName, named_cause(main)),
    ];
    // A hello that is answered in small segments and otherwise by silence vanishes on the way.
    let silent = main.answer.ending == Ending::Silent;
    let size = [(ProbeQuestion::SameInPieces, Cause::PathMtuBlackhole)];
    let size = size.iter().filter(|_| silent);
    let mut contrasts = named.iter().chain(CONTRASTS).chain(size);
    let (taken, why) =
        contrasts.find_map(|(question, why)| Some((inquiry.answered(*question)?, *why)))?;
    let verdict = Verdict::new(why, Confidence::Certain, sentence(main)).and(sentence(taken));
    Some(verdict)
}

/// What it is when the server takes the hello with another name.
fn named_cause(main: &Exchange) -> Cause {
    if main.asked.name().is_some() {
        Cause::UnknownSni
    } else {
        Cause::NoSniRejected
    }
}

pub(super) fn complained(main: &Exchange) -> Option<Verdict> {
    let why = match main.answer.ending {
        Ending::Alert(alert::INTERNAL_ERROR) => Cause::ServerInternalError,
        Ending::Alert(
            alert::DECODE_ERROR
            | alert::ILLEGAL_PARAMETER
            | alert::UNEXPECTED_MESSAGE
            | alert::BAD_RECORD_MAC,
        ) => Cause::MalformedMessage,
        _ => return None,
    };
    Some(Verdict::new(why, Confidence::Certain, sentence(main)))
}

/// Every question of the runbook was refused, in every version.
fn nothing_works(inquiry: &Inquiry<'_>, main: &Exchange) -> Option<Verdict> {
    let asked_all = inquiry.of(ProbeQuestion::Tls10).is_some();
    let vague = matches!(
        main.answer.ending,
        Ending::Alert(alert::HANDSHAKE_FAILURE | alert::ACCESS_DENIED)
    );
    if !asked_all || !(main.answer.is_wordless() || vague) {
        return None;
    }
    let count = inquiry.exchanges.len();
    let all = format!("{count} hellos of every version were refused, none was answered");
    let (why, hint) = match main.asked.name() {
        Some(name) => (
            Cause::EndpointWithoutCertificate,
            format!(
                "or it serves other names than {name}: ask with --sni for one that it is known to serve"
            ),
        ),
        None => (
            Cause::NoSniRejected,
            "there was no name to ask for: give one that it serves with --sni".to_owned(),
        ),
    };
    let verdict = Verdict::new(why, Confidence::Possible, sentence(main));
    Some(verdict.and(all).and(hint))
}

fn facts(inquiry: &Inquiry<'_>) -> Verdict {
    Verdict {
        cause: Cause::Unexplained,
        confidence: None,
        evidence: inquiry.exchanges.iter().map(sentence).collect(),
    }
}
