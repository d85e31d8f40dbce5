//! The transport parameters of QUIC in a hello (RFC 9000 section 18): sizes and times stay, connection IDs become those that the
//! packets have now, and what is not known other bytes.

use super::{Key, words};
use crate::wire::quic::Cursor;

/// Numbers, lists of versions, and what is empty: of RFC 9000 and 9221, of version information (RFC 9368), and of Google's
/// versions.
const PLAIN: [u64; 17] = [
    0x01,
    0x03,
    0x04,
    0x05,
    0x06,
    0x07,
    0x08,
    0x09,
    0x0a,
    0x0b,
    0x0c,
    0x0e,
    0x11,
    0x20,
    0x2ab2,
    0x4752,
    0x00ff_73db,
];

/// Replaces each where it stands; what cannot be read is zeroed.
pub(super) fn replace(mut list: &mut [u8], key: &Key) {
    while !list.is_empty() {
        let Some((kind, value)) = first(list) else {
            return list.fill(0);
        };
        let (parameter, behind) = std::mem::take(&mut list).split_at_mut(value.end);
        let value = parameter.get_mut(value).unwrap_or_default();
        if !PLAIN.contains(&kind) {
            replace_value(value, key);
        }
        list = behind;
    }
}

/// The first parameter, and where its value lies.
fn first(list: &[u8]) -> Option<(u64, std::ops::Range<usize>)> {
    let mut cursor = Cursor::new(list);
    let kind = cursor.varint()?;
    let len = cursor.block()?.len();
    let end = list.len() - cursor.rest().len();
    Some((kind, end - len..end))
}

/// A number stays one of its size, and words stay words.
fn replace_value(value: &mut [u8], key: &Key) {
    let is_text = value.iter().all(|byte| (0x20..0x7f).contains(byte));
    if is_text && value.len() > 8 {
        return words::replace(value, key);
    }
    let size = value.first().map(|first| first & 0xc0);
    let is_number = size.is_some_and(|size| value.len() == 1 << (size >> 6));
    key.replace(value);
    if let (Some(first), Some(size), true) = (value.first_mut(), size, is_number) {
        *first = *first & 0x3f | size;
    }
}
