//! A direction's stream, replaced: its records stay where they are, and what their handshake messages say is gone through.

use super::{Key, hello};
use crate::proof::redact::{Start, Stream, ssl2_hello};

/// Type, version and length of a record.
const RECORD: usize = 5;
/// Type and length of a message.
const MESSAGE: usize = 4;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// A stream of the same length that says the same, about others.
pub(super) fn replaced(stream: &Stream, start: Start, key: &Key) -> Vec<u8> {
    let mut made = vec![0; stream.bytes.len()];
    let tls_at = start.tls_at.unwrap_or(stream.bytes.len());
    preamble(stream, start, tls_at, key, &mut made);
    let mut walk = Walk {
        stream,
        made: &mut made,
        messages: Vec::new(),
        is_encrypted: false,
    };
    walk.records(tls_at);
    let (places, mut bytes) = walk.messages(key);
    for (place, byte) in places.into_iter().zip(bytes.drain(..)) {
        if let Some(slot) = made.get_mut(place) {
            *slot = byte;
        }
    }
    made
}

/// What stands before TLS was masked when the proof was made; only a PROXY header says more than its protocol's words.
fn preamble(stream: &Stream, start: Start, tls_at: usize, key: &Key, made: &mut [u8]) {
    let Some(before) = stream.bytes.get(..tls_at.min(stream.bytes.len())) else {
        return;
    };
    if let Some(place) = made.get_mut(..before.len()) {
        place.copy_from_slice(before);
    }
    let proxy = made.get_mut(..start.proxy.min(before.len()));
    match proxy {
        Some(text @ [b'P', ..]) => proxy_text(text),
        Some(binary @ [_, ..]) => proxy_binary(binary, key),
        _ => {}
    }
}

/// Addresses in text have many lengths: what the proxy says becomes that it does not say.
fn proxy_text(header: &mut [u8]) {
    const UNKNOWN: &[u8] = b"PROXY UNKNOWN";
    let end = header.len().saturating_sub(2);
    if let Some(said) = header
        .get_mut(..end)
        .filter(|said| said.len() > UNKNOWN.len())
    {
        said.fill(b'x');
        for (place, byte) in said.iter_mut().zip(UNKNOWN.iter().chain(b" ")) {
            *place = *byte;
        }
    }
}

/// Signature, command, family and length stay; addresses are replaced, and what follows them is zeroed.
fn proxy_binary(header: &mut [u8], key: &Key) {
    let family = header.get(13).map_or(0, |family| family >> 4);
    let body = header.get_mut(16..).unwrap_or_default();
    let size = match family {
        1 => 4,
        2 => 16,
        _ => return body.fill(0),
    };
    let ports = 4;
    if body.len() < 2 * size + ports {
        return body.fill(0);
    }
    let (ends, rest) = body.split_at_mut(2 * size + ports);
    rest.fill(0);
    for address in ends.chunks_exact_mut(size).take(2) {
        hello::address(address, key);
    }
}

struct Walk<'a> {
    stream: &'a Stream,
    made: &'a mut [u8],
    /// Where the bytes of handshake messages stand.
    messages: Vec<usize>,
    is_encrypted: bool,
}

impl Walk<'_> {
    fn records(&mut self, tls_at: usize) {
        let mut at = tls_at;
        if let Some(len) = ssl2_hello(self.stream, at) {
            // Versions, suites, and a challenge at the end.
            self.keep(at, at + len.min(11));
            at += len;
        }
        while let Some((kind, end)) = self.stream.record(at) {
            self.keep(at, at + RECORD);
            self.record(kind, at + RECORD, end);
            at = end;
        }
    }

    fn record(&mut self, kind: u8, from: usize, to: usize) {
        let body = self.stream.bytes.get(from..to.min(self.stream.bytes.len()));
        let body = body.unwrap_or_default();
        match kind {
            CHANGE_CIPHER_SPEC => {
                self.is_encrypted = true;
                self.keep(from, from + 1);
            }
            ALERT if to - from == 2 => self.keep(from, to),
            HANDSHAKE if !self.is_encrypted || begins_hello(body) => {
                self.messages.extend(from..from + body.len());
            }
            // Encrypted: its length is all that it says.
            _ => {}
        }
    }

    fn keep(&mut self, from: usize, to: usize) {
        let said = self.stream.bytes.get(from..to);
        if let (Some(place), Some(said)) = (self.made.get_mut(from..to), said) {
            place.copy_from_slice(said);
        }
    }

    /// The places of all handshake messages, and their bytes replaced.
    fn messages(self, key: &Key) -> (Vec<usize>, Vec<u8>) {
        let places = self.messages;
        let byte = |place: &usize| self.stream.bytes.get(*place).copied();
        let is_here = |place: &usize| self.stream.here.get(*place).copied().unwrap_or_default();
        let mut bytes: Vec<u8> = places
            .iter()
            .map(|place| byte(place).unwrap_or_default())
            .collect();
        let here: Vec<bool> = places.iter().map(is_here).collect();
        replace(&mut bytes, &here, key);
        (places, bytes)
    }
}

/// Goes through handshake messages, of whose bytes those that came by are known. Behind a gap all is zeroed.
pub(super) fn replace(bytes: &mut [u8], here: &[bool], key: &Key) {
    let mut at = 0;
    while let Some([kind, a, b, c]) = bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk::<MESSAGE>())
        .copied()
    {
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        let end = (at + MESSAGE + len).min(bytes.len());
        let header_is_here = here
            .get(at..at + MESSAGE)
            .is_some_and(|here| here.iter().all(|it| *it));
        if !header_is_here {
            break;
        }
        let body = at + MESSAGE..end;
        let gap = here
            .get(body.clone())
            .and_then(|here| here.iter().position(|it| !it));
        if let Some(body) = bytes.get_mut(body) {
            let whole = gap.unwrap_or(body.len());
            let (seen, behind) = body.split_at_mut(whole);
            hello::message(kind, seen, key);
            behind.fill(0);
        }
        at = end;
    }
    if let Some(rest) = bytes.get_mut(at..) {
        rest.fill(0);
    }
}

/// Behind a change_cipher_spec that stands there for looks only, a hello may still come in the clear (RFC 8446 appendix D.4).
fn begins_hello(record: &[u8]) -> bool {
    match *record {
        [1 | 2, 0, high, low, ..] => {
            MESSAGE + (usize::from(high) << 8 | usize::from(low)) >= record.len()
        }
        _ => false,
    }
}
