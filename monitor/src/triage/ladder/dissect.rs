//! What a packet of a connection says, by the project's own readers.

use crate::stream::{Piece, Stream};
use crate::tls::record::{ALERT, APPLICATION_DATA};
use crate::tls::{Deframer, Item, names};
use crate::triage::record::Record;
use crate::triage::text::Role;
use crate::wire::{Datagram, Packet, Segment, Transport};

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
}

struct Half {
    stream: Stream,
    deframer: Deframer,
    /// TLS has begun.
    is_tls: bool,
}

impl Talk {
    /// Of this handshake.
    pub(super) fn of(record: &Record) -> Self {
        let is_tls13 = record
            .negotiated
            .as_ref()
            .is_some_and(|what| what.starts_with("TLS1.3"));
        let half = || {
            let mut deframer = Deframer::default();
            if is_tls13 {
                deframer.set_tls13();
            }
            Half {
                stream: Stream::default(),
                deframer,
                is_tls: false,
            }
        };
        Self {
            client: half(),
            server: half(),
        }
    }

    /// What this packet says; none for a bare acknowledgement.
    pub(super) fn hear(&mut self, from: Side, packet: &Packet<'_>) -> Option<Said> {
        let half = match from {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        match &packet.transport {
            Transport::Tcp(segment) => half.segment(segment),
            Transport::Udp(datagram) => Some(quic(datagram)),
            Transport::Unreachable(about) => {
                Some((format!("ICMP unreachable, from {}", about.by), Role::Bad))
            }
        }
    }
}

impl Half {
    fn segment(&mut self, segment: &Segment<'_>) -> Option<Said> {
        let flags = segment.flags;
        let mut words = Vec::new();
        let mut role = Role::Plain;
        if flags.syn() {
            self.stream.begin(segment.seq.wrapping_add(1));
            words.push(if flags.ack() { "SYN/ACK" } else { "SYN" }.to_owned());
            role = Role::Faint;
        }
        if segment.payload_len > 0 {
            let (said, painted) = self.payload(segment);
            words.push(said);
            role = painted;
        }
        if flags.fin() {
            words.push("FIN".to_owned());
        }
        if flags.rst() {
            words.push("RST".to_owned());
            role = Role::Bad;
        }
        (!words.is_empty()).then(|| (words.join(", "), role))
    }

    fn payload(&mut self, segment: &Segment<'_>) -> Said {
        let piece = Piece {
            seq: segment.seq,
            bytes: segment.payload,
            wire_len: segment.payload_len,
        };
        let (mut words, mut role, mut new) = (Vec::new(), Role::Plain, false);
        let (deframer, is_tls) = (&mut self.deframer, &mut self.is_tls);
        self.stream.push(piece, &mut |bytes| {
            new |= !bytes.is_empty();
            *is_tls |= matches!(bytes, [20..=24, 3, ..] | [0x80..=0xff, _, 1, ..]);
            if *is_tls {
                deframer.push(bytes, &mut |item| {
                    let (said, painted) = item_in_words(&item);
                    role = stronger(role, painted);
                    words.push(said);
                });
            } else {
                words.push(format!("\"{}\"", first_words(bytes)));
                role = stronger(role, Role::Warning);
            }
        });
        let bytes = segment.payload_len;
        if words.is_empty() {
            let what = match (new, self.stream.has_hole()) {
                (true, _) => "part of a message",
                (false, true) => "ahead of a gap",
                (false, false) => "sent again",
            };
            words.push(what.to_owned());
        }
        (format!("{}, {bytes} B", joined(&words)), role)
    }
}

/// What is repeated is said once.
fn joined(words: &[String]) -> String {
    let mut said: Vec<(&str, usize)> = Vec::new();
    for word in words {
        match said.last_mut() {
            Some((last, count)) if last == word => *count += 1,
            _ => said.push((word, 1)),
        }
    }
    let said = said.iter().map(|(word, count)| match count {
        1 => (*word).to_owned(),
        _ => format!("{count} x {word}"),
    });
    said.collect::<Vec<_>>().join(" + ")
}

fn item_in_words(item: &Item<'_>) -> Said {
    match item {
        Item::Handshake { kind, .. } => (camel(&kind.to_string()), Role::Strong),
        Item::Alert { level, description } => {
            let level = names::alert_level(*level).unwrap_or("alert");
            let name = names::alert(*description);
            let name = name.map_or_else(|| description.to_string(), ToOwned::to_owned);
            let role = if level == "warning" {
                Role::Warning
            } else {
                Role::Bad
            };
            (format!("alert {level} {name}"), role)
        }
        Item::ChangeCipherSpec => ("ChangeCipherSpec".to_owned(), Role::Faint),
        Item::Protected {
            content_type: ALERT,
            ..
        } => ("encrypted alert".to_owned(), Role::Warning),
        Item::Protected {
            content_type: APPLICATION_DATA,
            ..
        } => ("encrypted".to_owned(), Role::Plain),
        Item::Protected { .. } => ("encrypted handshake".to_owned(), Role::Plain),
        Item::Ssl2ClientHello { .. } => ("ClientHello of SSL 2.0".to_owned(), Role::Strong),
        Item::NotTls { first } => (format!("\"{}\"", first_words(first)), Role::Warning),
        Item::Malformed(_) => ("malformed TLS".to_owned(), Role::Bad),
    }
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

fn stronger(a: Role, b: Role) -> Role {
    let rank = |role: Role| match role {
        Role::Bad => 4,
        Role::Warning => 3,
        Role::Strong => 2,
        Role::Plain => 1,
        _ => 0,
    };
    if rank(b) >= rank(a) { b } else { a }
}

/// QUIC by the form of its first header (RFC 9000 section 17).
fn quic(datagram: &Datagram<'_>) -> Said {
    let bytes = datagram.payload_len;
    let kind = match datagram.payload {
        [first, a, b, c, d, ..] if first & 0x80 != 0 => {
            match ([*a, *b, *c, *d], (first >> 4) & 3) {
                ([0, 0, 0, 0], _) => "Version Negotiation",
                ([0, 0, 0, 1], 0) => "Initial",
                ([0, 0, 0, 1], 1) => "0-RTT",
                ([0, 0, 0, 1], 2) => "Handshake",
                ([0, 0, 0, 1], _) => "Retry",
                _ => "long header",
            }
        }
        _ => "1-RTT",
    };
    (format!("QUIC {kind}, {bytes} B"), Role::Plain)
}
