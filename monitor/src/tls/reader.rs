//! A cursor over bytes that cannot run past their end.

/// Reads big-endian integers and length-prefixed vectors. `None` means that the bytes break off; nothing is consumed then.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first of `bytes`.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Nothing is left.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// The next `len` bytes.
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.bytes.split_at_checked(len)?;
        self.bytes = tail;
        Some(head)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = tail;
        Some(*head)
    }

    /// An 8-bit integer.
    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    /// A 16-bit integer.
    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A vector with a length of one byte before it.
    pub(super) fn vec8(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let len = ahead.u8()?;
        let body = ahead.take(len.into())?;
        *self = ahead;
        Some(body)
    }

    /// A vector with a length of two bytes before it.
    pub(super) fn vec16(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let len = ahead.u16()?;
        let body = ahead.take(len.into())?;
        *self = ahead;
        Some(body)
    }

    /// A vector with a length of three bytes before it.
    pub(super) fn vec24(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let [high, middle, low] = ahead.array()?;
        let body = ahead.take(u32::from_be_bytes([0, high, middle, low]) as usize)?;
        *self = ahead;
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_that_is_cut_short_consumes_nothing() {
        let mut reader = Reader::new(&[0, 3, b'a', b'b']);
        assert_eq!(reader.vec16(), None);
        assert_eq!(reader.rest(), [0, 3, b'a', b'b']);
        assert_eq!(reader.vec8(), Some(&[][..]));
        assert_eq!(reader.vec8(), None);
    }

    #[test]
    fn integers_are_big_endian() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u16(), Some(0x0102));
        assert_eq!(reader.u16(), None);
        assert_eq!(reader.u8(), Some(3));
        assert!(reader.is_empty());
    }
}
