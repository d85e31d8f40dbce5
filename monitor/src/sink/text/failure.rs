//! What is said about a handshake that was not established.

use super::super::style::Role;
use super::super::wrap::Wrapped;
use super::parts;
use crate::report::{Cause, EndedHow, Handshake};

/// Who it was, why it failed, what was not seen, and what to do: each begins a line.
pub(super) fn write(handshake: &Handshake, lines: &mut Wrapped) {
    parts::ends(handshake, lines);
    parts::asked_name(handshake, lines);
    lines.end_line();
    why(handshake, lines);
    if !handshake.capture.missing.is_empty() || handshake.capture.sample_rate > 1 {
        lines.end_line();
        unseen(handshake, lines);
    }
    if let Some(cause) = handshake.cause {
        lines.end_line();
        advice(handshake.next.as_deref(), cause, lines);
    }
}

/// The next step, and where more is said.
pub(super) fn advice(next: Option<&str>, cause: Cause, lines: &mut Wrapped) {
    lines.whole(Role::Advice, 1, "next:");
    let mut gap = 1;
    if let Some(next) = next {
        lines.text(Role::Plain, 1, next);
        gap = 3;
    }
    let command = ["tlsmon explain ", cause.label()].concat();
    lines.whole(Role::Faint, gap, &command);
}

fn why(handshake: &Handshake, lines: &mut Wrapped) {
    verdict(handshake, lines);
    if handshake.evidence.is_empty() {
        lines.text(Role::Plain, 2, &ending(handshake));
    } else {
        lines.text(Role::Plain, 2, &handshake.evidence.join("; "));
    }
}

/// The cause and how sure it is; without one, the outcome.
fn verdict(handshake: &Handshake, lines: &mut Wrapped) {
    let role = if handshake.is_failure() {
        Role::Bad
    } else {
        Role::Warning
    };
    let word = match handshake.cause {
        Some(cause) => cause.label(),
        None => handshake.outcome.label(),
    };
    lines.whole(role, 1, word);
    if let Some(knock) = handshake.probe {
        let source = knock
            .source
            .map_or_else(String::new, |source| format!(", {source}"));
        lines.text(Role::Faint, 1, &format!("({}{source})", knock.kind));
    }
    if let Some(confidence) = handshake.confidence {
        let sure = ["(", confidence.label(), ")"].concat();
        lines.whole(Role::Faint, 1, &sure);
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

fn unseen(handshake: &Handshake, lines: &mut Wrapped) {
    if !handshake.capture.missing.is_empty() {
        let missing = handshake.capture.missing.join(", ");
        lines
            .text(Role::Warning, 1, "not seen:")
            .text(Role::Plain, 1, &missing);
    }
    parts::sampling(handshake, lines);
}
