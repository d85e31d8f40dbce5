//! The steps that a report tells of, for when there are no packets.

use serde_json::Value;

use super::Step;
use crate::triage::record::Record;
use crate::triage::text::Role;

/// What must have passed for the handshake to come as far as it did, and its end.
pub(super) fn steps(record: &Record) -> Vec<Step> {
    let whole = record.whole();
    let took = |name: &str| {
        whole
            .pointer(&format!("/timing_ms/{name}"))
            .and_then(Value::as_f64)
    };
    let mut steps = Steps {
        steps: Vec::new(),
        at: Some(0.0),
    };
    if whole.get("transport").and_then(Value::as_str) == Some("tcp") {
        steps.passed(true, "SYN", Role::Faint);
        let is_refused = record.stage == "connect" && took("connect").is_none();
        if !is_refused {
            steps.later(took("connect"));
            steps.passed(false, "SYN/ACK", Role::Faint);
        }
    }
    let hello_at = hello(&mut steps, &whole, took("client_hello"));
    if whole
        .get("server_hello")
        .is_some_and(|hello| !hello.is_null())
    {
        steps.later(took("server_hello"));
        steps.passed(false, "ServerHello", Role::Strong);
    }
    if whole
        .get("certificate")
        .is_some_and(|found| !found.is_null())
    {
        steps.at = None;
        steps.passed(false, "Certificate", Role::Strong);
    }
    if record.stage == "established" {
        steps.passed(true, "Finished", Role::Good);
    }
    steps.at = record
        .ended
        .after_ms
        .and_then(|after| Some(hello_at? + after));
    steps.ended(record, &whole);
    steps.steps
}

/// When the ClientHello was there, or the SYN where there was none: the end is counted from that.
fn hello(steps: &mut Steps, whole: &Value, took: Option<f64>) -> Option<f64> {
    let Some(hello) = whole.get("client_hello").filter(|hello| !hello.is_null()) else {
        return Some(0.0);
    };
    steps.later(took);
    let bytes = hello
        .get("bytes")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    steps.passed(true, &format!("ClientHello, {bytes} B"), Role::Strong);
    steps.at
}

struct Steps {
    steps: Vec<Step>,
    /// Milliseconds since the first; none once a phase's length was not seen.
    at: Option<f64>,
}

impl Steps {
    fn later(&mut self, took: Option<f64>) {
        self.at = self.at.zip(took).map(|(at, took)| at + took);
    }

    fn passed(&mut self, outward: bool, text: &str, role: Role) {
        self.steps.push(Step {
            at: self.at,
            leg: 0,
            outward,
            text: text.to_owned(),
            role,
        });
    }

    fn ended(&mut self, record: &Record, whole: &Value) {
        let outward = record.ended.by == "client";
        match record.ended.how.as_str() {
            "alert" => {
                let alerts = whole.get("alerts").and_then(Value::as_array);
                let last = alerts.and_then(|alerts| alerts.last());
                let said = |name: &str| last.and_then(|alert| alert.get(name)?.as_str());
                let words = format!(
                    "alert {} {}",
                    said("level").unwrap_or_default(),
                    said("description").unwrap_or("(encrypted)")
                );
                self.passed(outward, &words, Role::Bad);
            }
            "reset" => self.passed(outward, "RST", Role::Bad),
            "close" => self.passed(outward, "FIN", Role::Warning),
            "timeout" => self.passed(outward, "(nothing more came in time)", Role::Warning),
            _ => {}
        }
    }
}
