//! What a QUIC datagram says: its packets, and in those that anyone can open the messages of the handshake (RFC 9001 section 5.2).
//!
//! Opened by the same code as in the pipeline, so what is drawn is what the verdict rests on.

use super::dissect::{Said, Side, item_in_words};
use crate::flow;
use crate::stream::{Piece, Stream};
use crate::tls::{Deframer, Item, alert, names};
use crate::triage::text::Role;
use crate::wire::Datagram;
use crate::wire::quic::{Frame, Packet, Packets, Version};

/// RFC 9001 section 4.8: from here on an error stands for a TLS alert.
const CRYPTO_ERROR: u64 = 0x0100;

/// Both directions of a QUIC connection.
#[derive(Default)]
pub(super) struct Quic {
    state: flow::Quic,
    client: Half,
    server: Half,
}

/// The CRYPTO frames of one side, in order.
struct Half {
    stream: Stream,
    deframer: Deframer,
}

impl Default for Half {
    fn default() -> Self {
        let mut stream = Stream::default();
        stream.begin(0);
        Self {
            stream,
            deframer: Deframer::of_messages(),
        }
    }
}

impl Quic {
    /// What this datagram says, packet by packet; of each its own size.
    pub(super) fn hear(&mut self, from: Side, datagram: &Datagram<'_>) -> Vec<Said> {
        let mut packets = Packets::new(datagram.payload, datagram.payload_len);
        let (mut said, mut left) = (Vec::new(), datagram.payload_len);
        let rest = loop {
            let before = packets.rest();
            let Some(packet) = packets.next() else {
                break before;
            };
            let alone = alone(datagram, before, packets.rest());
            let (what, role) = self.packet(from, &packet, &alone);
            left = left.saturating_sub(alone.payload_len);
            said.push((format!("QUIC {what}, {} B", alone.payload_len), role));
        };
        let behind = if rest.iter().all(|byte| *byte == 0) {
            "padding"
        } else {
            "others"
        };
        match said.last_mut() {
            None => said.push((format!("UDP, {left} B"), Role::Plain)),
            Some((last, _)) if left > 0 => *last = format!("{last} + {left} {behind}"),
            Some(_) => {}
        }
        said
    }

    /// A packet, as if it were alone in its datagram.
    fn packet(&mut self, from: Side, packet: &Packet<'_>, alone: &Datagram<'_>) -> Said {
        let said = match packet {
            Packet::Initial(_) => self.initial(from, alone),
            Packet::ZeroRtt(_) => ("0-RTT".to_owned(), Role::Plain),
            Packet::Handshake(_) => ("Handshake".to_owned(), Role::Plain),
            Packet::Retry(_) => ("Retry".to_owned(), Role::Warning),
            Packet::VersionNegotiation(_, versions) => (
                format!("Version Negotiation: {}", listed(versions)),
                Role::Warning,
            ),
            Packet::OneRtt(_) => ("1-RTT".to_owned(), Role::Plain),
        };
        if !matches!(packet, Packet::Initial(_)) {
            // It may tell what later packets are opened with.
            self.note(from, alone, &mut |_, _| {});
        }
        said
    }

    fn initial(&mut self, from: Side, alone: &Datagram<'_>) -> (String, Role) {
        let opened = |state: &flow::Quic| state.seen.client.initial + state.seen.server.initial;
        let before = opened(&self.state);
        let (mut said, mut role) = (Vec::new(), Role::Plain);
        self.note(from, alone, &mut |text, painted| {
            if !matches!(painted, Role::Faint) && role != Role::Bad {
                role = painted;
            }
            if !said.contains(&text) {
                said.push(text);
            }
        });
        if opened(&self.state) == before {
            return ("Initial (not opened)".to_owned(), Role::Plain);
        }
        let said = if said.is_empty() {
            "PING".to_owned()
        } else {
            said.join(", ")
        };
        (format!("Initial: {said}"), role)
    }

    fn note(&mut self, from: Side, datagram: &Datagram<'_>, visit: &mut dyn FnMut(String, Role)) {
        let from = match from {
            Side::Client => flow::Side::Client,
            Side::Server => flow::Side::Server,
        };
        let (client, server) = (&mut self.client, &mut self.server);
        // No time is needed: the ladder has that of the packet.
        let now = crate::frame::Timestamp::default();
        self.state
            .note(from, datagram, now, &mut |side, _, frame| match side {
                flow::Side::Client => client.frame(frame, visit),
                flow::Side::Server => server.frame(frame, visit),
            });
    }
}

impl Half {
    fn frame(&mut self, frame: Frame<'_>, visit: &mut dyn FnMut(String, Role)) {
        match frame {
            Frame::Ack => visit("ACK".to_owned(), Role::Faint),
            Frame::Crypto { offset, data } => self.crypto(offset, data, visit),
            Frame::Close { error, .. } => visit(close(error), Role::Bad),
        }
    }

    fn crypto(&mut self, offset: u64, data: &[u8], visit: &mut dyn FnMut(String, Role)) {
        let (Ok(seq), Ok(wire_len)) = (u32::try_from(offset), u32::try_from(data.len())) else {
            return;
        };
        let piece = Piece {
            seq,
            bytes: data,
            wire_len,
        };
        let (waited, mut new, mut whole) = (self.stream.buffered(), false, false);
        let deframer = &mut self.deframer;
        self.stream.push(piece, &mut |bytes| {
            new |= !bytes.is_empty();
            deframer.push(bytes, &mut |item: Item<'_>| {
                whole = true;
                let (text, role, _) = item_in_words(&item);
                visit(text, role);
            });
        });
        if !whole {
            let what = match (new, self.stream.buffered() > waited) {
                (true, _) => "part of a message",
                (false, true) => "a part ahead of a gap",
                (false, false) => "sent again",
            };
            visit(what.to_owned(), Role::Plain);
        }
    }
}

/// The packet between these places, as if it were alone in its datagram. What the capture cut off is missing from the last.
fn alone<'a>(datagram: &Datagram<'a>, from: &'a [u8], to: &[u8]) -> Datagram<'a> {
    let payload = from.get(..from.len() - to.len()).unwrap_or(from);
    let len = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    let passed = len(datagram.payload.len() - from.len());
    Datagram {
        payload,
        payload_len: if to.is_empty() {
            datagram.payload_len.saturating_sub(passed)
        } else {
            len(payload.len())
        },
        ..*datagram
    }
}

/// `CONNECTION_CLOSE, alert no_application_protocol`.
fn close(error: u64) -> String {
    let said = match error.checked_sub(CRYPTO_ERROR).map(u8::try_from) {
        Some(Ok(description)) => {
            let level = alert::FATAL;
            return format!(
                "CONNECTION_CLOSE, {}",
                item_in_words(&Item::Alert { level, description }).0
            );
        }
        _ => names::quic_error(error),
    };
    let said = said.map_or_else(|| format!("error {error:#x}"), ToOwned::to_owned);
    format!("CONNECTION_CLOSE, {said}")
}

/// The versions that a server offers in place of the client's.
fn listed(versions: &[u8]) -> String {
    let versions = versions.chunks_exact(4).filter_map(|four| {
        let four: &[u8; 4] = four.try_into().ok()?;
        Some(Version(u32::from_be_bytes(*four)).to_string())
    });
    versions.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
