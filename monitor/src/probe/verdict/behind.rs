//! What an ordinary client finds behind the ServerHello, where it is in the clear: TLS 1.2 and before.

use super::inquiry::{Inquiry, sentence};
use super::{EVERY_CLIENT, Finding};
use crate::diagnosis::{Verdict, visible_faults};
use crate::probe::answer::Exchange;
use crate::report::{Cause, ClientCertificateWish, Confidence, ProbeQuestion};
use crate::tls::Chain;

/// The exchange that shows the certificates which clients get that ask as the first question does, and the certificates.
pub(super) fn shown<'a>(inquiry: &Inquiry<'a>) -> Option<(&'a Exchange, &'a Chain)> {
    let main = inquiry.main()?;
    let mut same_name = inquiry
        .exchanges
        .iter()
        .filter(|exchange| exchange.asked.name() == main.asked.name());
    same_name.find_map(|exchange| Some((exchange, exchange.answer.chain.as_deref()?)))
}

/// Something is wrong with the certificates: a client that checks them will refuse.
pub(super) fn certificate(inquiry: &Inquiry<'_>) -> Option<Finding> {
    let (exchange, chain) = shown(inquiry)?;
    let staple = exchange.answer.staple.as_deref();
    let verdict = visible_faults(chain, staple, exchange.asked.name(), inquiry.at)?;
    Some(Finding::failure(
        "clients that check the certificate",
        verdict,
    ))
}

/// The server asked for the client's certificate and refused to go on without.
pub(super) fn client_certificate(inquiry: &Inquiry<'_>) -> Option<Finding> {
    let wants = |exchange: &&Exchange| exchange.answer.wish == ClientCertificateWish::Required;
    let exchange = inquiry.exchanges.iter().find(wants)?;
    let verdict = Verdict::new(
        Cause::ClientCertificateMissing,
        Confidence::Certain,
        "the server asked for a client certificate, and ended the handshake when it was told that there is none".to_owned(),
    );
    let clients = match inquiry.main().map(|main| main.asked.question) {
        Some(ProbeQuestion::SameHello) => EVERY_CLIENT,
        _ => "clients without a certificate",
    };
    Some(Finding::failure(clients, verdict.and(sentence(exchange))))
}
