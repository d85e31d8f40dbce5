//! Where the packets of each hook are counted: the proof that a program runs there, and how often.
//!
//! The place follows from the interface's index alone, so that the kernel looks nothing up; interfaces whose indexes are
//! the same modulo [`HOOK_INDEXES`] share one. User space knows which it watches, and so which of them share.

/// Rows of counts; a row is one value of the map, and is read at once.
pub const HOOK_ROWS: u32 = 64;
/// Counts in a row.
pub const HOOKS_PER_ROW: usize = 1 << COLUMN_BITS;
const COLUMN_BITS: u32 = 6;
/// How many interfaces have a place of their own; each has one for ingress and one for egress.
const HOOK_INDEXES: u32 = HOOK_ROWS << (COLUMN_BITS - 1);

/// The place of a hook's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HookSlot(u32);

impl HookSlot {
    /// The place for packets that enter the host through this interface, or leave it.
    #[inline(always)]
    #[must_use]
    pub const fn of(interface: u32, egress: bool) -> Self {
        Self((interface & (HOOK_INDEXES - 1)) << 1 | egress as u32)
    }

    /// Which row it is in.
    #[inline(always)]
    #[must_use]
    pub const fn row(self) -> u32 {
        self.0 >> COLUMN_BITS
    }

    /// Where in its row it is.
    #[inline(always)]
    #[must_use]
    pub const fn column(self) -> usize {
        self.0 as usize & (HOOKS_PER_ROW - 1)
    }
}

const _: () = assert!(HOOK_INDEXES.is_power_of_two());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_in_a_row_have_places_of_their_own_within_the_map() {
        let hooks = (0..HOOK_INDEXES).flat_map(|index| [(index, false), (index, true)]);
        let mut slots: Vec<_> = hooks
            .map(|(index, egress)| HookSlot::of(index, egress))
            .collect();
        assert!(
            slots
                .iter()
                .all(|slot| slot.row() < HOOK_ROWS && slot.column() < HOOKS_PER_ROW)
        );
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), HOOKS_PER_ROW * HOOK_ROWS as usize);
        assert_eq!(HookSlot::of(3, true), HookSlot::of(3 + HOOK_INDEXES, true));
    }
}
