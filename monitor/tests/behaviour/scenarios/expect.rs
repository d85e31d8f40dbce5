//! What was reported, beside what was to be reported.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use serde_json::Value;

use super::parse::{Connection, Expected, Field, Scenario};
use super::play::Reports;

/// Every difference, a line each; empty when there is none.
pub(super) fn differences(scenario: &Scenario, reports: &Reports) -> String {
    let mut text = String::new();
    let mut used = HashMap::<SocketAddr, usize>::new();
    let last_use =
        |client: &SocketAddr| reports.clients.iter().rposition(|all| all.contains(client));
    for (place, connection) in scenario.connections.iter().enumerate() {
        for client in &reports.clients[place] {
            let all = of(*client, &reports.events);
            let from = used.entry(*client).or_default();
            // A client's address may be used again: then each connection takes its share, and the last what is left.
            let is_last = last_use(client) == Some(place);
            let share = if is_last {
                all.len()
            } else {
                connection.reports.len()
            };
            let to = (*from + share).min(all.len());
            compare(connection, &all[*from..to], &mut text);
            *from = to;
        }
    }
    text
}

/// The reports of one connection, and what was revised of them, in the order in which they came.
fn of(client: SocketAddr, events: &[Value]) -> Vec<&Value> {
    let is_ours = |event: &&Value| {
        let end = &event["client"];
        let address = end["address"].as_str().and_then(|text| text.parse().ok());
        address == Some(client.ip()) && end["port"] == client.port()
    };
    let ids: Vec<_> = events
        .iter()
        .filter(is_ours)
        .map(|event| &event["id"])
        .collect();
    let told = events.iter().filter(|event| event["id"].is_string());
    told.filter(|event| ids.contains(&&event["id"])).collect()
}

fn compare(connection: &Connection, reports: &[&Value], text: &mut String) {
    let expected: Vec<_> = connection
        .reports
        .iter()
        .filter(|one| one.short != "nothing")
        .collect();
    if expected.len() != reports.len() {
        let got: Vec<_> = reports.iter().map(|report| short(report, ALL)).collect();
        let _ = writeln!(
            text,
            "  line {}: {} reports: {got:?}",
            connection.line,
            reports.len()
        );
    }
    for (expected, report) in expected.into_iter().zip(reports) {
        one(expected, report, text);
    }
}

fn one(expected: &Expected, report: &Value, text: &mut String) {
    let got = short(report, &expected.short);
    if got != expected.short {
        let _ = writeln!(
            text,
            "  line {}: expected  {}",
            expected.line, expected.short
        );
        let _ = writeln!(text, "           reported  {}", short(report, ALL));
        let _ = writeln!(text, "           evidence  {}", report["evidence"]);
    }
    for field in &expected.fields {
        let value = look_up(report, &field.path);
        if !fits(field, value) {
            let Field {
                line,
                path,
                value: wanted,
                ..
            } = field;
            let _ = writeln!(text, "  line {line}: {path} is {value}, not {wanted}");
        }
    }
}

/// Asks for everything that the short form can say.
const ALL: &str = ", after at ";

/// A report in short: `failed no-sni-rejected (certain), server reset after 0.3ms at client_hello`. The time and the stage
/// are told only where they are asked for.
fn short(report: &Value, asked: &str) -> String {
    let word = |path: &str| look_up(report, path).as_str().unwrap_or("nothing");
    let is_revision = report["type"] == "revision";
    let mut text = word(if is_revision { "cause" } else { "outcome" }).to_owned();
    if is_revision {
        text = format!("revised to {text}");
    } else if report["cause"].is_string() {
        let _ = write!(text, " {}", word("cause"));
    }
    if report["confidence"].is_string() {
        let _ = write!(text, " ({})", word("confidence"));
    }
    if !is_revision
        && word("ended.how") != "none"
        && !text.contains("established")
        && asked.contains(',')
    {
        let _ = write!(text, ", {} {}", word("ended.by"), word("ended.how"));
        if asked.contains("after") {
            let after = look_up(report, "ended.after_ms").as_f64();
            let _ = write!(text, " after {}ms", after.unwrap_or(f64::NAN));
        }
    }
    if !is_revision && asked.contains(" at ") {
        let _ = write!(text, " at {}", word("stage"));
    }
    text
}

/// The field of a report by its path, as in `client_hello.alpn.0`.
fn look_up<'a>(report: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(report, |value, key| match key.parse::<usize>() {
            Ok(index) => &value[index],
            Err(_) => &value[key],
        })
}

fn fits(field: &Field, value: &Value) -> bool {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if field.contains {
        return text.contains(&field.value);
    }
    let numbers = field.value.parse::<f64>().ok().zip(value.as_f64());
    numbers.map_or(text == field.value, |(wanted, got)| {
        (wanted - got).abs() < 1e-9
    })
}
