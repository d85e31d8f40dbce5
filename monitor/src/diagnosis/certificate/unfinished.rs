//! TLS 1.3: the client leaves where its Finished should be, without an alert.

use crate::diagnosis::case::millis;
use crate::diagnosis::{Case, Verdict};
use crate::flow::Side;
use crate::handshake::PATIENCE;
use crate::report::{Cause, Confidence, EndedBy, EndedHow};

/// The client read the server's flight with its certificate, and closed the connection within a second, without Finished and
/// without an alert: possible, no more. Node.js refuses a certificate so, but a client that is closed while it waits does the
/// same. FIN tells that the flight was read: with bytes unread, close() sends RST.
pub(in crate::diagnosis) fn left_unfinished(case: &Case<'_>) -> Option<Verdict> {
    let talk = case.talk;
    let progress = &talk.progress;
    let closed = case.decision.by == EndedBy::Client && case.decision.how == EndedHow::Close;
    let waited = case.decision.at.since(talk.last_moved()?);
    let unfinished = talk.is_tls13() && progress.sides.client.protected.kept().is_empty();
    if !closed || !unfinished || !sent_certificate(case) || waited >= PATIENCE {
        return None;
    }
    let read = talk.has_all_of(Side::Server);
    read.then(|| {
        let waited = millis(waited);
        let evidence = format!(
            "the client took the server's flight and closed {waited} later, with neither Finished nor an alert: some clients refuse a certificate so"
        );
        Verdict::new(Cause::CertificateRejected, Confidence::Possible, evidence)
            .and("a client that is closed while it waits looks the same")
    })
}

/// The server's flight is long enough for a certificate, and none of a resumed session.
fn sent_certificate(case: &Case<'_>) -> bool {
    const SHORTEST: u32 = 300;
    let progress = &case.talk.progress;
    let flight = progress.sides.server.protected.kept().iter();
    let bytes: u32 = flight.map(|record| u32::from(record.len)).sum();
    let answer = progress.server_hello.as_ref();
    answer.is_some_and(|(answer, _)| !answer.psk) && bytes >= SHORTEST
}
