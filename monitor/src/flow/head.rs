//! The segment that one side has sent and the other has not acknowledged, though it has acknowledged all before it.

use crate::frame::Timestamp;

/// Two copies of one packet, seen on two interfaces, come closer together than this (1 ms); a segment that is sent again does
/// not.
const COPY: u32 = 15;

/// The first segment that is not acknowledged, and how often it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    seq: u32,
    len: u32,
    /// In units of 2^16 ns, modulo 2^32: 78 hours.
    sent_at: u32,
    sent: u16,
    asked: u16,
    largest_taken: u32,
    largest: u32,
}

impl Head {
    /// How many bytes it has.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether all that was sent is acknowledged, as far as was seen.
    pub const fn is_empty(&self) -> bool {
        self.sent == 0
    }

    /// How often it was sent.
    pub const fn sent(&self) -> u16 {
        self.sent
    }

    /// How often the other side has asked for it since: acknowledgements of what comes before it, without data.
    pub const fn asked(&self) -> u16 {
        self.asked
    }

    /// The first byte behind it.
    pub const fn end(&self) -> u32 {
        self.seq.wrapping_add(self.len)
    }

    /// The largest segment that was acknowledged after it had stood here.
    pub const fn largest_taken(&self) -> u32 {
        self.largest_taken
    }

    /// The largest segment of this side that was seen.
    pub const fn largest(&self) -> u32 {
        self.largest
    }

    /// This side sends a segment; the other has acknowledged everything before `acked`.
    pub(super) fn sent_segment(&mut self, seq: u32, len: u32, acked: Option<u32>, now: Timestamp) {
        self.largest = self.largest.max(len);
        if acked != Some(seq) {
            return;
        }
        if self.sent > 0 && self.seq == seq {
            if coarse(now).wrapping_sub(self.sent_at) > COPY {
                self.sent = self.sent.saturating_add(1);
                self.len = len;
                self.sent_at = coarse(now);
            }
            return;
        }
        (self.seq, self.len, self.sent_at) = (seq, len, coarse(now));
        (self.sent, self.asked) = (1, 0);
    }

    /// The other side acknowledges everything before `ack`, in a segment with or without data.
    pub(super) fn acknowledged(&mut self, ack: u32, is_pure: bool) {
        if self.sent == 0 {
            return;
        }
        match ack.wrapping_sub(self.seq).cast_signed() {
            0 => self.asked = self.asked.saturating_add(u16::from(is_pure)),
            1.. => {
                self.largest_taken = self.largest_taken.max(self.len);
                self.sent = 0;
            }
            _ => {}
        }
    }
}

/// A point in time in the units of [`Head::sent_at`].
const fn coarse(time: Timestamp) -> u32 {
    let [_, _, c, d, e, f, _, _] = time.0.to_be_bytes();
    u32::from_be_bytes([c, d, e, f])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn head() -> Head {
        let mut head = Head::default();
        head.sent_segment(101, 1448, Some(101), Timestamp(0));
        head
    }

    #[test]
    fn what_is_sent_again_and_not_acknowledged_is_counted() {
        let mut head = head();
        head.sent_segment(1549, 103, Some(101), Timestamp(MS));
        head.acknowledged(101, true);
        head.sent_segment(101, 1448, Some(101), Timestamp(5 * MS));
        assert_eq!((head.sent(), head.asked(), head.len()), (2, 1, 1448));
        assert_eq!(head.end(), 1549);
    }

    #[test]
    fn a_copy_of_the_packet_from_another_interface_is_not_sent_again() {
        let mut head = head();
        head.sent_segment(101, 1448, Some(101), Timestamp(40_000));
        assert_eq!(head.sent(), 1);
    }

    #[test]
    fn what_is_acknowledged_is_no_head_any_more() {
        let mut head = head();
        head.acknowledged(1549, true);
        assert!(head.is_empty());
        assert_eq!(head.largest_taken(), 1448);
    }

    #[test]
    fn an_old_acknowledgement_says_nothing() {
        let mut head = head();
        head.acknowledged(90, true);
        assert_eq!((head.sent(), head.asked()), (1, 0));
    }
}
