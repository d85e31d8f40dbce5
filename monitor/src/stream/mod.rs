//! One direction of a TCP connection, put back in order.
//!
//! ```text
//!   sequence space  --->
//!   [ delivered )[ hole )[ pending ][ hole )[ pending ]
//!                ^ next
//! ```
//!
//! Bytes are delivered once, in order. **Overlap policy: the first copy wins.** What was delivered cannot be taken back,
//! and a pending byte is not replaced by a later copy: so does the receiver in the common case (Linux keeps the segment it
//! has queued, net/ipv4/tcp_input.c `tcp_data_queue_ofo`).

mod pending;

use pending::Pending;

/// The bytes that may wait for a hole to be filled, in one direction.
pub const MAX_PENDING_BYTES: usize = 64 * 1024;

/// Puts one direction's segments in order.
#[derive(Debug, Default)]
pub struct Stream {
    /// The sequence number of the next byte to deliver; none until a segment told it.
    next: Option<u32>,
    pending: Pending,
    /// The sequence number of this side's FIN.
    fin: Option<u32>,
    /// Segments that brought new bytes and have been delivered.
    delivered_segments: u32,
    delivered_bytes: u32,
    /// Bytes are missing for good.
    gap: Option<Gap>,
    retransmissions: u32,
    /// The peer acknowledged everything before this.
    acked: Option<u32>,
}

/// Why bytes are missing for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The peer acknowledged bytes that the capture never saw.
    Lost,
    /// The capture cut the packet (snap length).
    Truncated,
    /// More waited behind the hole than may wait.
    Overflow,
}

/// A segment's place in the sequence space.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Sequence number of its first byte.
    pub seq: u32,
    /// Its bytes, as far as captured.
    pub bytes: &'a [u8],
    /// How many bytes it had on the wire.
    pub wire_len: u32,
}

impl Stream {
    /// The stream begins at this sequence number (after the SYN), unless it is known already.
    pub fn begin(&mut self, seq: u32) {
        self.next.get_or_insert(seq);
    }

    /// This side's FIN stands at this sequence number.
    pub fn finish(&mut self, seq: u32) {
        self.fin.get_or_insert(seq);
    }

    /// Takes a segment and delivers what is now in order.
    pub fn push(&mut self, piece: Piece<'_>, deliver: &mut dyn FnMut(&[u8])) {
        let next = *self.next.get_or_insert(piece.seq);
        if piece.wire_len == 0 || self.gap.is_some() {
            return;
        }
        let offset = distance(next, piece.seq);
        if offset > 0 {
            self.hold(&piece, next);
        } else {
            self.take(piece, offset.unsigned_abs(), deliver);
            self.deliver_pending(deliver);
        }
    }

    /// The peer has acknowledged everything before `ack`: a hole before it, with later bytes behind it, will not be filled.
    pub fn peer_acked(&mut self, ack: u32) {
        self.acked =
            Some(self.acked.map_or(
                ack,
                |acked| if distance(acked, ack) > 0 { ack } else { acked },
            ));
        let Some(next) = self.next else { return };
        if self.gap.is_none() && self.pending.begins_before(next, ack) {
            self.give_up(Gap::Lost);
        }
    }

    /// Whether the peer acknowledged bytes that have not been seen; they may still come if the capture is out of order.
    pub fn lacks_acked_bytes(&self) -> bool {
        let (Some(next), Some(acked)) = (self.next, self.acked) else {
            return false;
        };
        let fin = u32::from(self.fin.is_some());
        self.gap.is_none() && distance(next.wrapping_add(fin), acked) > 0
    }

    /// Whether all bytes before the FIN have been delivered.
    pub fn is_finished(&self) -> bool {
        match (self.fin, self.next) {
            (Some(fin), Some(next)) => self.gap.is_some() || distance(next, fin) <= 0,
            _ => false,
        }
    }

    /// Why bytes are missing for good.
    pub const fn gap(&self) -> Option<Gap> {
        self.gap
    }

    /// Whether bytes are waiting behind a hole.
    pub fn has_hole(&self) -> bool {
        !self.pending.is_empty()
    }

    /// How many bytes are missing before the first that wait; none where nothing waits.
    pub fn hole(&self) -> Option<u32> {
        let begins = self.pending.begins()?;
        Some(begins.wrapping_sub(self.next?))
    }

    /// The sequence number of the next byte.
    pub const fn next_seq(&self) -> Option<u32> {
        self.next
    }

    /// How many segments brought what was delivered.
    pub const fn segments(&self) -> u32 {
        self.delivered_segments
    }

    /// How many bytes have been delivered; at most what fits.
    pub const fn bytes(&self) -> u32 {
        self.delivered_bytes
    }

    /// How many segments brought nothing new.
    pub const fn retransmissions(&self) -> u32 {
        self.retransmissions
    }

    /// Memory held for bytes that wait.
    pub fn buffered(&self) -> usize {
        self.pending.bytes()
    }

    /// Forgets what waits; nothing more will be delivered.
    pub fn give_up(&mut self, why: Gap) {
        self.pending.clear();
        self.gap.get_or_insert(why);
    }

    fn hold(&mut self, piece: &Piece<'_>, next: u32) {
        if self.pending.insert(next, piece).is_err() {
            self.give_up(Gap::Overflow);
        }
    }

    /// A piece that begins at or before the next byte.
    fn take(&mut self, piece: Piece<'_>, known: u32, deliver: &mut dyn FnMut(&[u8])) {
        if known >= piece.wire_len {
            self.retransmissions = self.retransmissions.saturating_add(1);
            return;
        }
        self.delivered_segments = self.delivered_segments.saturating_add(1);
        self.deliver(
            piece.bytes.get(known as usize..).unwrap_or_default(),
            deliver,
        );
        if piece.bytes.len() < piece.wire_len as usize {
            self.give_up(Gap::Truncated);
        }
    }

    fn deliver_pending(&mut self, deliver: &mut dyn FnMut(&[u8])) {
        while let Some(next) = self.next.filter(|_| self.gap.is_none()) {
            let Some((fragment, skip)) = self.pending.take_at(next) else {
                return;
            };
            self.delivered_segments = self.delivered_segments.saturating_add(fragment.segments);
            self.deliver(fragment.bytes.get(skip..).unwrap_or_default(), deliver);
            if fragment.truncated {
                self.give_up(Gap::Truncated);
            }
        }
    }

    fn deliver(&mut self, bytes: &[u8], deliver: &mut dyn FnMut(&[u8])) {
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.next = self.next.map(|next| next.wrapping_add(count));
        self.delivered_bytes = self.delivered_bytes.saturating_add(count);
        if !bytes.is_empty() {
            deliver(bytes);
        }
    }
}

/// How far `to` lies after `from` in the sequence space; negative when before (RFC 9293 section 3.4).
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

#[cfg(test)]
mod tests;
