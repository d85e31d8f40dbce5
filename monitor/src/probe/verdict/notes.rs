//! What is worth to be known and no failure.

use super::behind::shown;
use super::inquiry::Inquiry;
use crate::probe::answer::{Ending, Exchange, suite_name};
use crate::probe::questions::ended_early;
use crate::report::{ClientCertificateWish, ProbeQuestion};
use crate::tls::{Chain, alert};

/// A sentence for each.
pub(in crate::probe) fn notes(inquiry: &Inquiry<'_>) -> Vec<String> {
    let all = [
        stopped(inquiry),
        hidden(inquiry),
        alone(inquiry),
        asked_for_certificate(inquiry),
        other_name(inquiry),
        warned(inquiry),
        old_versions(inquiry),
        weak(inquiry),
        repeated(inquiry),
    ];
    all.into_iter().flatten().collect()
}

fn stopped(inquiry: &Inquiry<'_>) -> Option<String> {
    let unanswered = ended_early(inquiry.exchanges);
    unanswered.then(|| {
        "the rest of the questions was not asked: the answers would be the same".to_owned()
    })
}

fn hidden(inquiry: &Inquiry<'_>) -> Option<String> {
    let answered = inquiry.main_answered().is_some();
    (answered && shown(inquiry).is_none() && inquiry.of(ProbeQuestion::Tls12).is_some()).then(
        || {
            "the certificates were not seen: TLS 1.3 encrypts them, and TLS 1.2 is not spoken"
                .to_owned()
        },
    )
}

fn alone(inquiry: &Inquiry<'_>) -> Option<String> {
    let (_, chain) = shown(inquiry)?;
    let issuer = chain.leaf.certificate.issuer.as_deref()?;
    chain.complete.is_none().then(|| {
        format!("the certificate comes alone: a client that does not have {issuer} itself, a root or not, cannot check it")
    })
}

fn asked_for_certificate(inquiry: &Inquiry<'_>) -> Option<String> {
    let asks = |exchange: &&Exchange| exchange.answer.wish == ClientCertificateWish::Optional;
    inquiry.exchanges.iter().find(asks).map(|_| {
        "the server asks for a client certificate, and goes on without one; what it does then is not seen".to_owned()
    })
}

fn other_name(inquiry: &Inquiry<'_>) -> Option<String> {
    let named = inquiry.answered(ProbeQuestion::WithName)?;
    let other = inquiry.answered(ProbeQuestion::OtherName)?;
    let name = other.asked.name()?;
    let subject = |exchange: &Exchange| exchange.answer.chain.as_deref().map(subject);
    let same = match (subject(named), subject(other)) {
        (Some(one), Some(two)) if one != two => format!(", with the certificate {two}"),
        _ => String::new(),
    };
    Some(format!(
        "a name that nobody serves ({name}) is answered too{same}"
    ))
}

/// Some clients end the handshake at that warning.
fn warned(inquiry: &Inquiry<'_>) -> Option<String> {
    const WARNING: (u8, u8) = (alert::WARNING, alert::UNRECOGNIZED_NAME);
    let name = inquiry.main()?.asked.name()?;
    let warns = |exchange: &&Exchange| {
        exchange.asked.name() == Some(name) && exchange.answer.alerts.contains(&WARNING)
    };
    inquiry.exchanges.iter().find(warns).map(|_| {
        format!(
            "the server does not know the name {name}: it warns (unrecognized_name) and goes on"
        )
    })
}

fn subject(chain: &Chain) -> String {
    chain.leaf.certificate.subject_or_unknown().to_owned()
}

fn old_versions(inquiry: &Inquiry<'_>) -> Option<String> {
    let asked = [
        (ProbeQuestion::Tls11, "TLS 1.1"),
        (ProbeQuestion::Tls10, "TLS 1.0"),
    ];
    let answered = asked
        .iter()
        .filter(|(question, _)| inquiry.answered(*question).is_some());
    let versions: Vec<_> = answered.map(|(_, version)| *version).collect();
    let listed = versions.join(" and ");
    (!versions.is_empty())
        .then(|| format!("{listed} is still taken, which RFC 8996 advises against"))
}

fn weak(inquiry: &Inquiry<'_>) -> Option<String> {
    let exchange = inquiry.answered(ProbeQuestion::Weak)?;
    let suite = exchange.answer.hello.as_ref()?.cipher_suite;
    Some(format!("a weak suite is taken: {}", suite_name(suite)))
}

/// The hello of a report is answered now.
fn repeated(inquiry: &Inquiry<'_>) -> Option<String> {
    inquiry.answered(ProbeQuestion::SameHello)?;
    let retried = inquiry.main()?.answer.ending == Ending::Retry;
    let how = if retried {
        "by HelloRetryRequest"
    } else {
        "by ServerHello"
    };
    Some(format!(
        "the same hello is answered now ({how}): what failed then lies behind it, or has changed since"
    ))
}
