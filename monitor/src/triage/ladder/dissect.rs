//! What a packet of a connection says, by the project's own readers.

use super::quic::Quic;
use crate::stream::{Piece, Stream};
use crate::tls::record::{ALERT, APPLICATION_DATA};
use crate::tls::{Deframer, Item, names};
use crate::triage::record::Record;
use crate::triage::text::Role;
use crate::wire::{Packet, Segment, Transport};

/// How many bytes of cleartext are shown.
const SHOWN: usize = 24;

/// Who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// In words, and how they are painted.
pub(super) type Said = (String, Role);

/// Both directions of a connection, as one interface saw them.
pub(super) struct Talk {
    client: Half,
    server: Half,
    quic: Quic,
}

struct Half {
    stream: Stream,
    deframer: Deframer,
    /// TLS has begun.
    is_tls: bool,
    /// What the report infers its encrypted records to hold, in order.
    inferred: std::vec::IntoIter<String>,
}

impl Talk {
    /// Of this handshake.
    pub(super) fn of(record: &Record) -> Self {
        let is_tls13 = record
            .negotiated
            .as_ref()
            .is_some_and(|what| what.starts_with("TLS1.3"));
        let whole = record.whole();
        let half = |side: &str| {
            let mut deframer = Deframer::default();
            if is_tls13 {
                deframer.set_tls13();
            }
            Half {
                stream: Stream::default(),
                deframer,
                is_tls: false,
                inferred: inferred(&whole, side).into_iter(),
            }
        };
        Self {
            client: half("client"),
            server: half("server"),
            quic: Quic::default(),
        }
    }

    /// What this packet says, message by message; nothing, for a bare acknowledgement.
    pub(super) fn hear(&mut self, from: Side, packet: &Packet<'_>) -> Vec<Said> {
        let half = match from {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        match &packet.transport {
            Transport::Tcp(segment) => half.segment(segment),
            Transport::Udp(datagram) => self.quic.hear(from, datagram),
            Transport::Unreachable(about) => {
                vec![(format!("ICMP unreachable, from {}", about.by), Role::Bad)]
            }
        }
    }
}

impl Half {
    fn segment(&mut self, segment: &Segment<'_>) -> Vec<Said> {
        let flags = segment.flags;
        let mut said = Vec::new();
        if flags.syn() {
            self.stream.begin(segment.seq.wrapping_add(1));
            let word = if flags.ack() { "SYN/ACK" } else { "SYN" };
            said.push((word.to_owned(), Role::Faint));
        }
        if segment.payload_len > 0 {
            said.extend(self.payload(segment));
        }
        if flags.fin() {
            said.push(("FIN".to_owned(), Role::Plain));
        }
        if flags.rst() {
            said.push(("RST".to_owned(), Role::Bad));
        }
        said
    }

    /// A message alone has the size of the packet's payload, several have their own.
    fn payload(&mut self, segment: &Segment<'_>) -> Vec<Said> {
        let piece = Piece {
            seq: segment.seq,
            bytes: segment.payload,
            wire_len: segment.payload_len,
        };
        let (mut items, mut new) = (Vec::new(), false);
        let (deframer, is_tls) = (&mut self.deframer, &mut self.is_tls);
        let inferred = &mut self.inferred;
        self.stream.push(piece, &mut |bytes| {
            new |= !bytes.is_empty();
            *is_tls |= matches!(bytes, [20..=24, 3, ..] | [0x80..=0xff, _, 1, ..]);
            if *is_tls {
                deframer.push(bytes, &mut |item| {
                    let (mut text, role, bytes) = item_in_words(&item);
                    if matches!(item, Item::Protected { .. })
                        && let Some(what) = inferred.next().filter(|what| !what.is_empty())
                    {
                        text = format!("{text} ({what}?)");
                    }
                    items.push((text, role, bytes));
                });
            } else {
                let text = format!("\"{}\"", first_words(bytes));
                items.push((text, Role::Warning, bytes.len()));
            }
        });
        let all = usize::try_from(segment.payload_len).unwrap_or_default();
        match items.as_mut_slice() {
            [] => {
                let what = match (new, self.stream.has_hole()) {
                    (true, _) => "part of a message",
                    (false, true) => "ahead of a gap",
                    (false, false) => "sent again",
                };
                items.push((what.to_owned(), Role::Plain, all));
            }
            [(_, _, bytes)] => *bytes = all,
            _ => {}
        }
        let items = items.into_iter();
        items
            .map(|(text, role, bytes)| (format!("{text}, {bytes} B"), role))
            .collect()
    }
}

/// What the report infers the encrypted records of a side to hold.
fn inferred(report: &serde_json::Value, side: &str) -> Vec<String> {
    let records = report.pointer(&format!("/protected/{side}"));
    let records = records.and_then(|records| records.as_array());
    let held = |record: &serde_json::Value| {
        let words = record.get("inferred").and_then(|words| words.as_array());
        let words = words.into_iter().flatten().filter_map(|word| word.as_str());
        words.collect::<Vec<_>>().join(", ")
    };
    records.into_iter().flatten().map(held).collect()
}

/// What it is, how it is painted, and its length.
pub(super) fn item_in_words(item: &Item<'_>) -> (String, Role, usize) {
    let (text, role, bytes) = match item {
        Item::Handshake { kind, len, .. } => (camel(&kind.to_string()), Role::Strong, *len),
        Item::Alert { level, description } => {
            let level = names::alert_level(*level).unwrap_or("alert");
            let name = names::alert(*description);
            let name = name.map_or_else(|| description.to_string(), ToOwned::to_owned);
            let role = if level == "warning" {
                Role::Warning
            } else {
                Role::Bad
            };
            (format!("alert {level} {name}"), role, 2)
        }
        Item::ChangeCipherSpec => ("ChangeCipherSpec".to_owned(), Role::Faint, 1),
        Item::Protected { content_type, len } => {
            let (text, role) = match *content_type {
                ALERT => ("encrypted alert", Role::Warning),
                APPLICATION_DATA => ("encrypted", Role::Plain),
                _ => ("encrypted handshake", Role::Plain),
            };
            (text.to_owned(), role, u32::from(*len))
        }
        Item::Ssl2ClientHello { len, .. } => (
            "ClientHello of SSL 2.0".to_owned(),
            Role::Strong,
            u32::from(*len),
        ),
        Item::NotTls { first } => (format!("\"{}\"", first_words(first)), Role::Warning, 0),
        Item::Malformed(_) => ("malformed TLS".to_owned(), Role::Bad, 0),
    };
    (text, role, usize::try_from(bytes).unwrap_or_default())
}

/// `client_hello` as specifications write it: `ClientHello`.
fn camel(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect()
}

fn first_words(bytes: &[u8]) -> String {
    let first = bytes.get(..SHOWN).unwrap_or(bytes);
    let more = if bytes.len() > SHOWN { "..." } else { "" };
    format!("{}{more}", crate::tls::text::printable(first))
}
