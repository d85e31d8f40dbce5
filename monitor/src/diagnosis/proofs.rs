//! How many signatures are checked: each takes as long as hundreds of packets do, and a flood of handshakes that fail must not
//! cost a processor.

use std::cell::Cell;

use crate::frame::Timestamp;

/// In a second of the capture.
const MOST: u32 = 64;

/// The budget, and what found no room in it.
#[derive(Debug, Default)]
pub struct Proofs {
    second: Cell<u64>,
    checked: Cell<u32>,
    left_out: Cell<u64>,
}

impl Proofs {
    /// Whether one more may be checked at this time; counts one that may not.
    pub(super) fn grant(&self, at: Timestamp) -> bool {
        let second = at.0 / 1_000_000_000;
        if self.second.replace(second) != second {
            self.checked.set(0);
        }
        let granted = self.checked.get() < MOST;
        if granted {
            self.checked.set(self.checked.get() + 1);
        } else {
            self.left_out.set(self.left_out.get() + 1);
        }
        granted
    }

    /// How many were left out since this was asked last.
    pub fn take_left_out(&self) -> u64 {
        self.left_out.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_so_many_and_what_is_left_out_is_counted_once() {
        let proofs = Proofs::default();
        let granted = |at| (0..100).filter(|_| proofs.grant(Timestamp(at))).count();
        assert_eq!(granted(5_999_999_999), 64);
        assert_eq!((proofs.take_left_out(), proofs.take_left_out()), (36, 0));
        assert_eq!(granted(6_000_000_000), 64);
        assert_eq!(granted(2_000_000_000), 64, "the clock was set back");
    }
}
