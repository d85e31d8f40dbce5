//! The elements of DER (ITU-T X.690), without a look at what is in them.

/// SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;
/// INTEGER.
pub(crate) const INTEGER: u8 = 0x02;

/// One element: tag, and what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// The identifier octet.
    pub(crate) tag: u8,
    /// The contents.
    pub(crate) content: &'a [u8],
    /// Identifier, length and contents.
    pub(crate) whole: &'a [u8],
}

/// Takes the next element off `bytes`. `None`, and nothing is taken, when it is not all there or has a tag or a length of
/// a form that certificates do not use: tags of more than one byte, lengths without end or of more than four bytes.
pub(crate) fn next<'a>(bytes: &mut &'a [u8]) -> Option<Element<'a>> {
    let (&[tag, first], after) = bytes.split_first_chunk::<2>()?;
    let (len, after) = match first {
        0..=0x7f => (usize::from(first), after),
        0x81..=0x84 => long_length(after, usize::from(first & 0x0f))?,
        _ => return None,
    };
    let (content, rest) = after.split_at_checked(len)?;
    let whole = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    *bytes = rest;
    Some(Element {
        tag,
        content,
        whole,
    })
}

/// The next element, if it has this tag; else nothing is taken.
pub(crate) fn next_if<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let mut ahead = *bytes;
    let element = next(&mut ahead).filter(|element| element.tag == tag)?;
    *bytes = ahead;
    Some(element)
}

fn long_length(bytes: &[u8], count: usize) -> Option<(usize, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(count)?;
    let len = digits
        .iter()
        .fold(0_u32, |len, digit| len << 8 | u32::from(*digit));
    Some((usize::try_from(len).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_taken_one_after_the_other() {
        let mut bytes: &[u8] = &[0x02, 1, 7, 0x30, 0x81, 2, 5, 0, 9];
        assert_eq!(next(&mut bytes).unwrap().content, [7]);
        assert!(next_if(&mut bytes, INTEGER).is_none());
        let sequence = next_if(&mut bytes, SEQUENCE).unwrap();
        assert_eq!((sequence.content, sequence.whole.len()), (&[5, 0][..], 5));
        assert_eq!(bytes, [9]);
    }

    #[test]
    fn lengths_that_lie_take_nothing() {
        for hostile in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x30, 0xff],
            &[0x1f, 0x01, 0x00],
        ] {
            let mut bytes = hostile;
            assert!(next(&mut bytes).is_none(), "{hostile:?}");
            assert_eq!(bytes, hostile);
        }
    }
}
