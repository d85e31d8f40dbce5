//! QUIC's transport parameters (RFC 9000 section 18).

use super::list::MAX;
use crate::wire::quic::Cursor;

/// The types of the parameters in wire order, GREASE included; the first [`MAX`] are kept. `None` when the list breaks off.
pub(super) fn parameters(content: &[u8]) -> Option<Vec<u64>> {
    let mut cursor = Cursor::new(content);
    let mut types = Vec::new();
    while !cursor.rest().is_empty() {
        let kind = cursor.varint()?;
        cursor.block()?;
        if types.len() < MAX {
            types.push(kind);
        }
    }
    Some(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_types_are_told_in_order() {
        let content = [0x04, 1, 7, 0x6a, 0xb2, 0, 0x01, 2, 0x40, 0x64];
        assert_eq!(parameters(&content).unwrap()[..], [0x04, 0x2ab2, 0x01]);
        assert_eq!(parameters(&content[..9]), None);
        assert_eq!(parameters(&[]).unwrap().len(), 0);
    }
}
