//! A direction of a connection, put together from its packets, and what is kept of it.

use super::text;
use crate::flow::{Side, Sides};
use crate::handshake::{Passage, Preamble};
use crate::report::Starttls;
use crate::wire::Segment;

/// How far a stream is followed. A handshake is far shorter.
const MOST: usize = 1 << 20;
/// Type, version and length of a record.
const HEADER: usize = 5;

/// The bytes of a direction that came by.
#[derive(Debug, Default)]
pub(in crate::proof) struct Stream {
    /// The sequence number of its first byte.
    base: Option<u32>,
    pub(in crate::proof) bytes: Vec<u8>,
    /// Which of them came by.
    pub(in crate::proof) here: Vec<bool>,
}

/// Where a direction turns to TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::proof) struct Start {
    /// The first byte of TLS; none where it never comes to that.
    pub(in crate::proof) tls_at: Option<usize>,
    /// How long a PROXY protocol header is at its beginning.
    pub(in crate::proof) proxy: usize,
    /// The protocol in which TLS is asked for.
    pub(in crate::proof) starttls: Option<Starttls>,
}

impl Stream {
    /// Takes the bytes of a segment, and says where in the stream they belong. The first copy of a byte wins.
    pub(super) fn take(&mut self, segment: &Segment<'_>) -> Option<usize> {
        let first = segment.seq.wrapping_add(u32::from(segment.flags.syn()));
        let base = *self.base.get_or_insert(first);
        let at = usize::try_from(first.wrapping_sub(base)).ok()?;
        let is_data = !segment.payload.is_empty();
        (is_data && self.put(at, segment.payload)).then_some(at)
    }

    /// Takes bytes that belong here; false where the stream is not followed that far.
    pub(in crate::proof) fn put(&mut self, at: usize, said: &[u8]) -> bool {
        let Some(end) = at.checked_add(said.len()).filter(|end| *end <= MOST) else {
            return false;
        };
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
            self.here.resize(end, false);
        }
        let bytes = self.bytes.get_mut(at..end).unwrap_or_default();
        let here = self.here.get_mut(at..end).unwrap_or_default();
        for ((place, is_here), byte) in bytes.iter_mut().zip(here).zip(said) {
            if !std::mem::replace(is_here, true) {
                *place = *byte;
            }
        }
        true
    }

    /// Whether nothing else came by where these bytes belong.
    pub(in crate::proof) fn agrees(&self, at: usize, said: &[u8]) -> bool {
        let here = self.here.get(at..).unwrap_or_default();
        let bytes = self.bytes.get(at..).unwrap_or_default();
        let mut known = bytes.iter().zip(here).zip(said);
        known.all(|((byte, is_here), said)| !is_here || byte == said)
    }

    /// What came by without a gap.
    pub(in crate::proof) fn prefix(&self) -> &[u8] {
        let gap = self.here.iter().position(|is_here| !is_here);
        self.bytes
            .get(..gap.unwrap_or(self.bytes.len()))
            .unwrap_or_default()
    }

    /// The record whose header begins here: its type, and where its body ends.
    pub(in crate::proof) fn record(&self, at: usize) -> Option<(u8, usize)> {
        let is_whole = self
            .here
            .get(at..at + HEADER)?
            .iter()
            .all(|is_here| *is_here);
        let header = self.bytes.get(at..at + HEADER)?.first_chunk::<HEADER>()?;
        let [kind @ 20..=24, 3, 0..=4, high, low] = *header else {
            return None;
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        is_whole.then_some((kind, at + HEADER + len))
    }
}

/// Where each direction turns to TLS, as the pipeline would see it. How the directions interleave makes no difference to it.
pub(in crate::proof) fn tls_starts(streams: &Sides<Stream>) -> Sides<Start> {
    let mut preamble = Preamble::default();
    let mut found = Sides::<Start>::default();
    for side in [Side::Client, Side::Server] {
        let prefix = streams[side].prefix();
        if prefix.is_empty() {
            continue;
        }
        preamble.push(side, prefix, &mut |side, passage| {
            if let Passage::Stream(rest) = passage {
                let before = streams[side].prefix().len() - rest.len();
                found[side].tls_at.get_or_insert(before);
            }
        });
    }
    for side in [Side::Client, Side::Server] {
        found[side].starttls = preamble.starttls();
        // What is behind a preamble may be no TLS.
        let is_tls = |at: &usize| begins_tls(&streams[side], *at);
        found[side].tls_at = found[side].tls_at.filter(is_tls);
    }
    if preamble.proxy().is_some() {
        found.client.proxy = text::proxy_header(streams.client.prefix());
    }
    found
}

/// What is kept of a stream: as long as it is, the rest zeroed or masked.
pub(super) fn kept(stream: &Stream, start: Start) -> Vec<u8> {
    let mut kept = vec![0; stream.bytes.len()];
    let tls_at = start.tls_at.unwrap_or(stream.bytes.len());
    let (before, behind) = kept.split_at_mut(tls_at.min(stream.bytes.len()));
    let said = stream.bytes.get(..before.len()).unwrap_or_default();
    let is_binary = matches!(
        start.starttls,
        Some(Starttls::Ldap | Starttls::PostgreSql | Starttls::MySql)
    );
    if is_binary {
        before.copy_from_slice(said);
    } else {
        text::mask(said, start.proxy, before);
    }
    keep_records(stream, tls_at, behind);
    kept
}

fn begins_tls(stream: &Stream, at: usize) -> bool {
    stream.record(at).is_some()
        || ssl2_hello(stream, at).is_some()
        || stream.bytes.len() - at < HEADER
}

/// A ClientHello of the SSL 2.0 format: its length. It holds no names.
pub(in crate::proof) fn ssl2_hello(stream: &Stream, at: usize) -> Option<usize> {
    match stream.bytes.get(at..)? {
        [high @ 0x80..=0xff, low, 1, 0 | 3, ..] => {
            Some(2 + (usize::from(high & 0x7f) << 8 | usize::from(*low)))
        }
        _ => None,
    }
}

fn keep_records(stream: &Stream, tls_at: usize, kept: &mut [u8]) {
    let mut keep = |from: usize, to: usize| {
        let to = to.min(stream.bytes.len());
        let from = from.min(to);
        if let (Some(place), Some(bytes)) = (
            kept.get_mut(from - tls_at..to - tls_at),
            stream.bytes.get(from..to),
        ) {
            place.copy_from_slice(bytes);
        }
    };
    let mut at = tls_at;
    if let Some(len) = ssl2_hello(stream, at) {
        keep(at, at + len);
        at += len;
    }
    while let Some((kind, end)) = stream.record(at) {
        let is_data = !matches!(kind, 20..=22);
        keep(at, if is_data { at + HEADER } else { end });
        at = end;
    }
    // A header that is not whole says nothing yet.
    if stream.bytes.len().saturating_sub(at) < HEADER {
        keep(at, stream.bytes.len());
    }
}
