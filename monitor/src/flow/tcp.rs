//! What TCP itself showed of a conversation: its opening, its acknowledgements, its end.

use super::{Foreign, Head, Looks, Refused, Side, Sides};
use crate::frame::Timestamp;
use crate::wire::Segment;

/// How one side ended its part of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// FIN: it will send no more.
    Close,
    /// RST: it will neither send nor take more.
    Reset,
}

/// The first end that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Who ended it.
    pub by: Side,
    /// How.
    pub how: Ending,
    /// When.
    pub at: Timestamp,
}

/// What one side's packets showed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Packets of this side.
    pub packets: u32,
    /// Packets of this side that carried payload.
    pub data_packets: u32,
    /// The highest acknowledgement number this side sent.
    pub acked: Option<u32>,
    /// What this side has sent and the other has not acknowledged.
    pub head: Head,
    /// How its packets look.
    pub looks: Looks,
}

/// The TCP facts of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Tcp {
    /// The first SYN.
    pub syn: Option<Timestamp>,
    /// The client's initial sequence number.
    pub isn: Option<u32>,
    /// The first SYN/ACK.
    pub syn_ack: Option<Timestamp>,
    /// When the client completed the TCP handshake.
    pub connected: Option<Timestamp>,
    /// SYNs seen, the first included.
    pub syns: u32,
    /// What each side's packets showed.
    pub seen: Sides<Seen>,
    /// The first end that was seen.
    pub end: Option<End>,
    /// What speaks against the first reset's coming from whom it claims to come from.
    pub foreign: Option<Foreign>,
    /// Neither side will say more: an RST came, or both have closed.
    pub is_over: bool,
    /// The client closed its side before the server had said anything. It may be gone, or it may still listen (RFC 9293
    /// section 3.6).
    pub left_early: bool,
    /// Somebody said that the client's SYN did not get there.
    pub unreachable: Option<Box<Refused>>,
}

impl Tcp {
    /// Takes note of a segment; its FIN counts only once its stream has come that far, see [`Self::note_close`].
    pub fn note(&mut self, from: Side, segment: &Segment<'_>, now: Timestamp) {
        self.note_opening(from, segment, now);
        let seen = &mut self.seen[from];
        seen.packets = seen.packets.saturating_add(1);
        if !segment.payload.is_empty() {
            seen.data_packets = seen.data_packets.saturating_add(1);
        }
        if segment.flags.ack() && !segment.flags.rst() {
            seen.acked = Some(
                seen.acked
                    .map_or(segment.ack, |acked| later(acked, segment.ack)),
            );
            let is_pure = segment.payload_len == 0 && !segment.flags.fin();
            let head = &mut self.seen[from.other()].head;
            head.acknowledged(segment.ack, is_pure);
        }
        if segment.payload_len > 0 {
            let acked = self.seen[from.other()].acked;
            let (seq, len) = (segment.seq, segment.payload_len);
            self.seen[from].head.sent_segment(seq, len, acked, now);
        }
        if segment.flags.rst() {
            self.note_end(End {
                by: from,
                how: Ending::Reset,
                at: now,
            });
        }
    }

    /// Somebody said that a segment to `to` did not get there. It counts where it is the client's SYN, by its sequence number,
    /// and nobody has answered that; it ends the connection where the client need not try again.
    pub fn note_unreachable(&mut self, to: Side, seq: Option<u32>, refused: Refused) {
        let is_syn = to == Side::Server && self.is_only_opening() && seq == self.isn;
        if !is_syn || self.seen.server.packets > 0 || self.end.is_some() {
            return;
        }
        if refused.why.is_final() {
            self.note_end(End {
                by: Side::Server,
                how: Ending::Reset,
                at: refused.at,
            });
        }
        self.unreachable = Some(Box::new(refused));
    }

    /// All that this side sent before its FIN has been seen.
    pub fn note_close(&mut self, by: Side, at: Timestamp) {
        self.note_end(End {
            by,
            how: Ending::Close,
            at,
        });
    }

    /// Whether the client has only ever sent SYNs, and no SYN/ACK was seen. A client that goes on has had one, though the
    /// capture may have lost it.
    pub const fn is_only_opening(&self) -> bool {
        self.syns > 0 && self.syn_ack.is_none() && self.seen.client.packets == self.syns
    }

    /// Whether `by` acknowledged everything before sequence number `seq`.
    pub fn has_acked(&self, by: Side, seq: u32) -> bool {
        self.seen[by]
            .acked
            .is_some_and(|acked| later(acked, seq) == acked)
    }

    fn note_opening(&mut self, from: Side, segment: &Segment<'_>, now: Timestamp) {
        match (from, segment.flags.syn(), segment.flags.ack()) {
            (Side::Client, true, false) => {
                self.syns = self.syns.saturating_add(1);
                self.syn.get_or_insert(now);
                self.isn.get_or_insert(segment.seq);
            }
            (Side::Server, true, true) => {
                self.syn_ack.get_or_insert(now);
            }
            (Side::Client, false, true) if self.syn_ack.is_some() && !segment.flags.rst() => {
                self.connected.get_or_insert(now);
            }
            _ => {}
        }
    }

    /// The first end counts; what follows only answers it.
    fn note_end(&mut self, end: End) {
        let first = *self.end.get_or_insert(end);
        self.is_over |= end.how == Ending::Reset || end.by != first.by;
    }
}

/// The later of two sequence numbers, modulo 2^32 (RFC 9293 section 3.4).
fn later(a: u32, b: u32) -> u32 {
    if b.wrapping_sub(a).cast_signed() > 0 {
        b
    } else {
        a
    }
}

#[cfg(test)]
mod tests {
    use super::later;

    #[test]
    fn sequence_numbers_compare_across_the_wrap() {
        assert_eq!(later(u32::MAX, 5), 5);
        assert_eq!(later(5, u32::MAX), 5);
        assert_eq!(later(7, 7), 7);
    }
}
