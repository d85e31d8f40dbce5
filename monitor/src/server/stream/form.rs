//! How a line looks to its reader: a line of JSON, or a server-sent event with the same line in it.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::frame::Timestamp;
use crate::report::{Event, SCHEMA};
use crate::sink::json;
use crate::sink::position::Position;

/// The form that a reader asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One object to a line (NDJSON).
    Lines,
    /// Server-sent events.
    Sse,
}

/// An event, and its text once somebody needs it.
#[derive(Debug)]
pub(super) struct Line {
    number: Option<u64>,
    event: Arc<Event>,
    text: Vec<u8>,
}

/// Says that the connection lives though nothing was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename = "heartbeat")]
pub(super) struct Heartbeat {
    /// `tlsmon/v1`.
    pub(super) schema: &'static str,
    /// From here `since` goes on.
    pub(super) position: String,
    /// How many this reader missed since it came.
    pub(super) missed: u64,
}

impl Line {
    pub(super) const fn new(number: Option<u64>, event: Arc<Event>) -> Self {
        Self {
            number,
            event,
            text: Vec::new(),
        }
    }

    pub(super) fn time(&self) -> Option<Timestamp> {
        self.event.time()
    }

    /// The line of JSON, made when the first reader takes it. Its position stands behind what the event says.
    fn text(&mut self, position: Option<Position>) -> &[u8] {
        if self.text.is_empty() {
            // Writing into memory cannot fail.
            let _ = json::write(&self.event, &mut self.text);
            if let Some(position) = position {
                self.text
                    .truncate(self.text.len().saturating_sub("}\n".len()));
                let rest = format!(",\"position\":\"{position}\"}}\n");
                self.text.extend_from_slice(rest.as_bytes());
            }
        }
        &self.text
    }
}

impl Form {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Sse => "text/event-stream",
        }
    }

    pub(super) fn write(self, line: &mut Line, run: u32, out: &mut Vec<u8>) {
        let number = line.number;
        let kind = kind(&line.event);
        let position = number.map(|number| Position { run, number });
        self.write_text(kind, position, line.text(position), out);
    }

    /// What stands for no event of the capture.
    pub(super) fn write_event(self, event: &Event, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        // Writing into memory cannot fail.
        let _ = json::write(event, &mut text);
        self.write_text(kind(event), None, &text, out);
    }

    pub(super) fn write_heartbeat(self, position: Position, missed: u64, out: &mut Vec<u8>) {
        let heartbeat = Heartbeat {
            schema: SCHEMA,
            position: position.to_string(),
            missed,
        };
        let mut text = serde_json::to_vec(&heartbeat).unwrap_or_default();
        text.push(b'\n');
        self.write_text("heartbeat", Some(position), &text, out);
    }

    /// `text` ends with its only line feed.
    fn write_text(self, kind: &str, position: Option<Position>, text: &[u8], out: &mut Vec<u8>) {
        if self == Self::Lines {
            out.extend_from_slice(text);
            return;
        }
        if let Some(position) = position {
            out.extend_from_slice(format!("id: {position}\n").as_bytes());
        }
        out.extend_from_slice(format!("event: {kind}\ndata: ").as_bytes());
        out.extend_from_slice(text);
        out.push(b'\n');
    }
}

/// The word of `type`.
const fn kind(event: &Event) -> &'static str {
    match event {
        Event::Handshake(_) => "handshake",
        Event::Revision(_) => "revision",
        Event::Loss(_) => "loss",
        Event::Summary(_) => "summary",
        Event::Probe(_) => "probe",
        Event::Check(_) => "check",
    }
}

/// A line of the stream: an event with its position, or a heartbeat.
#[derive(Debug)]
pub(crate) enum StreamLine {}

impl JsonSchema for StreamLine {
    fn schema_name() -> Cow<'static, str> {
        "StreamLine".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let lines = [
            generator.subschema_for::<Event>(),
            generator.subschema_for::<Heartbeat>(),
        ];
        let position = json_schema!({
            "type": "string",
            "description": "From here `since` goes on, behind this line. What the stream says of itself, and of the run as a whole, has none.",
        });
        json_schema!({ "anyOf": lines, "properties": { "position": position } })
    }
}
