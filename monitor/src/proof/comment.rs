//! What is said in a capture about the handshakes in it.

use std::fmt::Write as _;

use super::kept::Proof;
use crate::report::{Cause, Confidence, EndedBy, EndedHow, Handshake};
use crate::sink::escape::escape;

/// The verdict on a handshake, a line each; nothing in it can command a terminal.
pub fn verdict_lines(proof: &Proof) -> String {
    let handshake = &proof.handshake;
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "tlsmon handshake {}: {}",
        handshake.id,
        verdict(handshake.cause, handshake.confidence, handshake)
    );
    let _ = writeln!(text, "{}", ends(handshake));
    let _ = writeln!(text, "{}", how_it_ended(handshake));
    for sentence in &handshake.evidence {
        let _ = writeln!(text, "- {sentence}");
    }
    if let Some(next) = &handshake.next {
        let _ = writeln!(text, "next: {next}");
    }
    if let Some(revision) = &proof.revision {
        let said = sure(revision.cause.label(), revision.confidence);
        let _ = writeln!(text, "revised at {}: {said}", revision.time);
        for sentence in &revision.evidence {
            let _ = writeln!(text, "- {sentence}");
        }
    }
    if proof.is_cut {
        text.push_str("incomplete: its first packets had made room for others when it failed\n");
    }
    if handshake.is_failure() {
        let _ = write!(text, "tlsmon explain {}", handshake.cause_or_unexplained());
    }
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// One line: when, who, why.
pub(super) fn headline(proof: &Proof) -> String {
    let handshake = &proof.handshake;
    let verdict = verdict(handshake.cause, handshake.confidence, handshake);
    let line = format!("{} {}: {verdict}", handshake.time, ends(handshake));
    escape(&line).into_owned()
}

fn verdict(cause: Option<Cause>, confidence: Option<Confidence>, handshake: &Handshake) -> String {
    match cause {
        None => handshake.outcome.to_string(),
        Some(cause) => sure(cause.label(), confidence),
    }
}

fn sure(cause: &str, confidence: Option<Confidence>) -> String {
    confidence.map_or_else(|| cause.to_owned(), |sure| format!("{cause} ({sure})"))
}

fn ends(handshake: &Handshake) -> String {
    let name = match handshake.sni() {
        Some(name) => format!("asking for {name}"),
        None if handshake.client_hello.is_some() => "without a server name".to_owned(),
        None => "without a ClientHello".to_owned(),
    };
    let (client, server) = (&handshake.client, &handshake.server);
    format!(
        "{} -> {} {name}",
        std::net::SocketAddr::new(client.address, client.port),
        std::net::SocketAddr::new(server.address, server.port)
    )
}

fn how_it_ended(handshake: &Handshake) -> String {
    let ended = handshake.ended;
    let how = match ended.how {
        EndedHow::None => "it did not end".to_owned(),
        EndedHow::Timeout => "nothing came in time".to_owned(),
        how if ended.by == EndedBy::Unknown => format!("ended by {how}"),
        how => format!("ended by the {}: {how}", ended.by),
    };
    let after = ended.after_ms.map(|ms| format!(", after {ms} ms"));
    let after = after.unwrap_or_default();
    format!("reached {}; {how}{after}", handshake.stage)
}
