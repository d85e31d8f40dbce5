//! A cursor over bytes with QUIC's integers in them (RFC 9000 section 16), which cannot run past their end.

/// Reads from the front; `None` when the bytes break off.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(len)?;
        self.rest = tail;
        Some(head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let (head, tail) = self.rest.split_first_chunk()?;
        self.rest = tail;
        Some(u32::from_be_bytes(*head))
    }

    /// An integer of 1, 2, 4 or 8 bytes: the two highest bits say how many.
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let first = *self.rest.first()?;
        let bytes = self.take(1_usize << (first >> 6))?;
        let low = bytes
            .iter()
            .skip(1)
            .fold(u64::from(first & 0x3f), |value, byte| {
                value << 8 | u64::from(*byte)
            });
        Some(low)
    }

    /// As many bytes as an integer before them says.
    pub(crate) fn block(&mut self) -> Option<&'a [u8]> {
        let len = self.varint()?;
        self.take(usize::try_from(len).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// The samples of RFC 9000 appendix A.1.
    #[rstest]
    #[case(&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c], 151_288_809_941_952_652)]
    #[case(&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333)]
    #[case(&[0x7b, 0xbd], 15_293)]
    #[case(&[0x25], 37)]
    #[case(&[0x40, 0x25], 37)]
    fn integers_are_as_long_as_their_first_bits_say(#[case] bytes: &[u8], #[case] value: u64) {
        let mut cursor = Cursor::new(bytes);
        assert_eq!(cursor.varint(), Some(value));
        assert!(cursor.rest().is_empty());
        assert_eq!(Cursor::new(&bytes[..bytes.len() - 1]).varint(), None);
    }
}
