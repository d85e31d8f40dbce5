//! When a state of the world was told, and since when it may have been so.

use crate::frame::Timestamp;

/// How long after a change the API may tell of it, in nanoseconds. A pod has its address before the API has it.
const LATE: u64 = 10_000_000_000;

/// When something was told.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Now.
    pub at: Timestamp,
    /// Until when what was said before is known to have been so: the last word of the API before this one.
    pub before: Timestamp,
}

impl Seen {
    /// Told as it happens.
    pub const fn live(at: Timestamp) -> Self {
        Self { at, before: at }
    }

    /// Told by a list, or by a watch that was interrupted: it may have happened at any time since `before`.
    pub const fn late(at: Timestamp, before: Timestamp) -> Self {
        Self { at, before }
    }

    /// Since when something new may have been so.
    pub(super) const fn since(self) -> Timestamp {
        Timestamp(self.before.0.saturating_sub(LATE))
    }
}
