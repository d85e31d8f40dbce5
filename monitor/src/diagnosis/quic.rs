//! Causes that only QUIC shows: its versions, its error codes, its silence.

use super::case::{error_name, millis};
use super::{Case, Verdict};
use crate::report::{Cause, Confidence, EndedBy, EndedHow};

/// The server answered that it does not speak the client's version, and the client did not try another.
pub(super) fn version_negotiation(case: &Case<'_>) -> Option<Verdict> {
    let quic = case.talk.carrier.quic()?;
    let (negotiation, asked) = (quic.negotiated_away()?, quic.version?);
    let offered: Vec<_> = negotiation
        .versions
        .iter()
        .map(ToString::to_string)
        .collect();
    let evidence = format!(
        "the client speaks {asked}, the server answered that it speaks {}, and the client did not try again",
        offered.join(", ")
    );
    Some(Verdict::new(
        Cause::ProtocolVersionMismatch,
        Confidence::Certain,
        evidence,
    ))
}

/// A CONNECTION_CLOSE in the clear whose error code has one meaning (RFC 9000 section 20.1, RFC 9368 section 10.2). TLS
/// alerts are told elsewhere; NO_ERROR and APPLICATION_ERROR say nothing.
pub(super) fn closed(case: &Case<'_>) -> Option<Verdict> {
    let error = case.talk.carrier.quic()?.error?;
    let why = meaning(error, case.decision.by == EndedBy::Server)
        .filter(|_| case.decision.how == EndedHow::Close)?;
    let error = error_name(error);
    let evidence = format!("{} CONNECTION_CLOSE with error {error}", case.decision.by);
    Some(Verdict::new(why, Confidence::Certain, evidence))
}

const fn meaning(error: u64, by_server: bool) -> Option<Cause> {
    Some(match error {
        // INTERNAL_ERROR
        0x01 if by_server => Cause::ServerInternalError,
        // CONNECTION_REFUSED
        0x02 if by_server => Cause::ConnectionRefused,
        // FLOW_CONTROL_ERROR, FRAME_ENCODING_ERROR, TRANSPORT_PARAMETER_ERROR, PROTOCOL_VIOLATION, CRYPTO_BUFFER_EXCEEDED
        0x03 | 0x07 | 0x08 | 0x0a | 0x0d => Cause::MalformedMessage,
        // VERSION_NEGOTIATION_ERROR
        0x11 => Cause::ProtocolVersionMismatch,
        _ => return None,
    })
}

/// Initial packets, and nothing came back. UDP acknowledges nothing: a server that is silent and a path that drops them look
/// the same. One that was sent but once may have had an answer that passed elsewhere.
pub(super) fn silent(case: &Case<'_>) -> Option<Verdict> {
    let is_quic = case.talk.carrier.quic().is_some();
    let silent = case.talk.carrier.is_only_opening() && case.decision.how == EndedHow::Timeout;
    if !is_quic || !silent {
        return None;
    }
    let knocks = case.talk.knocks();
    let confidence = if knocks > 1 {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let waited = millis(case.delay());
    let evidence = format!(
        "the client knocked {knocks} times and no datagram came back within {waited}; a path that drops UDP looks the same"
    );
    Some(Verdict::new(Cause::ServerSilent, confidence, evidence))
}
