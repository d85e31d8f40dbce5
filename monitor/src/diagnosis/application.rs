//! Causes that lie in what the two sides speak: cleartext where TLS should be, or no application protocol in common.

use super::words::{LATELY, listed};
use super::{Case, Verdict, alert};
use crate::flow::Side;
use crate::handshake::Cleartext;
use crate::report::{Cause, Confidence, Outcome};
use crate::tls::alert::NO_APPLICATION_PROTOCOL;
use crate::tls::text;

/// The client's first bytes are a protocol that is known, and not TLS.
pub(super) fn plaintext_on_tls_port(case: &Case<'_>) -> Option<Verdict> {
    let protocol = case.talk.first_bytes.client.protocol()?;
    if protocol == Cleartext::Proxy {
        return proxy_header_refused(case);
    }
    (case.decision.outcome == Outcome::NotTls).then(|| {
        let evidence = format!("the client's first bytes are {protocol}, not a TLS record");
        Verdict::new(Cause::PlaintextOnTlsPort, Confidence::Certain, evidence)
    })
}

/// The server hung up on a PROXY protocol header, before the ClientHello that was to follow it.
fn proxy_header_refused(case: &Case<'_>) -> Option<Verdict> {
    case.talk.preamble.proxy()?;
    (case.decision.outcome == Outcome::NotTls && case.hung_up(Side::Server)).then(|| {
        let evidence = "the server ended the connection at the client's PROXY protocol header; \
                        a server that does not expect one takes it for garbage";
        Verdict::new(
            Cause::PlaintextOnTlsPort,
            Confidence::Likely,
            evidence.to_owned(),
        )
    })
}

/// The server answered a ClientHello with something that is not TLS.
pub(super) fn tls_on_plaintext_server(case: &Case<'_>) -> Option<Verdict> {
    let progress = &case.talk.progress;
    if progress.client_hello.is_none() || !progress.sides.server.not_tls {
        return None;
    }
    let (what, confidence) = match case.talk.first_bytes.server.protocol() {
        Some(protocol) => (protocol.to_string(), Confidence::Certain),
        None => (
            "bytes that are no TLS record".to_owned(),
            Confidence::Likely,
        ),
    };
    let evidence = format!("the server answered the ClientHello with {what}");
    Some(Verdict::new(
        Cause::TlsOnPlaintextServer,
        confidence,
        evidence,
    ))
}

/// The server speaks none of the application protocols that the client offers: alert no_application_protocol (RFC 7301
/// section 3.2). What it chose for others, where that could be seen, is added as evidence.
pub(super) fn alpn_mismatch(case: &Case<'_>) -> Option<Verdict> {
    let last = case.final_alert()?;
    let says = last.description == NO_APPLICATION_PROTOCOL;
    let evidence = says.then(|| alert::sentence(case, last))?;
    let verdict = Verdict::new(Cause::AlpnMismatch, Confidence::Certain, evidence);
    Some(verdict.and_all(protocols(case)))
}

/// What the client offers, beside what this endpoint chose for others.
fn protocols(case: &Case<'_>) -> Option<String> {
    let offer = case.offer()?;
    let shown = |name: &[u8]| text::printable(name).to_string();
    let (ours, theirs) = (&offer.hello.alpn, offer.profile);
    let ours = listed(ours.iter().map(shown));
    let theirs = listed(theirs.protocols().map(shown));
    Some(match (ours.is_empty(), theirs.is_empty()) {
        (true, _) => return None,
        (false, true) => format!("the client offers {ours}"),
        (false, false) => {
            format!("the client offers {ours}; this endpoint chose {theirs} {LATELY}")
        }
    })
}
