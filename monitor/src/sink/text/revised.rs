//! What is said about a verdict that has changed.

use super::super::style::Role;
use super::super::wrap::Wrapped;
use super::failure::advice;
use super::parts;
use crate::report::{Cause, Confidence, Revision, Transport};

/// Whose verdict it is, what is said now and what was said before, and what to do: each begins a line.
pub(super) fn write(revision: &Revision, lines: &mut Wrapped) {
    who(revision, lines);
    lines.end_line();
    why(revision, lines);
    lines.end_line();
    advice(revision.next.as_deref(), revision.cause, lines);
}

fn who(revision: &Revision, lines: &mut Wrapped) {
    let Revision { client, server, .. } = revision;
    parts::peers(client, revision.proxy_protocol, server, lines);
    if revision.transport == Transport::Quic {
        lines.text(Role::Plain, 2, "quic");
    }
    if let Some(name) = &revision.sni {
        lines
            .text(Role::Plain, 2, "sni")
            .whole(Role::Plain, 1, name);
    }
}

fn why(revision: &Revision, lines: &mut Wrapped) {
    lines.text(Role::Bad, 1, "revised:");
    let said = said(revision.cause, revision.confidence);
    lines.text(Role::Bad, 1, &format!("{said},"));
    let was = revision.was;
    let before = format!("was {}", self::said(was.cause, was.confidence));
    lines.text(Role::Faint, 1, &before);
    lines.text(Role::Plain, 2, &revision.evidence.join("; "));
}

/// `no-sni-rejected (certain)`.
fn said(cause: Cause, confidence: Option<Confidence>) -> String {
    confidence.map_or_else(
        || cause.to_string(),
        |confidence| format!("{cause} ({confidence})"),
    )
}
