//! What is said about a verdict that has changed.

use super::super::style::Role;
use super::super::wrap::Paragraph;
use super::failure::advice;
use super::parts;
use crate::report::{Cause, Confidence, Revision, Transport};

/// Whose verdict it is, what is said now and what was said before, and what to do: a paragraph each.
pub(super) fn paragraphs(revision: &Revision) -> Vec<Paragraph> {
    let next = revision.next.as_deref();
    vec![who(revision), why(revision), advice(next, revision.cause)]
}

fn who(revision: &Revision) -> Paragraph {
    let mut line = Paragraph::default();
    let Revision { client, server, .. } = revision;
    parts::peers(client, revision.proxy_protocol, server, &mut line);
    if revision.transport == Transport::Quic {
        line.text(Role::Plain, 2, "quic");
    }
    if let Some(name) = &revision.sni {
        line.text(Role::Plain, 2, "sni").whole(Role::Plain, 1, name);
    }
    line
}

fn why(revision: &Revision) -> Paragraph {
    let mut line = Paragraph::default();
    line.text(Role::Bad, 1, "revised:");
    let said = said(revision.cause, revision.confidence);
    line.text(Role::Bad, 1, &format!("{said},"));
    let was = revision.was;
    let before = format!("was {}", self::said(was.cause, was.confidence));
    line.text(Role::Faint, 1, &before);
    line.text(Role::Plain, 2, &revision.evidence.join("; "));
    line
}

/// `no-sni-rejected (certain)`.
fn said(cause: Cause, confidence: Option<Confidence>) -> String {
    confidence.map_or_else(
        || cause.to_string(),
        |confidence| format!("{cause} ({confidence})"),
    )
}
