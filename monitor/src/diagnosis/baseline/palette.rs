//! A short list of values, each of which has a bit.

use arrayvec::ArrayVec;

/// At most `N` values that were seen lately, and no more than 32.
#[derive(Clone, Debug)]
pub(super) struct Palette<T, const N: usize> {
    values: ArrayVec<T, N>,
}

impl<T, const N: usize> Default for Palette<T, N> {
    fn default() -> Self {
        Self {
            values: ArrayVec::new(),
        }
    }
}

/// The bit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bit {
    /// It was on the list.
    Known(u32),
    /// It is on the list from now on.
    New(u32),
    /// It finds no room.
    None,
}

impl<T: PartialEq, const N: usize> Palette<T, N> {
    /// The bit of a value that looks like this; `in_use` tells the bits that still stand for something.
    pub(super) fn bit<Q: ?Sized>(&mut self, value: &Q, in_use: impl FnOnce() -> u32) -> Bit
    where
        T: PartialEq<Q> + for<'a> From<&'a Q>,
    {
        if let Some(place) = self.values.iter().position(|known| known == value) {
            return Bit::Known(1 << place);
        }
        if !self.values.is_full() {
            self.values.push(value.into());
            return Bit::New(1 << (self.values.len() - 1));
        }
        let free = usize::try_from(in_use().trailing_ones()).unwrap_or(N);
        match self.values.get_mut(free) {
            Some(stale) => {
                *stale = value.into();
                Bit::New(1 << free)
            }
            None => Bit::None,
        }
    }

    /// The values whose bits are set.
    pub(super) fn of(&self, bits: u32) -> impl Iterator<Item = &T> {
        let values = (0_u32..).zip(&self.values);
        values.filter_map(move |(place, value)| (bits >> place & 1 == 1).then_some(value))
    }
}
