//! Which key of Encrypted Client Hello is in use for a name.

use super::window::{self, MINUTES};
use crate::frame::Timestamp;

/// From so many handshakes on, one after the other with the same key, it is no chance: who has no key (GREASE) names one of 256
/// at random.
const ENOUGH: u8 = 3;

/// The key of the last handshakes that went on. They tell their keys by numbers (RFC 9849 section 4).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keys {
    id: u8,
    /// How many handshakes in a row had it.
    run: u8,
    /// When the last of them was, in minutes since the Unix epoch.
    minute: u32,
}

impl Keys {
    /// A handshake with this key went on.
    pub(super) fn used(&mut self, id: u8, at: Timestamp) {
        let again = self.id == id && self.is_recent(at);
        *self = Self {
            id,
            run: if again { self.run.saturating_add(1) } else { 1 },
            minute: window::minute(at),
        };
    }

    /// The key that is in use in place of this one, and in how many handshakes in a row it was.
    pub(super) fn in_place_of(self, id: u8, now: Timestamp) -> Option<(u8, u8)> {
        let other = self.id != id && self.run >= ENOUGH && self.is_recent(now);
        other.then_some((self.id, self.run))
    }

    fn is_recent(self, now: Timestamp) -> bool {
        window::minute(now).saturating_sub(self.minute) < MINUTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    #[test]
    fn a_key_is_in_use_when_the_last_three_had_it_lately() {
        let at = |minute: u64| Timestamp(minute * MINUTE);
        let mut keys = Keys::default();
        for (minute, id) in [(10, 6), (10, 6), (10, 6), (11, 7), (11, 7)] {
            keys.used(id, at(minute));
            assert_eq!(
                keys.in_place_of(9, at(minute)).is_some(),
                id == 6 && keys.run == 3
            );
        }
        keys.used(7, at(12));
        assert_eq!(keys.in_place_of(6, at(12)), Some((7, 3)));
        assert_eq!(keys.in_place_of(7, at(12)), None, "it is the one in use");
        assert_eq!(keys.in_place_of(6, at(20)), None, "long ago");
        keys.used(7, at(20));
        assert_eq!(keys.in_place_of(6, at(20)), None, "it begins anew");
    }
}
