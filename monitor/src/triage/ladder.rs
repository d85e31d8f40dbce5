//! A handshake as a ladder: who sent what to whom, when, and how large.
//!
//! ```text
//!              client                 node                   pod
//!    +0.00 ms    |-- SYN --------------->|                      |
//!    +0.02 ms    |                       |-- SYN -------------->|
//! ```
//!
//! Pure: packets and a report go in, steps come out. Without packets, the steps are those that the report tells of.

mod dissect;
mod drawing;
mod legs;
mod quic;
mod told;

use super::news::Packet;
use super::record::Record;
use super::text::Role;
use crate::frame::Timestamp;
use dissect::Side;
pub(crate) use drawing::rows;
use legs::Legs;

/// Steps that are drawn.
const MAX_STEPS: usize = 200;

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ladder {
    /// Who stands at each upright, the client first.
    pub(crate) uprights: Vec<String>,
    /// What passed between them.
    pub(crate) steps: Vec<Step>,
    /// What a person should know about the drawing.
    pub(crate) note: Option<String>,
}

/// Something that passed between two neighbours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// Milliseconds since the first; none where that is not known.
    pub(crate) at: Option<f64>,
    /// Between the upright with this number and the next.
    pub(crate) leg: usize,
    /// From the client's side to the server's.
    pub(crate) outward: bool,
    /// What it was.
    pub(crate) text: String,
    /// How it is painted.
    pub(crate) role: Role,
}

/// The ladder of a handshake whose packets are at hand.
pub(crate) fn of_packets(record: &Record, packets: &[Packet]) -> Ladder {
    let mut legs = Legs::of(record, packets);
    let first = packets.first().map(|packet| packet.time);
    let mut steps = Vec::new();
    let mut bare = 0;
    for packet in packets {
        let Some(seen) = legs.see(packet) else {
            continue;
        };
        bare += usize::from(seen.said.is_empty());
        let said = seen.said.into_iter().enumerate();
        steps.extend(said.map(|(place, (text, role))| {
            Step {
                // What comes in the same packet has the same time.
                at: first
                    .filter(|_| place == 0)
                    .map(|first| millis(first, packet.time)),
                leg: seen.leg,
                outward: seen.from == Side::Client,
                text,
                role,
            }
        }));
    }
    let more = steps.len().saturating_sub(MAX_STEPS);
    steps.truncate(MAX_STEPS);
    let mut notes = Vec::new();
    notes.extend((bare > 0).then(|| format!("{bare} bare acknowledgements are not drawn")));
    notes.extend((more > 0).then(|| format!("{more} packets more are not drawn")));
    notes.extend(silent(record).map(ToOwned::to_owned));
    Ladder {
        uprights: legs.uprights(record),
        steps,
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

/// The ladder of a handshake of which there is the report only, and why that is so.
pub(crate) fn of_report(record: &Record, why: &str) -> Ladder {
    Ladder {
        uprights: Legs::of(record, &[]).uprights(record),
        steps: told::steps(record),
        note: Some(format!("drawn from the report alone: {why}")),
    }
}

/// An end that no packet shows.
fn silent(record: &Record) -> Option<&'static str> {
    (record.ended.how == "timeout").then_some("then nothing more came in time")
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a handshake")]
fn millis(first: Timestamp, time: Timestamp) -> f64 {
    if time >= first {
        (time.0 - first.0) as f64 / 1e6
    } else {
        -((first.0 - time.0) as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests;
