//! A few bytes of a stream, kept until enough of them have come.

/// At most [`Self::MAX`] bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Held {
    pub(super) const MAX: usize = 16;

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }

    /// Takes bytes from `rest` until it holds `upto`, and returns what it did not take.
    pub(super) fn fill<'a>(&mut self, rest: &'a [u8], upto: usize) -> &'a [u8] {
        let held = usize::from(self.len);
        let missing = upto.min(Self::MAX).saturating_sub(held).min(rest.len());
        let (more, rest) = rest.split_at_checked(missing).unwrap_or_default();
        for (place, &byte) in self.bytes.iter_mut().skip(held).zip(more) {
            *place = byte;
            self.len = self.len.saturating_add(1);
        }
        rest
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}
