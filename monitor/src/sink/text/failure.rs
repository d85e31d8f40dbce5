//! What is said about a handshake that was not established.

use super::super::style::Role;
use super::super::wrap::Paragraph;
use super::parts;
use crate::report::{Cause, EndedHow, Handshake};

/// Who it was, why it failed, what was not seen, and what to do: a paragraph each.
pub(super) fn paragraphs(handshake: &Handshake) -> Vec<Paragraph> {
    let mut paragraphs = vec![who(handshake), why(handshake)];
    if !handshake.capture.missing.is_empty() || handshake.capture.sample_rate > 1 {
        paragraphs.push(unseen(handshake));
    }
    let next = handshake.next.as_deref();
    paragraphs.extend(handshake.cause.map(|cause| advice(next, cause)));
    paragraphs
}

/// The next step, and where more is said.
pub(super) fn advice(next: Option<&str>, cause: Cause) -> Paragraph {
    let mut line = Paragraph::default();
    line.text(Role::Advice, 1, "next:");
    let mut gap = 1;
    if let Some(next) = next {
        line.text(Role::Plain, 1, next);
        gap = 3;
    }
    line.shown(Role::Faint, gap, format_args!("tlsmon explain {cause}"));
    line
}

fn who(handshake: &Handshake) -> Paragraph {
    let mut line = Paragraph::default();
    parts::ends(handshake, &mut line);
    parts::asked_name(handshake, &mut line);
    line
}

fn why(handshake: &Handshake) -> Paragraph {
    let mut line = Paragraph::default();
    verdict(handshake, &mut line);
    if handshake.evidence.is_empty() {
        line.text(Role::Plain, 2, &ending(handshake));
    } else {
        line.text(Role::Plain, 2, &handshake.evidence.join("; "));
    }
    line
}

/// The cause and how sure it is; without one, the outcome.
fn verdict(handshake: &Handshake, line: &mut Paragraph) {
    let role = if handshake.is_failure() {
        Role::Bad
    } else {
        Role::Warning
    };
    let word = match handshake.cause {
        Some(cause) => cause.label(),
        None => handshake.outcome.label(),
    };
    line.text(role, 1, word);
    if let Some(knock) = handshake.probe {
        let source = knock
            .source
            .map_or_else(String::new, |source| format!(", {source}"));
        line.text(Role::Faint, 1, &format!("({}{source})", knock.kind));
    }
    if let Some(confidence) = handshake.confidence {
        line.shown(Role::Faint, 1, format_args!("({confidence})"));
    }
}

/// What the report says of the end, for when there is no other evidence.
fn ending(handshake: &Handshake) -> String {
    let ended = handshake.ended;
    let since = if handshake.client_hello.is_some() {
        "ClientHello"
    } else {
        "SYN"
    };
    let mut said = match ended.how {
        EndedHow::None => String::new(),
        EndedHow::Timeout => "nothing came in time".to_owned(),
        how => format!("{how} by {}", ended.by),
    };
    if let (Some(after), true) = (ended.after_ms, ended.how != EndedHow::None) {
        said = format!("{said} {} after the {since}", parts::millis(after));
    }
    for alert in &handshake.alerts {
        let name = match (alert.description, alert.code) {
            (Some(name), _) => name.to_owned(),
            (None, Some(code)) => code.to_string(),
            (None, None) => "encrypted".to_owned(),
        };
        said = format!("{said}; alert {name} from {}", alert.from);
    }
    let said = said.trim_start_matches("; ");
    let comma = if said.is_empty() { "" } else { "; " };
    format!("{said}{comma}stage {}", handshake.stage)
}

fn unseen(handshake: &Handshake) -> Paragraph {
    let mut line = Paragraph::default();
    if !handshake.capture.missing.is_empty() {
        let missing = handshake.capture.missing.join(", ");
        line.text(Role::Warning, 1, "not seen:")
            .text(Role::Plain, 1, &missing);
    }
    parts::sampling(handshake, &mut line);
    line
}
