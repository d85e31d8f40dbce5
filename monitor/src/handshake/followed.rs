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
    /// How many of the client's segments came before the one in which each direction's TLS begins.
    pub(super) tls_from: &'a mut Sides<Option<u32>>,
    pub(super) now: Timestamp,
}

impl Followed<'_> {
    /// Bytes that may turn out to stand before TLS: the first of them tell the protocol if they never lead to it.
    pub(super) fn before(&mut self, side: Side, bytes: &[u8]) {
        if self.tls_from[side].is_none() {
            self.first_bytes[side].push(bytes);
        }
    }

    /// What a direction carries behind its preamble, or without one.
    pub(super) fn take(&mut self, side: Side, passage: Passage<'_>, segments_before: u32) {
        let (progress, now) = (&mut *self.progress, self.now);
        match passage {
            Passage::Stream(bytes) => {
                if self.tls_from[side].is_none() {
                    self.tls_from[side] = Some(segments_before);
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
