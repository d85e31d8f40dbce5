//! Lists in extensions, and their lengths.

use smallvec::{Array, SmallVec};

use crate::tls::reader::Reader;

/// A short list of code points.
pub type Few = SmallVec<[u16; 8]>;

/// How many entries of a list are kept: many more than honest software sends.
pub(super) const MAX: usize = 64;

/// 16-bit numbers behind a length of one byte.
pub(super) fn behind8(content: &[u8]) -> Option<Few> {
    bounded(Reader::new(content).vec8()?)
}

/// 16-bit numbers behind a length of two bytes.
pub(super) fn behind16(content: &[u8]) -> Option<Few> {
    bounded(Reader::new(content).vec16()?)
}

fn bounded(list: &[u8]) -> Option<Few> {
    let mut kept = Few::new();
    numbers(list.get(..MAX * 2).unwrap_or(list), &mut kept)?;
    list.len().is_multiple_of(2).then_some(kept)
}

/// Takes over 16-bit numbers in place of those that were there. `None`, and nothing is taken over, when the last one breaks off.
pub(super) fn numbers<A: Array<Item = u16>>(list: &[u8], into: &mut SmallVec<A>) -> Option<()> {
    let (pairs, []) = list.as_chunks() else {
        return None;
    };
    into.clear();
    into.extend(pairs.iter().copied().map(u16::from_be_bytes));
    Some(())
}

/// The types in a status_request_v2 (RFC 6961 section 2.2).
pub(super) fn status_types(content: &[u8]) -> Option<SmallVec<[u8; 8]>> {
    keep(Reader::new(content).vec16()?, |reader| {
        let kind = reader.u8()?;
        reader.vec16()?;
        Some(kind)
    })
}

/// How many vectors with a length of two bytes each stand behind a length of two bytes.
pub(super) fn count16(content: &[u8]) -> Option<u16> {
    let mut list = Reader::new(Reader::new(content).vec16()?);
    let mut count = 0_u16;
    while !list.is_empty() {
        list.vec16()?;
        count = count.saturating_add(1);
    }
    Some(count)
}

/// The length of what an extension has in it: at most 65,535 bytes.
pub(super) fn len(content: &[u8]) -> u16 {
    u16::try_from(content.len()).unwrap_or(u16::MAX)
}

/// Reads a list to its end; the first [`MAX`] entries are kept. `None` when it breaks off.
pub(super) fn keep<'a, T, const N: usize>(
    list: &'a [u8],
    mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
) -> Option<SmallVec<[T; N]>> {
    let mut reader = Reader::new(list);
    let mut kept = SmallVec::new();
    while !reader.is_empty() {
        let entry = read(&mut reader)?;
        if kept.len() < MAX {
            kept.push(entry);
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_to_its_end_and_no_further() {
        assert_eq!(behind8(&[4, 0, 1, 0, 2, 0xff]).unwrap()[..], [1, 2]);
        assert_eq!(behind16(&[0, 2, 8, 4]).unwrap()[..], [0x0804]);
        assert_eq!(behind8(&[3, 0, 1, 0]), None);
        assert_eq!(behind16(&[0, 4, 8, 4]), None);
    }

    #[test]
    fn a_list_longer_than_any_honest_one_is_cut_but_checked() {
        let mut content = vec![1, 0x2c];
        content.extend([0, 7].repeat(150));
        assert_eq!(behind16(&content).unwrap().len(), MAX);
        content[1] += 1;
        content.push(0);
        assert_eq!(behind16(&content), None);
    }

    #[test]
    fn names_are_counted() {
        assert_eq!(count16(&[0, 7, 0, 1, 9, 0, 2, 8, 8]), Some(2));
        assert_eq!(count16(&[0, 7, 0, 1, 9, 0, 3, 8, 8]), None);
        assert_eq!(status_types(&[0, 7, 2, 0, 4, 0, 0, 0, 0]).unwrap()[..], [2]);
    }
}
