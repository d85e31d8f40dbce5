//! Who it was, why it failed, what that rests on, and what to do.

use crate::triage::record::Record;
use crate::triage::text::{Role, Row};

/// The first lines about a handshake.
pub(crate) fn head(record: &Record) -> Vec<Row> {
    let mut rows = vec![who(record), verdict(record)];
    if let Some(before) = &record.before {
        let said =
            format!("(first said to be {before}; later handshakes of this endpoint changed that)");
        rows.push(Row::new(Role::Faint, &said));
    }
    rows.extend(
        record
            .verdict
            .evidence
            .iter()
            .map(|why| Row::item(Role::Plain, why)),
    );
    if let Some(next) = &record.verdict.next {
        rows.push(Row::fact("next", Role::Advice, next));
    }
    rows
}

/// In short why it failed: first what to do, for the rest may not fit.
pub(crate) fn why(record: &Record) -> Vec<Row> {
    let mut rows = vec![verdict(record)];
    let next = record.verdict.next.iter();
    rows.extend(next.map(|next| Row::fact("next", Role::Advice, next)));
    let evidence = record.verdict.evidence.iter();
    rows.extend(evidence.map(|why| Row::item(Role::Plain, why)));
    rows
}

fn who(record: &Record) -> Row {
    let mut row = Row::new(Role::Strong, &record.client.socket());
    if record.client.label() != record.client.socket() {
        row = row.and(Role::Plain, &format!(" {}", record.client.label()));
    }
    if let Some(client) = record.proxied {
        row = row.and(Role::Plain, &format!(" for {client}"));
    }
    row = row
        .and(Role::Plain, " -> ")
        .and(Role::Strong, &record.server.socket());
    if record.server.label() != record.server.socket() {
        row = row.and(Role::Plain, &format!(" {}", record.server.label()));
    }
    match &record.sni {
        Some(name) => row.and(Role::Plain, "  sni ").and(Role::Strong, name),
        None => row.and(Role::Faint, "  no server name"),
    }
}

fn verdict(record: &Record) -> Row {
    let role = role(record);
    let mut row = Row::new(role, record.word());
    if let Some(confidence) = &record.verdict.confidence {
        row = row.and(Role::Faint, &format!(" ({confidence})"));
    }
    row.and(Role::Plain, &format!("  {}", ending(record)))
}

/// How a handshake that ended so is painted.
pub(crate) fn role(record: &Record) -> Role {
    use crate::report::Outcome;
    match record.outcome {
        _ if record.is_failure() => Role::Bad,
        Some(Outcome::Established) => Role::Good,
        Some(Outcome::Probe) => Role::Faint,
        _ => Role::Warning,
    }
}

/// How it ended: `reset by server 0.51 ms after the ClientHello; stage client_hello`.
pub(crate) fn ending(record: &Record) -> String {
    let ended = &record.ended;
    let mut said = match ended.how.as_str() {
        "none" | "" => String::new(),
        "timeout" => "nothing came in time".to_owned(),
        how => format!("{how} by {}", ended.by),
    };
    if let (Some(after), false) = (ended.after_ms, said.is_empty()) {
        said = format!("{said} after {}", millis(after));
    }
    let gap = if said.is_empty() { "" } else { "; " };
    format!("{said}{gap}stage {}", record.stage)
}

/// Milliseconds with two digits that matter.
pub(crate) fn millis(value: f64) -> String {
    crate::sink::text::millis(value)
}
