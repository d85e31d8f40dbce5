//! Which other clients fail at a server that takes the first hello.

use super::Finding;
use super::inquiry::{Inquiry, sentence};
use super::refused::complained;
use crate::diagnosis::Verdict;
use crate::probe::answer::{Ending, Exchange};
use crate::report::{Cause, Confidence, ProbeQuestion};
use crate::tls::alert;

/// With a name it answers, without one it does not: the hellos differ in nothing else, so that is certain. Silence may have
/// other reasons: likely.
pub(super) fn nameless(inquiry: &Inquiry<'_>) -> Option<Finding> {
    let named = inquiry.answered(ProbeQuestion::WithName)?;
    let nameless = inquiry.refused(ProbeQuestion::WithoutName)?;
    let confidence = match nameless.answer.ending {
        Ending::Silent | Ending::ConnectTimeout | Ending::HungUp { .. } => Confidence::Likely,
        _ => Confidence::Certain,
    };
    let verdict = Verdict::new(Cause::NoSniRejected, confidence, sentence(nameless));
    let verdict = verdict.and(sentence(named));
    Some(Finding::failure("clients without a server name", verdict))
}

/// A hello with a post-quantum share takes two segments.
///
/// 1. It is not answered in large segments, and is in small ones: large packets vanish on the path. Certain when there was
///    silence; a reset says that somebody minds.
/// 2. The server says why: that.
/// 3. Else the facts.
pub(super) fn post_quantum(inquiry: &Inquiry<'_>) -> Option<Finding> {
    let main = inquiry.main_answered()?;
    let large = inquiry.refused(ProbeQuestion::PostQuantum)?;
    let clients = "clients with a post-quantum key share (browsers of today)";
    let small = inquiry.answered(ProbeQuestion::PostQuantumInPieces);
    let (why, confidence) = match (&large.answer.ending, small) {
        (Ending::Silent, Some(_)) => (Cause::PathMtuBlackhole, Some(Confidence::Certain)),
        _ => complained(large).map_or((Cause::Unexplained, None), |said| {
            (said.cause, said.confidence)
        }),
    };
    let mut evidence = vec![sentence(large)];
    let bytes = large.asked.bytes.len();
    evidence.push(format!("that hello has {bytes} bytes"));
    evidence.extend(
        small
            .or_else(|| inquiry.refused(ProbeQuestion::PostQuantumInPieces))
            .map(sentence),
    );
    evidence.push(sentence(main));
    let verdict = Verdict {
        cause: why,
        confidence,
        evidence,
    };
    Some(Finding::failure(clients, verdict))
}

/// Application protocols that end the handshake.
pub(super) fn protocols(inquiry: &Inquiry<'_>) -> Option<Finding> {
    const ASKED: [(ProbeQuestion, &str); 4] = [
        (ProbeQuestion::AlpnH2, "HTTP/2"),
        (ProbeQuestion::AlpnHttp11, "HTTP/1.1"),
        (ProbeQuestion::AlpnNone, "no application protocol"),
        (ProbeQuestion::AlpnOther, "a protocol that it does not know"),
    ];
    let refusal = |exchange: &Exchange| {
        let says_so = exchange.answer.ending == Ending::Alert(alert::NO_APPLICATION_PROTOCOL);
        says_so || exchange.answer.is_wordless()
    };
    limit(inquiry, &ASKED, Cause::AlpnMismatch, refusal)
}

/// Versions that it does not take.
pub(super) fn versions(inquiry: &Inquiry<'_>) -> Option<Finding> {
    const ASKED: [(ProbeQuestion, &str); 4] = [
        (ProbeQuestion::Tls13, "TLS 1.3"),
        (ProbeQuestion::Tls12, "TLS 1.2"),
        (ProbeQuestion::Tls11, "TLS 1.1"),
        (ProbeQuestion::Tls10, "TLS 1.0"),
    ];
    limit(inquiry, &ASKED, Cause::ProtocolVersionMismatch, is_refusal)
}

/// Families of suites that it does not take, where it speaks TLS 1.2.
pub(super) fn suites(inquiry: &Inquiry<'_>) -> Option<Finding> {
    const ASKED: [(ProbeQuestion, &str); 4] = [
        (ProbeQuestion::Aead, "ECDHE with AEAD suites"),
        (ProbeQuestion::Cbc, "ECDHE with CBC suites"),
        (ProbeQuestion::RsaKeyExchange, "RSA key exchange"),
        (ProbeQuestion::Weak, "weak suites"),
    ];
    inquiry.answered(ProbeQuestion::Tls12)?;
    limit(inquiry, &ASKED, Cause::CipherMismatch, is_refusal)
}

/// The server ended it. Silence says nothing about what was offered.
fn is_refusal(exchange: &Exchange) -> bool {
    let ending = &exchange.answer.ending;
    matches!(ending, Ending::Alert(_) | Ending::Reset | Ending::Closed)
        || exchange.answer.is_answered()
}

/// What of these was refused, when something of them was answered, so that they are what matters.
fn limit(
    inquiry: &Inquiry<'_>,
    asked: &[(ProbeQuestion, &str)],
    why: Cause,
    is_refusal: impl Fn(&Exchange) -> bool,
) -> Option<Finding> {
    inquiry.main_answered()?;
    asked
        .iter()
        .find(|(question, _)| inquiry.answered(*question).is_some())?;
    let refused = asked.iter().filter_map(|(question, what)| {
        let exchange = inquiry.refused(*question).filter(|one| is_refusal(one))?;
        Some((exchange, *what))
    });
    let refused: Vec<_> = refused.collect();
    let (first, _) = refused.first()?;
    let whats: Vec<_> = refused.iter().map(|(_, what)| *what).collect();
    let clients = format!("clients that offer only {}", whats.join(", or only "));
    let rest = refused
        .iter()
        .skip(1)
        .map(|(exchange, _)| sentence(exchange));
    let verdict = Verdict::new(why, Confidence::Certain, sentence(first));
    Some(Finding::limit(clients, rest.fold(verdict, Verdict::and)))
}
