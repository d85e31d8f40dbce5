//! What the bytes of a stream do to a conversation: first what stands before TLS, then the records.

use super::{FirstBytes, Passage, Progress};
use crate::flow::{Side, Sides};
use crate::frame::Timestamp;
use crate::tls::{Deframer, Item};

/// The parts of a conversation that stream bytes change.
pub(super) struct Followed<'a> {
    pub(super) deframers: &'a mut Sides<Deframer>,
    pub(super) progress: &'a mut Progress,
    pub(super) first_bytes: &'a mut Sides<FirstBytes>,
    /// Where each direction's TLS begins.
    pub(super) tls_from: &'a mut TlsFrom,
    pub(super) now: Timestamp,
}

/// Where TLS begins.
#[derive(Debug, Default)]
pub(super) struct TlsFrom {
    /// Of which directions that is known.
    is_known: Sides<bool>,
    /// How many of the client's segments came before the one in which its TLS begins; at most what fits.
    pub(super) client_segments: u16,
}

impl TlsFrom {
    fn begin(&mut self, side: Side, client_segments: u32) {
        match side {
            Side::Client => {
                self.is_known.client = true;
                self.client_segments = u16::try_from(client_segments).unwrap_or(u16::MAX);
            }
            Side::Server => self.is_known.server = true,
        }
    }
}

impl Followed<'_> {
    /// Bytes that may turn out to stand before TLS: the first of them tell the protocol if they never lead to it.
    pub(super) fn before(&mut self, side: Side, bytes: &[u8]) {
        if !self.tls_from.is_known[side] {
            self.first_bytes[side].push(bytes);
        }
    }

    /// What a direction carries behind its preamble, or without one.
    pub(super) fn take(&mut self, side: Side, passage: Passage<'_>, segments_before: u32) {
        let (progress, now) = (&mut *self.progress, self.now);
        match passage {
            Passage::Stream(bytes) => {
                if !self.tls_from.is_known[side] {
                    self.tls_from.begin(side, segments_before);
                    self.first_bytes[side] = FirstBytes::default();
                }
                self.first_bytes[side].push(bytes);
                self.deframers[side].push(bytes, &mut |item| progress.step(side, item, now));
            }
            Passage::Cleartext => {
                progress.step(side, Item::NotTls { first: &[] }, now);
                self.deframers[side].gap();
            }
        }
    }
}
